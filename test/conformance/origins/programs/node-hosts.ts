/** Node programs that serve by host: with the strict parser (two ways) and with the tolerant one, and Express. Prints names and ports as JSON. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { LISTED_HOST, PATHS_HOST } from '../../heads/site.ts';
import { bodyOf, routed } from '../../site.ts';
import type { Served } from '../../site.ts';

function served(host: string, path: string): Served {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  if (name === LISTED_HOST) return 'listed page';
  return name === PATHS_HOST ? routed(path) : 'neighbour';
}

/** As programs do that make an URL of what they are asked for. */
const byUrl: RequestListener = (request, response) => {
  const { host = '' } = request.headers;
  const url = URL.parse(request.url ?? '/', 'http://base.invalid');
  const named = url === null || request.url?.startsWith('/') === true ? host : url.host;
  response.end(bodyOf(served(named, url?.pathname ?? '/')));
};

const byHeader: RequestListener = (request: IncomingMessage, response) => {
  response.end(bodyOf(served(request.headers.host ?? '', (request.url ?? '/').split('?', 1)[0]!)));
};

const app = express();
app.use((request, response) => {
  response.end(bodyOf(served(request.hostname ?? '', request.path)));
});

const servers: Readonly<Record<string, readonly [ServerOptions, RequestListener]>> = {
  'node-hosts': [{}, byHeader],
  'node-hosts-url': [{}, byUrl],
  'node-hosts-tolerant': [{ insecureHTTPParser: true, requireHostHeader: false }, byUrl],
  'express-hosts': [{}, app],
};

const ports: Record<string, number> = {};
for (const [name, [options, listener]] of Object.entries(servers)) {
  const server = createServer({ keepAliveTimeout: 60_000, ...options }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
}
process.stdout.write(`${JSON.stringify(ports)}\n`);
