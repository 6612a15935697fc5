// A server of Go's crypto/tls: tls-server PORT CERT KEY NAME NAME_CERT NAME_KEY. It shows the second certificate to who asks for NAME, the
// first to everybody else.
package main

import (
	"crypto/tls"
	"io"
	"os"
	"strings"
)

func main() {
	other, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		panic(err)
	}
	named, err := tls.LoadX509KeyPair(os.Args[5], os.Args[6])
	if err != nil {
		panic(err)
	}
	config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if strings.EqualFold(hello.ServerName, os.Args[4]) {
			return &named, nil
		}
		return &other, nil
	}}
	listener, err := tls.Listen("tcp", "127.0.0.1:"+os.Args[1], config)
	if err != nil {
		panic(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			io.Copy(io.Discard, conn)
		}()
	}
}
