// A server with a bound of request bodies, as programs in Go set it: the answer comes before the body has been read.
// Argument `at-once`: it closes the connection itself when it has answered, and reads no more.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

const mostBytes = 1 << 20

func main() {
	atOnce := len(os.Args) > 1 && os.Args[1] == "at-once"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.Serve(listener, http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if atOnce {
			connection, _, err := http.NewResponseController(answer).Hijack()
			if err == nil {
				io.WriteString(connection, "HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				connection.Close()
			}
			return
		}
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(answer, request.Body, mostBytes)); err != nil {
			http.Error(answer, "too large", http.StatusRequestEntityTooLarge)
		}
	}))
}
