"""Python's servers that serve by host, in their own reading of HTTP: CherryPy's, Twisted's, waitress and aiohttp; prints names and ports as JSON."""
import asyncio
import json
import socket
import threading
import urllib.parse
import waitress
from aiohttp import web
from cheroot.wsgi import Server
from twisted.internet import reactor
from twisted.web import resource, server


def routed(path):
    if path in ('/page', '/deep/er/page'):
        return 'listed page'
    if path.startswith('/dir/fine/'):
        return 'allowed'
    return 'listed directory' if path.startswith('/dir/') else 'neighbour'


def body(host, path):
    name = (host or '').lower().split(':')[0].rstrip('.')
    if name == 'listed.localhost':
        return b'served: listed page.\n'
    return f'served: {routed(path) if name == "paths.localhost" else "neighbour"}.\n'.encode()


def application(environ, start_response):
    content = body(environ.get('HTTP_HOST'), environ['PATH_INFO'])
    start_response('200 OK', [('Content-Length', str(len(content)))])
    return [content]


class Site(resource.Resource):
    isLeaf = True

    def render(self, request):
        return body(request.getRequestHostname().decode('latin-1'), urllib.parse.unquote(request.path.decode('latin-1')))


def listening():
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    port = listener.getsockname()[1]
    listener.close()
    return port


cheroot_port = listening()
cheroot = Server(('127.0.0.1', cheroot_port), application, numthreads=12)
cheroot.prepare()
threading.Thread(target=cheroot.serve, daemon=True).start()
waitress_server = waitress.create_server(application, host='127.0.0.1', port=0, threads=12)
threading.Thread(target=waitress_server.run, daemon=True).start()


async def answer(request):
    return web.Response(body=body(request.host, request.path))


def serve_aiohttp(loop, runner, ready):
    asyncio.set_event_loop(loop)
    loop.run_until_complete(runner.setup())
    site = web.TCPSite(runner, '127.0.0.1', 0)
    loop.run_until_complete(site.start())
    ready.set()
    loop.run_forever()


app = web.Application()
app.router.add_route('*', '/{path:.*}', answer)
runner = web.AppRunner(app, access_log=None)
aiohttp_ready = threading.Event()
threading.Thread(target=serve_aiohttp, args=(asyncio.new_event_loop(), runner, aiohttp_ready), daemon=True).start()
aiohttp_ready.wait()
twisted_port = reactor.listenTCP(0, server.Site(Site()), interface='127.0.0.1').getHost().port
ports = {
    'cheroot-hosts': cheroot_port,
    'twisted-hosts': twisted_port,
    'waitress-hosts': waitress_server.effective_port,
    'aiohttp-hosts': runner.addresses[0][1],
}
print(json.dumps(ports), flush=True)
reactor.run()
