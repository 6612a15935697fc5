// Origins that Go programs are in practice, each on a port of its own; prints one line, names and ports as JSON.
//
//	origin ROOT    the site as files
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
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

func gives(served string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "served: %s.\n", served)
	}
}

func by(pathOf func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		gives(routed(pathOf(r)))(w, r)
	}
}

func mux() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/dir/fine/", gives("allowed"))
	mux.Handle("/dir/", gives("listed directory"))
	mux.Handle("/page", gives("listed page"))
	mux.Handle("/deep/er/page", gives("listed page"))
	mux.Handle("/", gives("neighbour"))
	return mux
}

// As net/http cleans paths: a slash at the end stays.
func cleaned(r *http.Request) string {
	clean := path.Clean(r.URL.Path)
	if strings.HasSuffix(r.URL.Path, "/") && clean != "/" {
		return clean + "/"
	}
	return clean
}

func decodedURI(r *http.Request) string {
	raw, _, _ := strings.Cut(r.RequestURI, "?")
	decoded, err := url.PathUnescape(raw)
	if err != nil {
		return "/"
	}
	return decoded
}

func main() {
	root := os.Args[1]
	handlers := map[string]http.Handler{
		"go-files":          http.FileServer(http.Dir(root)),
		"go-mux":            mux(),
		"go-path-router":    by(func(r *http.Request) string { return r.URL.Path }),
		"go-clean-router":   by(cleaned),
		"go-escaped-router": by(func(r *http.Request) string { return r.URL.EscapedPath() }),
		"go-uri-router":     by(decodedURI),
		"go-mux-files":      muxFiles(root),
	}
	ports := map[string]int{}
	for name, handler := range handlers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		ports[name] = listener.Addr().(*net.TCPAddr).Port
		go http.Serve(listener, handler)
	}
	line, _ := json.Marshal(ports)
	fmt.Println(string(line))
	select {}
}

// A prefix taken off, as it is done in front of file servers.
func muxFiles(root string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/dir/", http.StripPrefix("/dir", http.FileServer(http.Dir(root+"/dir"))))
	mux.Handle("/", http.FileServer(http.Dir(root)))
	return mux
}
