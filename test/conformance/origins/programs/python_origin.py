"""Origins that Python programs are in practice, each on a port of its own; prints one line, names and ports as JSON.

    python_origin.py ROOT    the site as files

Head and body are written apart: without TCP_NODELAY each answer would wait for an acknowledgement.
"""
import functools
import http.server
import json
import posixpath
import sys
import threading
import urllib.parse
import wsgiref.simple_server


def routed(path):
    if path in ('/page', '/deep/er/page'):
        return 'listed page'
    if path.startswith('/dir/fine/'):
        return 'allowed'
    return 'listed directory' if path.startswith('/dir/') else 'neighbour'


def router(path_of):
    class Router(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        disable_nagle_algorithm = True

        def do_GET(self):
            try:
                body = f'served: {routed(path_of(self.path))}.\n'.encode()
            except ValueError:
                body = b'no'
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Router


def as_directory(path):
    return f'{path}/' if path in ('/dir', '/dir/fine') else path


class Files(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass


class LongQueue(wsgiref.simple_server.WSGIServer):
    # A connection that finds the queue full waits a second for its next try.
    request_queue_size = 128


class QuietWsgi(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def application(environ, start_response):
    body = f"served: {routed(environ['PATH_INFO'])}.\n".encode()
    start_response('200 OK', [('Content-Length', str(len(body)))])
    return [body]


def wsgi_server():
    return wsgiref.simple_server.make_server('127.0.0.1', 0, application, LongQueue, QuietWsgi)


def main(root):
    unquote = urllib.parse.unquote
    handlers = {
        'python-files': functools.partial(Files, directory=root),
        # urlparse takes `;…` of the last segment for itself.
        'python-urlparse-router': router(lambda path: unquote(urllib.parse.urlparse(path).path)),
        'python-urlsplit-router': router(lambda path: unquote(urllib.parse.urlsplit(path).path)),
    }
    handlers['python-normpath-router'] = router(lambda path: as_directory(posixpath.normpath(unquote(path.split('?', 1)[0]))))
    servers = {name: http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) for name, handler in handlers.items()}
    servers['python-wsgi-router'] = wsgi_server()
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({name: server.server_address[1] for name, server in servers.items()}), flush=True)
    threading.Event().wait()


main(sys.argv[1])
