/**
 * The parts of one data thread, built in the order of the pipeline, and rebuilt in place by a reload.
 *
 *   connections ─▶ heads ─▶ verdicts (matcher ◀─ snapshot) ─▶ exchange ─▶ routes (connector, pool)
 *
 * It is the composition root of the data side; listeners are opened on these parts (data-plane.ts). They are rebuilt in place, because a
 * connection that is open must neither end nor go on by the old configuration: it takes what it needs from the context each time. Parts
 * that hold open connections (pool, routes, clients) stay and are told; the others are replaced.
 */
import { isDeepStrictEqual } from 'node:util';
import { Brake } from '../accept/brake.ts';
import { ClientReads } from '../accept/client-reads.ts';
import { ClientRegistry } from '../accept/client-registry.ts';
import { OpenConnections } from '../accept/open-connections.ts';
import type { WorkerContext } from '../accept/worker-context.ts';
import { LocalResponses } from '../block/local-responses.ts';
import { BlockPages } from '../block/pages.ts';
import type { Config } from '../config/types.ts';
import { messageBytes } from '../forward/context.ts';
import { HeadTurns } from '../forward/head-turns.ts';
import { KeptConnections } from '../forward/kept-connections.ts';
import { LastUploads } from '../forward/last-upload.ts';
import { ReadBuffers } from '../forward/read-buffers.ts';
import type { Route } from '../forward/route.ts';
import { Routes } from '../forward/routes.ts';
import { UpstreamPool } from '../forward/upstream-pool.ts';
import { UpstreamCapacity } from '../forward/upstream-capacity.ts';
import { WriteBatch } from '../forward/write-batch.ts';
import { Matcher } from '../match/matcher.ts';
import { DROPPED } from '../observe/counters.ts';
import { dataCounters } from '../observe/data-counters.ts';
import { Judge } from '../policy/judge.ts';
import { ObservedRequest } from '../wire/observed-request.ts';
import { ObservedResponse } from '../wire/observed-response.ts';
import { RequestHead } from '../wire/request-head.ts';
import { RequestTarget } from '../wire/request-target.ts';
import { ResponseHead } from '../wire/response-head.ts';
import { VerdictService, type VerdictRules } from '../verdict/verdict-service.ts';
import { COUNTER_LAYOUT } from './counter-slots.ts';
import type { DataThreadInput, ListRules } from './messages.ts';

/** The composition root of the thread may replace parts of the context; nobody else may. */
export type MutableWorkerContext = { -readonly [Part in keyof WorkerContext]: WorkerContext[Part] };

/** It is as long as the list of parts, each of which is made once. @param generation that requests are judged by. */
export function composeWorker(
  input: DataThreadInput,
  refresh: () => void,
  generation: () => number = () => 0,
): MutableWorkerContext {
  const { config, rules, pseudonym } = input;
  // First: every other part counts what it does.
  const counters = dataCounters(COUNTER_LAYOUT, input.counters, input.worker);
  // All sockets to origins read into one buffer of the thread (docs/adr/0001-data-plane.md).
  const readBuffers = new ReadBuffers();
  // It is empty until the first generation; what it remembers of hosts is forgotten with each.
  const matcher = new Matcher({ cacheEntries: config.hostCache.entries });
  // Idle connections to origins stay over a reload, and make way when there are as many sockets as the system grants.
  const pool = new UpstreamPool(config.upstream.pool);
  const kept = new KeptConnections();
  const upstreamCapacity = new UpstreamCapacity(config.upstream.sockets, {
    discardOldest: () => pool.discardOldest() || kept.discardOldest(),
  });
  // Loaded when the first listener or route needs it: most configurations never do.
  const native = { sockets: null };
  return {
    config,
    counters,
    clock: { now: performance.now(), precise: () => performance.now() },
    state: { draining: false, closed: false },
    generation,
    trace: null,

    // Clients: who they are, how many, in what order their heads are read, and who asks for too many listed addresses.
    connections: new OpenConnections(),
    clients: new ClientRegistry(config, rules.policyMasks),
    reads: new ClientReads(),
    turns: new HeadTurns(),
    brake: new Brake(config.brake, () => counters.slowed()),

    // Heads: one parser of a kind for all connections, since its result is used up before the next one has its turn.
    request: new RequestHead(config.limits),
    target: new RequestTarget(),
    response: new ResponseHead(config.limits),
    rawRequest: new ObservedRequest(config.limits),
    rawResponse: new ObservedResponse(config.limits),

    // The verdict, and what a client is shown of it.
    verdicts: new VerdictService({ matcher, rules: verdictRules(rules, matcher), counter: counters, refresh }),
    pages: new BlockPages(rules.lists, { pseudonym, languages: config.languages }),
    responses: new LocalResponses({ pseudonym, languages: config.languages, page: config.page }),

    // Origins: the way to them, and what goes there and back.
    native,
    routes: new Routes(config, pool, { buffers: readBuffers, counters, capacity: upstreamCapacity }, native),
    pool,
    kept,
    lastUploads: new LastUploads(),
    upstreamCapacity,
    readBuffers,
    batch: new WriteBatch(messageBytes(config.limits, readBuffers.shared.length)),
    pseudonym,
    via: [Buffer.from(`Via: 1.0 ${pseudonym}\r\n`), Buffer.from(`Via: 1.1 ${pseudonym}\r\n`)],
  };
}

/** These parts depend on the lists and change with the snapshot. */
export function adoptRules(context: MutableWorkerContext, rules: ListRules): void {
  context.verdicts.rules = verdictRules(rules, context.verdicts.matcher);
  context.pages = new BlockPages(rules.lists, { pseudonym: context.pseudonym, languages: context.config.languages });
}

function verdictRules({ lists, slots }: ListRules, matcher: Matcher): VerdictRules {
  return { judge: new Judge(matcher, lists), slots };
}

/** It replaces all other parts. It must be called between two events: no head may be half parsed. */
export function reconfigureWorker(context: MutableWorkerContext, config: Config, rules: ListRules): void {
  replaceWords(context, config, rules);
  context.config = config;
  context.upstreamCapacity.max = config.upstream.sockets;
  context.routes.configure(config, routesOf(context));
  context.request = new RequestHead(config.limits);
  context.response = new ResponseHead(config.limits);
  context.rawRequest = new ObservedRequest(config.limits);
  context.rawResponse = new ObservedResponse(config.limits);
  context.batch.reserve(messageBytes(config.limits, context.readBuffers.shared.length));
  context.pool.limit(config.upstream.pool);
  context.verdicts.matcher.cacheEntries = config.hostCache.entries;
  context.clients.configure(config, rules.policyMasks, context.connections);
  context.brake.configure(config.brake);
  endDenied(context);
}

/** @returns those of open connections, of listeners that are gone too. */
export function routesOf({ connections }: Pick<WorkerContext, 'connections'>): ReadonlySet<Route> {
  const routes = new Set<Route>();
  for (const { listener } of connections) routes.add(listener.route);
  return routes;
}

/** Whoever may use the proxy no more has no connection any more either: a tunnel would last for hours. */
function endDenied({ connections, counters }: WorkerContext): void {
  for (const connection of connections) {
    const { client, listener } = connection;
    if (client === null || client.allowed || listener.isForAll) continue;
    counters.dropped(DROPPED.client_denied);
    connection.close();
  }
}

/** They are built for every language and list, and most reloads change no word. */
function replaceWords(context: MutableWorkerContext, { languages, page }: Config, { lists }: ListRules): void {
  const { pseudonym, config: before } = context;
  const isSame = isDeepStrictEqual(languages, before.languages);
  if (isSame && isDeepStrictEqual(page, before.page)) return;
  context.responses = new LocalResponses({ pseudonym, languages, page });
  if (!isSame) context.pages = new BlockPages(lists, { pseudonym, languages });
}
