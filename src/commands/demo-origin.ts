/**
 * The demo's little web site: three pages and a gallery, so that something can be refused while the rest of the site
 * stays reachable. For `cleanfeed demo` only; no part of the proxy.
 */
import type { RequestListener } from 'node:http';
import { errnoOf, ListenError } from '../lib/errors.ts';
import { createServer } from '../lib/http.ts';

export interface DemoOrigin {
  /** The port it really listens on. */
  readonly port: number;
  close(): Promise<void>;
}

const PAGES: ReadonlyMap<string, string> = new Map([
  ['/', 'The demo origin. See /hello.html (not listed), /listed.html and /gallery/1.html (listed).'],
  ['/hello.html', 'Hello from the origin: this page is not listed, so you see it.'],
  ['/listed.html', 'This page is on the demo list: the proxy does not let it pass.'],
  ['/gallery/1.html', 'Everything below /gallery/ is on the demo list: the proxy does not let it pass.'],
]);

/** It rejects with a `ListenError` (key `demo.origin.port`) if the address cannot be bound. */
export async function startDemoOrigin(at: { readonly address: string; readonly port: number }): Promise<DemoOrigin> {
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ListenError({ key: 'demo.origin.port', ...at }, errnoOf(error), { cause: error })),
    );
    server.listen(at.port, at.address, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : at.port;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const answer: RequestListener = (request, response) => {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const text = PAGES.get(path);
  const body = `<!doctype html><html lang="en"><title>Demo</title><p>${text ?? 'No such page.'}</p></html>\n`;
  response.writeHead(text === undefined ? 404 : 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
};
