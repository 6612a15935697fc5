"""What uWSGI serves by host."""


def routed(path):
    if path in ('/page', '/deep/er/page'):
        return 'listed page'
    if path.startswith('/dir/fine/'):
        return 'allowed'
    return 'listed directory' if path.startswith('/dir/') else 'neighbour'


def application(environ, start_response):
    name = (environ.get('HTTP_HOST') or '').lower().split(':')[0].rstrip('.')
    path = environ.get('PATH_INFO') or ''
    served = 'listed page' if name == 'listed.localhost' else routed(path) if name == 'paths.localhost' else 'neighbour'
    content = f'served: {served}.\n'.encode()
    start_response('200 OK', [('Content-Length', str(len(content)))])
    return [content]
