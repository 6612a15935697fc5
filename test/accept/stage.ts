/**
 * One client's connection between sockets without a kernel: the data plane's own parts, a clock that the test moves, and a
 * route that the test answers. Everything that is done to a socket, asked of the route or counted is a line of the
 * trace, in order.
 */
import { ClientConnection, type MakePart } from '../../src/accept/client-connection.ts';
import { HttpSession } from '../../src/accept/http/http-session.ts';
import type { ListenerView } from '../../src/accept/worker-context.ts';
import { FAILURE, type ConnectDone } from '../../src/forward/connector.ts';
import { HeadTurns } from '../../src/forward/head-turns.ts';
import type { Route } from '../../src/forward/route.ts';
import type { UpstreamConnection } from '../../src/forward/upstream-connection.ts';
import type { RouteOrigins, UpstreamPool } from '../../src/forward/upstream-pool.ts';
import type { Origin } from '../../src/match/host-facts.ts';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { CLIENT_HELLO, DIRECTION, DROPPED, UPSTREAM_ERROR, VERDICT } from '../../src/observe/counters.ts';
import { dataCounters, type DataCounters } from '../../src/observe/data-counters.ts';
import { VerdictService } from '../../src/verdict/verdict-service.ts';
import { composeWorker, reconfigureWorker, type MutableWorkerContext } from '../../src/workers/compose-worker.ts';
import { COUNTER_LAYOUT, SlotRegister } from '../../src/workers/counter-slots.ts';
import { listRules } from '../../src/workers/list-rules.ts';
import { CONTROL_BYTES } from '../../src/workers/messages.ts';
import { PSEUDONYM, segmentOf, testConfig, type ProxySettings } from '../hostile/support/proxy.ts';
import { FakeSocket, Later, Trace } from '../support/fake-socket.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';

export type StageSettings = Omit<ProxySettings, 'time' | 'admin' | 'listeners'>;

const LIST = [
  'http://listed.example/page?*',
  'listed.example/dir/*',
  'refused.example',
  'http://canary.example/x count',
].join('\n');

export const httpSession: MakePart = (context, host, port) => new HttpSession(context, host, port);

export class Stage {
  readonly trace = new Trace();
  readonly context: MutableWorkerContext;
  readonly client: FakeSocket;
  readonly connection: ClientConnection;
  readonly upstreams: FakeUpstream[] = [];
  readonly #later = new Later();
  readonly #route: FakeRoute;
  readonly #turns = new FakeTurns();
  readonly #verdicts: CountingVerdicts;
  readonly #settings: StageSettings;
  readonly #bytes: number[] = Object.keys(DIRECTION).map(() => 0);

  /** @param of the listener. */
  constructor(settings: StageSettings = {}, { isForAll = false } = {}) {
    this.#settings = settings;
    const config = testConfig({ list: '', hostCache: { entries: 100 }, ...settings });
    const slots = new SlotRegister().assign(config)!;
    const counters = new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1));
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const admin = { address: '192.0.2.1', port: 9090 };
    this.context = composeWorker(
      { config, rules: listRules(config, slots, 1), worker: 0, control, counters, pseudonym: PSEUDONYM, admin },
      () => {},
    );
    this.#route = new FakeRoute(this.trace, this.context.pool);
    this.context.counters = tracedCounters(this.trace, this.#bytes);
    this.context.turns = this.#turns;
    this.context.clock = { now: 1000, precise: () => 0 };
    const { matcher, rules } = this.context.verdicts;
    this.context.verdicts = this.#verdicts = new CountingVerdicts({
      matcher,
      rules,
      counter: this.context.counters,
      refresh: () => {},
    });
    this.context.verdicts.today = 1;
    matcher.use(openSnapshot([segmentOf(settings.list ?? LIST)]));
    this.client = new FakeSocket('client', this.trace, this.#later);
    const own = { slot: 0, name: 'explicit', isForAll };
    const listener: ListenerView = { ...own, listMask: -1, route: this.#route, proxySenders: null };
    const client = this.context.clients.client('127.0.0.1');
    this.context.clients.open(client);
    this.connection = new ClientConnection(this.context, listener, this.client.real, {
      client,
      clientPort: 1024,
      begin: httpSession,
    });
    this.context.connections.add(this.connection);
  }

  /** The newest connection to an origin, unless told; undefined: there is none. */
  upstream(number = this.upstreams.length): FakeUpstream | undefined {
    return this.upstreams[number - 1];
  }

  /** What was asked of the route first succeeds. */
  connected(): void {
    const asked = this.#route.next();
    if (asked === undefined) return this.trace.add('nobody wants a connection');
    asked.done(null, this.freshUpstream(asked.key).real);
  }

  /** A connection to an origin that nobody has asked for. */
  freshUpstream(key = 'a.example:80'): FakeUpstream {
    const upstream = new FakeUpstream(key, this.upstreams.length + 1, this.trace, this.#later);
    this.upstreams.push(upstream);
    return upstream;
  }

  connectFails(failure: keyof typeof FAILURE): void {
    const asked = this.#route.next();
    if (asked === undefined) this.trace.add('nobody wants a connection');
    else asked.done(FAILURE[failure], null);
  }

  /** Its client's heads have taken too long, or no more. */
  holdTurns(held: boolean): void {
    this.#turns.hold(held);
  }

  reload(settings: StageSettings): void {
    const config = testConfig({ list: '', hostCache: { entries: 100 }, ...this.#settings, ...settings });
    reconfigureWorker(this.context, config, listRules(config, new SlotRegister().assign(config)!, 1));
  }

  /** The end of a turn of the event loop. */
  settle(): void {
    this.#later.settle();
    this.context.batch.flush();
    this.#later.settle();
  }

  /** So much later, and one look of the thread's timer. */
  pass(milliseconds: number): void {
    const { clock, batch, connections, pool } = this.context;
    batch.flush();
    clock.now += milliseconds;
    for (const connection of connections) connection.sweep(clock.now);
    pool.sweep(clock.now);
  }

  /** Requests that were judged. */
  get asked(): number {
    return this.#verdicts.asked;
  }

  /** What is left when all is over. */
  balance(): string {
    const moved = Object.entries(DIRECTION).map(([name, code]) => `${name} ${this.#bytes[code]}`);
    const { connections, pool } = this.context;
    const open = this.upstreams.filter(({ socket }) => !socket.destroyed).length;
    return `${moved.join(', ')}; open: ${connections.size} of clients, ${open} of origins, ${pool.size} idle`;
  }
}

class CountingVerdicts extends VerdictService {
  asked = 0;

  override ask(...question: Parameters<VerdictService['ask']>): ReturnType<VerdictService['ask']> {
    this.asked += 1;
    return super.ask(...question);
  }
}

interface Asked {
  readonly key: string;
  readonly done: ConnectDone;
}

class FakeRoute implements Route {
  readonly #trace: Trace;
  readonly #asked: Asked[] = [];
  readonly #pool: UpstreamPool;
  readonly #origins: RouteOrigins = new Map();

  constructor(trace: Trace, pool: UpstreamPool) {
    this.#trace = trace;
    this.#pool = pool;
  }

  take({ key }: Origin): UpstreamConnection | null {
    return this.#pool.take(this.#origins, key);
  }

  keep(connection: UpstreamConnection, now: number): void {
    this.#pool.put(this.#origins, connection, now);
  }

  connect({ key }: { readonly key: string }, _asker: unknown, done: ConnectDone): () => void {
    const asked = { key, done };
    this.#trace.add(`connect ${key}`);
    this.#asked.push(asked);
    return () => {
      const at = this.#asked.indexOf(asked);
      if (at < 0) return;
      this.#asked.splice(at, 1);
      this.#trace.add(`connect ${key} cancelled`);
    };
  }

  next(): Asked | undefined {
    return this.#asked.shift();
  }
}

/** Whose turn it is, as the test says: the real ones go by the clock. */
class FakeTurns extends HeadTurns {
  #held = false;
  readonly #reads: (() => void)[] = [];

  override mustWait(): boolean {
    return this.#held;
  }

  override wait(read: () => void): void {
    this.#reads.push(read);
  }

  override waitUnread(readOn: () => void): void {
    this.#reads.push(readOn);
  }

  override took(): void {
    // However long it took.
  }

  hold(held: boolean): void {
    this.#held = held;
    if (!held) for (const read of this.#reads.splice(0)) read();
  }
}

function tracedCounters(trace: Trace, bytes: number[]): DataCounters {
  return {
    ...dataCounters(COUNTER_LAYOUT, new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)), 0),
    notHttp: () => trace.add('not HTTP'),
    notHttpAnswered: () => trace.add('HTTP answered'),
    request: (_listener, verdict) => trace.add(`counted ${nameOf(VERDICT, verdict)}`),
    clientHello: (name) => trace.add(`hello ${nameOf(CLIENT_HELLO, name)}`),
    unenforceable: () => trace.add('counted unenforceable'),
    listHit: (list) => trace.add(`hit of list ${list}`),
    dropped: (reason) => trace.add(`dropped ${nameOf(DROPPED, reason)}`),
    upstreamError: (reason) => trace.add(`upstream error ${nameOf(UPSTREAM_ERROR, reason)}`),
    bytes: (direction, count = 1) => {
      bytes[direction] = (bytes[direction] ?? 0) + count;
    },
  };
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(codes).find((name) => codes[name] === code) ?? String(code);
}
