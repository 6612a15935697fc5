/**
 * A front as many Node programs are: the path as the URL standard takes it apart (`\` is `/`, dots are resolved, nothing is
 * decoded) is handed on.
 *
 *   url-front.ts PORT TO    both on loopback
 */
import { createServer, request as ask } from 'node:http';

const [, , port = '', to = ''] = process.argv;

createServer((request, response) => {
  const url = URL.parse(request.url ?? '/', 'http://base.invalid');
  if (url === null) {
    response.writeHead(400).end();
    return;
  }
  const { pathname, search } = url;
  const asked = ask({ host: '127.0.0.1', port: Number(to), path: pathname + search, headers: { host: 'localhost' } });
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502);
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
  asked.end();
}).listen(Number(port), '127.0.0.1');
