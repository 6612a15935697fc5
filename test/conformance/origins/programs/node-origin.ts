/**
 * Origins that Node programs are in practice, each on a port of its own; prints one line, names and ports as JSON.
 * Nothing here is careful: every one of them reads addresses as programs of its kind do.
 *
 *   node-origin.ts ROOT    the site as files
 */
import { once } from 'node:events';
import { readFile } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, posix, win32 } from 'node:path';
import url from 'node:url';
import express from 'express';
import { bodyOf, routed } from '../../site.ts';
import type { Served } from '../../site.ts';

const [, , root = '.'] = process.argv;

const servers: Readonly<Record<string, RequestListener>> = {
  'node-raw-router': (request, response) => send(response, routed(rawPath(request))),
  'node-decoding-router': (request, response) => send(response, routed(decoded(rawPath(request)))),
  'node-url-router': (request, response) =>
    send(response, routed(decoded(new URL(request.url!, 'http://base.invalid').pathname))),
  'node-url-raw-router': (request, response) =>
    send(response, routed(new URL(request.url!, 'http://base.invalid').pathname)),
  'node-url-parse-router': (request, response) => send(response, routed(decoded(parsedPath(request)))),
  'node-double-decoding-router': (request, response) => send(response, routed(decoded(decoded(rawPath(request))))),
  'node-normalising-router': (request, response) => send(response, routed(posix.normalize(decoded(rawPath(request))))),
  'node-normalise-decode-router': (request, response) =>
    send(response, routed(decoded(posix.normalize(rawPath(request))))),
  'node-windows-router': (request, response) =>
    send(response, routed(win32.normalize(decoded(rawPath(request))).replaceAll('\\', '/'))),
  // As Fastify up to version 4 and Restify do (find-my-way).
  'node-semicolon-router': (request, response) => send(response, routed(decoded(request.url!.split(/[?;]/, 1)[0]!))),
  // As CodeIgniter 3 does, which drops the slash at the end, too, and Mongoose, which decodes first: `..` takes nothing with it.
  'node-dropping-router': (request, response) => {
    const segments = rawPath(request).split('/');
    send(
      response,
      routed(
        segments
          .filter((segment) => segment !== '..')
          .join('/')
          .replaceAll(/\/+/g, '/'),
      ),
    );
  },
  // As h3 1 does, and with it Nuxt 3: decoded before the query is looked for.
  'node-decoded-query-router': (request, response) => send(response, routed(decoded(request.url!).split('?', 1)[0]!)),
  // Decoded before it is taken apart, as what is handed to `fetch` or a redirect often is.
  'node-decoded-url-router': (request, response) =>
    send(response, routed(new URL(decodeURI(request.url!), 'http://base.invalid').pathname)),
  // For nginx in front of it.
  'node-internal-redirect': (request, response) => {
    response.setHeader('X-Accel-Redirect', `/internal${decoded(rawPath(request))}`).end();
  },
  'node-url-files': (request, response) =>
    sendFile(response, decoded(new URL(request.url!, 'http://base.invalid').pathname)),
  'node-url-parse-files': (request, response) => sendFile(response, decoded(parsedPath(request))),
  'express-static': express().disable('etag').use(express.static(root)),
  'express-routes': routes(),
  'express-use': mounted(),
  'express-use-static': express()
    .use('/dir', express.static(join(root, 'dir')))
    .use(express.static(root)),
};

function routes(): express.Express {
  const app = express();
  app.get(['/page', '/deep/er/page'], gives('listed page'));
  app.get('/dir/fine{/*rest}', gives('allowed'));
  app.get('/dir/*rest', gives('listed directory'));
  return app.use(gives('neighbour'));
}

function mounted(): express.Express {
  const app = express();
  app.use('/dir/fine', gives('allowed'));
  app.use('/dir', gives('listed directory'));
  app.use(['/page', '/deep/er/page'], gives('listed page'));
  return app.use(gives('neighbour'));
}

function gives(served: Served): express.RequestHandler {
  return (_request, response) => send(response, served);
}

function rawPath({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

/** Deprecated and everywhere. */
function parsedPath(request: IncomingMessage): string {
  return url.parse(request.url!).pathname ?? '/';
}

function decoded(path: string): string {
  return decodeURIComponent(path);
}

function send(response: ServerResponse, served: Served): void {
  response.end(bodyOf(served));
}

function sendFile(response: ServerResponse, path: string): void {
  readFile(join(root, path), (error, content) => {
    if (error !== null) response.statusCode = 404;
    response.end(error === null ? content : 'nothing here');
  });
}

/** What a handler throws (bad escapes, a file name with NUL) is an error page, as frameworks have it. */
function guarded(listener: RequestListener): RequestListener {
  return (request, response) => {
    try {
      listener(request, response);
    } catch {
      response.statusCode = 400;
      response.end('no');
    }
  };
}

const ports: Record<string, number> = {};
for (const [name, listener] of Object.entries(servers)) {
  const server = createServer({ keepAliveTimeout: 60_000 }, guarded(listener)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
}
process.stdout.write(`${JSON.stringify(ports)}\n`);
