"""Python programs that serve by host, one that reads bodies and one that does not; prints names and ports as JSON."""
import http.server
import json
import threading
import urllib.parse


def routed(path):
    if path in ('/page', '/deep/er/page'):
        return 'listed page'
    if path.startswith('/dir/fine/'):
        return 'allowed'
    return 'listed directory' if path.startswith('/dir/') else 'neighbour'


def served(host, target):
    split = urllib.parse.urlsplit(target)
    # A file server takes `page` for `/page`.
    path = '/' + urllib.parse.unquote(split.path).lstrip('/')
    name = (split.netloc or host or '').lower().split(':')[0].rstrip('.')
    if name == 'listed.localhost':
        return 'listed page'
    return routed(path) if name == 'paths.localhost' else 'neighbour'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def answer(self):
        try:
            body = f'served: {served(self.headers.get("Host") if hasattr(self, "headers") else "", self.path)}.\n'.encode()
        except ValueError:
            body = b'no'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_FOO = answer

    def log_message(self, *_):
        pass


class WithBodies(Handler):
    def answer(self):
        try:
            length = int(self.headers.get('Content-Length') or 0)
        except ValueError:
            length = 0
        self.rfile.read(max(length, 0))
        super().answer()

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_FOO = answer


servers = {
    name: http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    for name, handler in {'python-hosts': Handler, 'python-hosts-bodies': WithBodies}.items()
}
for server in servers.values():
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({name: server.server_address[1] for name, server in servers.items()}), flush=True)
threading.Event().wait()
