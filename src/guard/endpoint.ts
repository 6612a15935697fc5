/**
 * Where the guard itself is asked, read-only: `/metrics`, `/status`, `/healthz`. Few connections, short deadlines.
 * It must not take a command.
 */
import { createServer } from '../lib/http.ts';
import { CONTENT_TYPES } from '../lib/metrics-text.ts';
import { guardMetrics } from './metrics.ts';
import { keepNewest } from './newest-connections.ts';
import { listening } from './origin.ts';
import type { GuardReport } from './report.ts';
import type { Endpoint } from './settings.ts';

const DEADLINES = { headersTimeout: 3000, requestTimeout: 5000, connectionsCheckingInterval: 1000 };
const MAX_HEADER_BYTES = 8192;
const MAX_CONNECTIONS = 32;
const FIELDS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', Connection: 'close' };

interface Answer {
  readonly type: string;
  readonly body: string;
}

const ROUTES = new Map<string, (report: GuardReport) => Answer>([
  ['/metrics', (report) => ({ type: CONTENT_TYPES.prometheus, body: guardMetrics(report) })],
  ['/status', (report) => ({ type: 'application/json', body: `${JSON.stringify(report, null, 2)}\n` })],
  ['/healthz', () => ({ type: 'text/plain', body: 'ok\n' })],
]);

/** It rejects with a `ListenError`; @returns what closes it. */
export async function serveReport(at: Endpoint, report: () => GuardReport): Promise<() => void> {
  const server = createServer({ ...DEADLINES, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const route = ROUTES.get(path);
    if (route === undefined || request.method !== 'GET') {
      response.writeHead(404, FIELDS).end(`there is ${[...ROUTES.keys()].join(' ')}\n`);
      return;
    }
    const { type, body } = route(report());
    response.writeHead(200, { ...FIELDS, 'Content-Type': type }).end(body);
  });
  keepNewest(server, MAX_CONNECTIONS);
  await listening(server, at, 'guard.metrics');
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
