/** `http-proxy` as a forward proxy: node http-proxy-server.ts PORT LIST-FILE. Started by node-peers.ts. */
import { Agent, createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import httpProxy from 'http-proxy';

const [port, listFile] = process.argv.slice(2);
const listed = new Set(readFileSync(listFile!, 'utf8').split('\n'));
const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true, maxFreeSockets: 4096 }) });

const server = createServer((request, response) => {
  const url = URL.parse(request.url ?? '');
  if (url === null) return response.writeHead(400).end();
  if (listed.has(url.hostname + url.pathname)) return response.writeHead(403).end('Refused\n');
  return proxy.web(request, response, { target: url.origin }, () => response.writeHead(502).end());
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', 4096);
