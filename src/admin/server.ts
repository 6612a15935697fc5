/**
 * The admin side: health, readiness, metrics, status and the status page over HTTP, on the control thread.
 *
 *   request ─▶ a name that is ours? ─▶ path ─▶ method ─▶ answer      GET, HEAD: what there is to read; POST: /explain alone
 *
 * It answers while no list has loaded and while all workers are gone: that is when it is needed. It only reads; nothing
 * here changes the running instance. One request a connection, short deadlines, few connections: whoever reaches the
 * port cannot hold it. It is never reachable through the proxy's own listeners (the data plane refuses that address).
 */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PAC_TYPE } from '../config/pac-file.ts';
import type { AdminConfig } from '../config/types.ts';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { ListenError } from '../lib/errors.ts';
import { createServer } from '../lib/http.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { AttentionReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Metrics } from '../observe/metrics.ts';
import { Activity } from './activity.ts';
import type { AttentionStatus } from './attention.ts';
import { AttentionKeeper } from './attention-keeper.ts';
import { AdminConnections } from './admin-connections.ts';
import type { Answer } from './answer.ts';
import { json, text } from './answer.ts';
import type { DayKeeper } from './day-keeper.ts';
import { questionOf, refusal } from './explain-request.ts';
import type { ExplainAskers } from './explain-askers.ts';
import { STEP_MS } from './history.ts';
import { acceptsHost } from './host-check.ts';
import { metricsFormat, readsGzip } from './representations.ts';
import { resourcesOf } from './resources.ts';
import { runbooks } from './runbook.ts';
import { statusPage } from './status-page.ts';
import { statusOf } from './status.ts';

export interface AdminSources {
  readonly view: ControlView;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** It is given what a path failed with; the client learns that it failed. */
  readonly onError: (path: string, error: unknown) => void;
  /** The PAC file as it is in force; null, or left out: there is none. */
  readonly pac?: () => string | null;
  /** Null: the history of a day ends with the process. */
  readonly keeper: Pick<DayKeeper, 'read' | 'write'> | null;
  /** Who asks `/explain`. */
  readonly askers: Pick<ExplainAskers, 'refuses' | 'told'>;
  /** Tests have one of their own, which they start and step. */
  readonly activity?: Activity;
  readonly time?: Time;
  readonly deadlines?: Deadlines['admin'];
}

type AdminAddress = Pick<AdminConfig, 'address' | 'port' | 'hosts'>;

export interface Admin {
  readonly address: string;
  /** The port it really listens on. */
  readonly port: number;
  /** The lines of "Needs attention", the gravest first. */
  attention(): readonly AttentionReport[];
  /** Stops listening and ends what is open. */
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 8_192;

/** What fits into a packet is not made smaller. */
const SMALLEST_COMPRESSED = 1_024;

const COMMON_FIELDS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', Connection: 'close' };

interface Shown extends AdminSources {
  readonly activity: Activity;
  readonly standing: AttentionKeeper;
}

interface FullStatus extends AttentionStatus {
  readonly draining: boolean;
  readonly attention: readonly AttentionReport[];
}

type Route = (shown: Shown, request: IncomingMessage) => Answer | Promise<Answer>;

const PAGE = statusPage();

const READ: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', pageAnswer],
  ['/healthz', () => text(200, 'ok')],
  ['/readyz', ({ view }) => readiness(view)],
  ['/metrics', ({ metrics }, { headers }) => metricsAnswer(metrics, headers.accept)],
  ['/status', (shown) => json(200, fullStatus(shown))],
  ['/history', ({ activity }) => json(200, activity.hour(), 0)],
  ['/history/day', ({ activity }) => json(200, activity.day(), 0)],
  ['/proxy.pac', ({ pac }) => pacAnswer(pac?.() ?? null)],
  ...[...runbooks()].map(([path, section]): [string, Route] => [path, () => text(200, section)]),
  ...PAGE.scripts.map(([path, script]): [string, Route] => [path, () => script]),
]);

const ASKED: ReadonlyMap<string, Route> = new Map<string, Route>([['/explain', explained]]);

/** It rejects with a `ListenError` (key `admin.port`) if the address cannot be bound. With port 0 the kernel chooses one. */
export async function startAdmin(at: AdminAddress, sources: AdminSources): Promise<Admin> {
  const names = new Set(['localhost', hostname().toLowerCase(), at.address.toLowerCase(), ...at.hosts]);
  const { activity = new Activity(sources), deadlines = DEADLINES.admin } = sources;
  const shown = { ...sources, activity, standing: new AttentionKeeper() };
  const connections = new AdminConnections(sources.time, deadlines);
  const server = createServer({ ...boundsOf(deadlines), maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    // `respond` has its own answer for a failure: nothing is left to be rejected.
    void respond(request, response, { shown, names, connections });
  });
  server.on('connection', (socket) => connections.add(socket));
  // Each answer ends its connection. Who sends many requests at once would have as many questions wait for their turn.
  server.maxRequestsPerSocket = 1;
  server.setTimeout(deadlines.idleMs);
  await listen(server, at);
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : at.port;
  // What was kept of the day may come later; it never rejects.
  if (sources.activity === undefined) void activity.start();
  const looks = (sources.time ?? systemTime).every(STEP_MS, () => lookOn(shown)).unref();
  return {
    address: at.address,
    port,
    attention: () => attentionOf(shown),
    close: async () => {
      looks.cancel();
      await close(server);
      await activity.close();
    },
  };
}

function boundsOf({ headMs, requestMs, lookMs }: Deadlines['admin']): ServerOptions {
  return { headersTimeout: headMs, requestTimeout: requestMs, connectionsCheckingInterval: lookMs };
}

interface Responding {
  readonly shown: Shown;
  readonly names: ReadonlySet<string>;
  readonly connections: AdminConnections;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { shown, names, connections }: Responding,
): Promise<void> {
  // A request whose body is not read to its end has no socket any more.
  const { socket } = request;
  const isQuestion = ASKED.has(pathOf(request));
  const whole = (): void => connections.is(socket, isQuestion ? 'waiting' : 'asked');
  // A question waits for its turn after its last byte has come.
  if (hasBody(request)) request.once('end', whole);
  else whole();
  const { status, type, body, fields } = await answer(request, shown, names);
  const isLong = body.length >= SMALLEST_COMPRESSED;
  const packed = isLong && readsGzip(request.headers['accept-encoding']) ? await compressed(body) : null;
  if (connections.hasMadeRoom(socket)) return;
  connections.is(socket, 'answered');
  response.writeHead(status, {
    ...COMMON_FIELDS,
    ...fields,
    'Content-Type': type,
    ...(packed === null ? {} : { 'Content-Encoding': 'gzip' }),
    'Content-Length': packed?.length ?? Buffer.byteLength(body),
    Vary: 'Accept, Accept-Encoding',
  });
  response.end(packed ?? body);
}

/** Not on this thread. @returns null if it cannot be done: then it is sent as it is. */
async function compressed(body: string): Promise<Buffer | null> {
  try {
    return await promisify(gzip)(body);
  } catch {
    return null;
  }
}

function metricsAnswer(metrics: Metrics, accept: string | undefined): Answer {
  const { contentType, body } = metrics.text(metricsFormat(accept));
  return { status: 200, type: contentType, body };
}

async function answer(request: IncomingMessage, shown: Shown, names: ReadonlySet<string>): Promise<Answer> {
  if (!acceptsHost(request.headers.host, names))
    return text(421, 'this name is not served here: use the IP address, or name it in admin.hosts');
  const path = pathOf(request);
  const isAsked = ASKED.has(path);
  const route = (isAsked ? ASKED : READ).get(path);
  if (route === undefined)
    return text(
      404,
      `not here; there is ${[...READ.keys(), ...ASKED.keys()].filter((known) => !known.startsWith('/runbook/')).join(' ')}`,
    );
  const methods = isAsked ? ['POST'] : ['GET', 'HEAD'];
  if (!methods.includes(request.method ?? ''))
    return { ...text(405, `${methods.join(' and ')} only`), fields: { Allow: methods.join(', ') } };
  try {
    return await route(shown, request);
  } catch (error) {
    shown.onError(path, error);
    return text(500, 'internal fault');
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

/** `/status`: what `ctl status` tells, and what has happened of late. */
function fullStatus(shown: Shown): FullStatus {
  const { view, activity, standing } = shown;
  const status = attentionStatus(shown);
  const activityOf = activity.lists();
  return {
    ...status,
    draining: view.draining(),
    attention: standing.look(status),
    lists: status.lists.map((list) => Object.assign({}, list, activityOf(list.name))),
  };
}

function attentionStatus({ view, now, activity }: Shown): AttentionStatus {
  return { ...statusOf(view, now()), recent: activity.recent(), resources: resourcesOf(view) };
}

function attentionOf(shown: Shown): readonly AttentionReport[] {
  return shown.standing.look(attentionStatus(shown));
}

/** Lines have the time at which they began though nobody asked then. */
function lookOn(shown: Shown): void {
  try {
    attentionOf(shown);
  } catch (error) {
    shown.onError('attention', error);
  }
}

/** Whoever opens the page when the status fails must see that something answers. */
function pageAnswer(shown: Shown): Answer {
  try {
    return PAGE.document(fullStatus(shown));
  } catch (error) {
    shown.onError('/', error);
    return PAGE.document(null);
  }
}

async function explained({ view, askers }: Shown, request: IncomingMessage): Promise<Answer> {
  // It is gone with the connection.
  const address = request.socket.remoteAddress ?? '';
  const question = await questionOf(request, askers);
  if ('status' in question) return question;
  const explanation = view.explain(question);
  if ('code' in explanation) return refusal(explanation.code === 'usage' ? 400 : 503, explanation.message);
  askers.told(address, explanation);
  return json(200, explanation, 0);
}

function pacAnswer(file: string | null): Answer {
  return file === null ? text(404, 'set admin.pac in the configuration') : { status: 200, type: PAC_TYPE, body: file };
}

function readiness(view: ControlView): Answer {
  const reasons = view.notReady();
  const ready = reasons.length === 0;
  return json(ready ? 200 : 503, { ready, reasons, draining: view.draining(), bypass: view.bypass() });
}

async function listen(
  server: Server,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> {
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
