// An origin that serves by host, as net/http tells it; prints one line, name and port as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
)

func routed(path string) string {
	switch {
	case path == "/page" || path == "/deep/er/page":
		return "listed page"
	case strings.HasPrefix(path, "/dir/fine/"):
		return "allowed"
	case strings.HasPrefix(path, "/dir/"):
		return "listed directory"
	}
	return "neighbour"
}

func served(r *http.Request) string {
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	switch strings.TrimSuffix(host, ".") {
	case "listed.localhost":
		return "listed page"
	case "paths.localhost":
		return routed(r.URL.Path)
	}
	return "neighbour"
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	line, _ := json.Marshal(map[string]int{"go-hosts": listener.Addr().(*net.TCPAddr).Port})
	fmt.Println(string(line))
	http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "served: %s.\n", served(r))
	}))
}
