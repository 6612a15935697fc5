// A client of Go's crypto/tls: hello.go ADDRESS NAME [ech]. With `ech` the name is encrypted to a key that nobody has, and the outer
// name is public.a.example.
package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"os"
)

func main() {
	config := &tls.Config{ServerName: os.Args[2], InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}
	if len(os.Args) > 3 {
		config.EncryptedClientHelloConfigList = echConfigs("public.a.example")
		config.MinVersion = tls.VersionTLS13
	}
	if conn, err := tls.Dial("tcp", os.Args[1], config); err == nil {
		conn.Close()
	}
}

// ECHConfigList with one ECHConfig (draft-ietf-tls-esni-22, section 4).
func echConfigs(publicName string) []byte {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	var contents bytes.Buffer
	contents.WriteByte(1)                                // config_id
	binary.Write(&contents, binary.BigEndian, uint16(0x20)) // DHKEM(X25519, HKDF-SHA256)
	public := key.PublicKey().Bytes()
	binary.Write(&contents, binary.BigEndian, uint16(len(public)))
	contents.Write(public)
	binary.Write(&contents, binary.BigEndian, uint16(4))
	binary.Write(&contents, binary.BigEndian, []uint16{1, 1}) // HKDF-SHA256, AES-128-GCM
	contents.WriteByte(64)                                   // maximum_name_length
	contents.WriteByte(byte(len(publicName)))
	contents.WriteString(publicName)
	binary.Write(&contents, binary.BigEndian, uint16(0)) // extensions
	var list bytes.Buffer
	binary.Write(&list, binary.BigEndian, uint16(contents.Len()+4))
	binary.Write(&list, binary.BigEndian, uint16(0xfe0d))
	binary.Write(&list, binary.BigEndian, uint16(contents.Len()))
	list.Write(contents.Bytes())
	return list.Bytes()
}
