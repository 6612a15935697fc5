/**
 * The admin side: health, readiness, metrics and status over HTTP, on the control thread.
 *
 * It answers while no list has loaded and while all workers are gone: that is when it is needed. It only reads; nothing
 * here changes the running instance. One request a connection, short deadlines, few connections: whoever reaches the
 * port cannot hold it. It is never reachable through the proxy's own listeners (the data plane refuses that address).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { AdminConfig } from '../config/types.ts';
import { ListenError } from '../lib/errors.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Metrics } from '../observe/metrics.ts';
import { acceptsHost } from './host-check.ts';
import { statusOf } from './status.ts';

export interface AdminSources {
  readonly view: ControlView;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Admin {
  readonly address: string;
  /** The port it really listens on. */
  readonly port: number;
  /** Stops listening and ends what is open. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Milliseconds for a request's head, for all of it, and for a reader that does not read. */
const DEADLINES = { headersTimeout: 3_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 };
const IDLE_MS = 10_000;
const MAX_HEADER_BYTES = 8_192;
const MAX_CONNECTIONS = 64;

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const COMMON_FIELDS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', Connection: 'close' };

type Route = (sources: AdminSources) => Answer | Promise<Answer>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', () => ({ status: 200, type: TEXT, body: 'ok\n' })],
  ['/readyz', ({ view }) => readiness(view.notReady())],
  ['/metrics', async ({ metrics }) => ({ status: 200, type: metrics.contentType, body: await metrics.text() })],
  ['/status', ({ view, now }) => json(200, statusOf(view, now()))],
]);

/** Rejects with a `ListenError` (key `admin.port`) where the address cannot be had. Port 0: any free one. */
export async function startAdmin(at: AdminConfig, sources: AdminSources): Promise<Admin> {
  const names = new Set(['localhost', hostname().toLowerCase(), at.address.toLowerCase(), ...at.hosts]);
  const server = createServer({ ...DEADLINES, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    // `respond` has its own answer for a failure: nothing is left to be rejected.
    void respond(request, response, { sources, names });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(IDLE_MS);
  await listen(server, at);
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : at.port;
  return { address: at.address, port, close: async () => await close(server) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { sources, names }: { readonly sources: AdminSources; readonly names: ReadonlySet<string> },
): Promise<void> {
  const { status, type, body } = await answer(request, sources, names);
  if (status === 405) response.setHeader('Allow', 'GET, HEAD');
  response.writeHead(status, { ...COMMON_FIELDS, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

async function answer(request: IncomingMessage, sources: AdminSources, names: ReadonlySet<string>): Promise<Answer> {
  if (!acceptsHost(request.headers.host, names)) return text(421, 'this name is not served here: use the IP address, or name it in admin.hosts');
  const [path = ''] = (request.url ?? '').split('?', 1);
  const route = ROUTES.get(path);
  if (route === undefined) return text(404, `not here; there is ${[...ROUTES.keys()].join(' ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET and HEAD only');
  try {
    return await route(sources);
  } catch {
    return text(500, 'internal fault');
  }
}

function readiness(reasons: readonly string[]): Answer {
  return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
}

function json(status: number, value: object): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(value, null, 2)}\n` };
}

function text(status: number, words: string): Answer {
  return { status, type: TEXT, body: `${words}\n` };
}

async function listen(server: Server, { address, port }: { readonly address: string; readonly port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: NodeJS.ErrnoException): void => {
    reject(new ListenError({ key: 'admin.port', address, port }, error.code ?? 'UNKNOWN', { cause: error }));
  };
  server.once('error', fail);
  server.listen({ host: address, port, exclusive: true }, () => {
    server.off('error', fail);
    // After it listens an error concerns one accept (EMFILE): the admin side goes on.
    server.on('error', () => {});
    resolve();
  });
  await promise;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
