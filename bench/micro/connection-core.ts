/**
 * What the connection core costs of its own: from the client's bytes to the request on its way, and from the origin's bytes to the
 * response on its way, without sockets.
 *
 *   core     HttpSession ─ parser ─ verdict ─ pool ─ writer ─▶ Exchange ─▶ parser ─ writer ─ pool
 *   parts                  parser ─ verdict ─ pool ─ writer                parser ─ writer ─ pool
 *   of its own = core - parts, round by round
 *
 * Ports, clock and batch do nothing, or next to nothing: what they cost in truth is measured under load. Bytes: a full collection,
 * then as many requests as fit into the young generation, and the growth of the heap; and what is left of 100,000, collected.
 */
import { strict as assert } from 'node:assert';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HttpSession } from '../../src/accept/http/http-session.ts';
import { judgeRequest } from '../../src/accept/http/judge-request.ts';
import type { ConnectionHost } from '../../src/accept/connection-part.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ClientPort } from '../../src/forward/client-port.ts';
import type { UpstreamConnection, UpstreamUser } from '../../src/forward/upstream-connection.ts';
import { WriteBatch } from '../../src/forward/write-batch.ts';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { DIRECTION, VERDICT } from '../../src/observe/counters.ts';
import { HeadWriter } from '../../src/wire/head-writer.ts';
import { upgradeOffer, writeRequest } from '../../src/wire/write-request.ts';
import { writeResponse } from '../../src/wire/write-response.ts';
import { composeWorker, type MutableWorkerContext } from '../../src/workers/compose-worker.ts';
import { COUNTER_LAYOUT, SlotRegister } from '../../src/workers/counter-slots.ts';
import { listRules } from '../../src/workers/list-rules.ts';
import { CONTROL_BYTES } from '../../src/workers/messages.ts';
import { measure, type Bench, type RunOptions } from './harness.ts';
import { figure, type Figure } from './report/figure.ts';

const REQUEST = Buffer.from('GET http://www.example/a/b.html?x=1 HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\n\r\n');
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`,
);
const OWN_NS = 60;
const OPERATIONS = 4096;
const WARM_UP_PASSES = 20;
const MANY = 100_000;
const NAME = 'connection core';

export async function figures({ rounds }: RunOptions): Promise<readonly Figure[]> {
  const core = new Core();
  const bench: Bench = {
    name: NAME,
    cases: [
      { name: 'a request and its response', budget: null, check: () => core.check(), run: (n) => core.repeat(n) },
      {
        name: 'parsers, verdict, pool, counters and writers alone',
        budget: null,
        check: () => {},
        run: (n) => core.repeatParts(n),
      },
    ],
  };
  const times = measure(bench, rounds);
  return [...times, ownTime(times), ...allocated(core, rounds)];
}

function ownTime([core, parts]: readonly Figure[]): Figure {
  const samples = (core?.samples ?? []).map((ns, round) => ns - (parts?.samples[round] ?? 0));
  return figure({ bench: NAME, name: 'of its own', unit: 'ns', target: OWN_NS }, samples);
}

function allocated(core: Core, rounds: number): readonly Figure[] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let pass = 0; pass < WARM_UP_PASSES; pass += 1) {
    core.repeat(OPERATIONS);
    core.repeatParts(OPERATIONS);
  }
  const samples = { core: [] as number[], own: [] as number[], left: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const idle = growth(collect, () => {});
    const all = (growth(collect, () => core.repeat(OPERATIONS)) - idle) / OPERATIONS;
    const parts = (growth(collect, () => core.repeatParts(OPERATIONS)) - idle) / OPERATIONS;
    samples.core.push(all);
    samples.own.push(all - parts);
    const before = growth(collect, collect);
    samples.left.push((growth(collect, () => leaveNothing(core, collect)) - before) / MANY);
  }
  const bytes = (name: string, of: readonly number[], target: number | null): Figure =>
    figure({ bench: NAME, name, unit: 'B', target }, of);
  return [
    bytes('allocated for a request', samples.core, null),
    bytes('allocated for a request, of its own', samples.own, 0.5),
    bytes('left of a request after 100,000, collected', samples.left, 0.5),
  ];
}

function leaveNothing(core: Core, collect: () => void): void {
  core.repeat(MANY);
  collect();
}

function growth(collect: () => void, action: () => void): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  action();
  return process.memoryUsage().heapUsed - before;
}

class Core {
  readonly #context = workerContext();
  readonly #port = new SilentPort();
  readonly #upstream = new SilentUpstream();
  readonly #session: HttpSession;
  readonly #host: ConnectionHost;
  readonly #writer = new HeadWriter(Buffer.alloc(65_536));
  readonly #requestRewrite;
  readonly #responseRewrite;

  constructor() {
    const { via, clients, routes } = this.#context;
    const client = clients.client('192.0.2.1');
    this.#host = {
      client,
      listener: { slot: 0, name: 'explicit', listMask: -1, route: routes.explicit },
      become: () => {},
      holdOthersBack: () => {},
    };
    this.#session = new HttpSession(this.#context, this.#host, this.#port);
    this.#requestRewrite = {
      host: 'www.example',
      via: via[1],
      forwarded: 'append' as const,
      client: '192.0.2.1',
      upgrade: null as string | null,
    };
    this.#responseRewrite = { via: via[1], chunked: false, connection: '' };
    routes.explicit.keep(this.#upstream as unknown as UpstreamConnection, 0);
  }

  /** What goes out is what should, and once. */
  check(): void {
    const before = this.#port.messages;
    this.repeat(3);
    assert.equal(this.#port.messages, before + 3);
    assert.match(
      this.#port.composed,
      /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nContent-Length: 100\r\nVia: .*\r\n\r\nx{100}$/,
    );
    assert.match(
      this.#context.batch.writer.out.toString('latin1', 0, this.#context.batch.writer.pos),
      /^GET \/a\/b\.html\?x=1 HTTP\/1\.1\r\nHost: www\.example\r\nAccept: \*\/\*\r\nVia: .*\r\nX-Forwarded-For: 192\.0\.2\.1\r\n\r\n$/,
    );
  }

  repeat(iterations: number): number {
    for (let i = 0; i < iterations; i += 1) {
      this.#session.clientBytes(REQUEST);
      this.#upstream.user?.onUpstreamData(RESPONSE, RESPONSE.length);
    }
    return this.#port.messages;
  }

  repeatParts(iterations: number): number {
    const { request, target, response, counters, routes, config, turns } = this.#context;
    const writer = this.#writer;
    let sum = 0;
    for (let i = 0; i < iterations; i += 1) {
      if (turns.mustWait(this.#host.client)) continue;
      request.begin(0);
      sum += request.parse(REQUEST, REQUEST.length);
      const decision = judgeRequest(this.#context, this.#host, REQUEST);
      const upstream = decision.kind === 'forward' ? routes.explicit.take(decision.destination) : null;
      this.#requestRewrite.upgrade = upgradeOffer(REQUEST, request, config.upgrade.protocols);
      writer.pos = 0;
      writeRequest(writer, REQUEST, request, target, this.#requestRewrite);
      counters.bytes(DIRECTION.upstream_out, writer.pos);
      counters.requestDuration(0);
      counters.request(0, VERDICT.pass);
      const after = response.parse(RESPONSE, 0, RESPONSE.length);
      counters.upstreamDuration(0);
      writer.pos = 0;
      writeResponse(writer, RESPONSE, response, this.#responseRewrite);
      writer.copy(RESPONSE, after, RESPONSE.length);
      if (upstream !== null) routes.explicit.keep(upstream, 1000);
      sum += writer.pos;
    }
    return sum;
  }
}

function workerContext(): MutableWorkerContext {
  const loaded = parseConfig('{"limits":{"requestsPerConnection":1000000000}}', 'bench.yaml', {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { config } = loaded;
  const slots = new SlotRegister().assign(config);
  if (slots === null) throw new Error('no slots');
  const context = composeWorker(
    {
      config,
      rules: listRules(config, slots, 1),
      worker: 0,
      control: new SharedArrayBuffer(CONTROL_BYTES),
      counters: new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)),
      pseudonym: 'hop-0123456789abcdef',
      admin: { address: '192.0.2.1', port: 9090 },
    },
    () => {},
  );
  context.batch = new SilentBatch(262_144);
  context.clock = { now: 1000, precise: () => 0 };
  context.verdicts.matcher.use(openSnapshot([]));
  return context;
}

/** Composes, and writes nothing. */
class SilentBatch extends WriteBatch {
  override send(): void {
    // Nobody is there to read it.
  }

  override sendLater(): void {
    // As above.
  }
}

class SilentPort implements ClientPort {
  readonly #writer = new HeadWriter(Buffer.alloc(65_536));
  messages = 0;
  unsent = 0;
  deadline = 0;

  get composed(): string {
    return this.#writer.out.toString('latin1', 0, this.#writer.pos);
  }

  get composedLength(): number {
    return this.#writer.pos;
  }

  get capacity(): number {
    return 32_768;
  }

  compose(): HeadWriter {
    this.#writer.pos = 0;
    return this.#writer;
  }

  sendComposedLater(): void {
    this.messages += 1;
  }

  deadlineAt(time: number): void {
    this.deadline = time;
  }

  resumeReads(): void {}
  release(): void {}
  sendComposed(): void {}
  write(): void {}
  writeText(): void {}
  relay(): void {}
  cork(): void {}
  uncork(): void {}
  pauseReads(): void {}
  hold(): void {}
  whenFlushed(): void {}
  whenReleased(): void {}
  end(): void {}
  endAndClose(): void {}
  close(): void {}
  reset(): void {}
}

/** As much of a connection to an origin as an exchange over it sees. */
class SilentUpstream {
  readonly key = 'www.example:80';
  user: UpstreamUser | null = null;
  reused = false;
  isBound = false;
  carriedBody = false;
  older = null;
  newer = null;
  above = null;
  below = null;
  idleSince = 0;
  origin = null;
  onClosed = null;
  onIdleGone = null;
  waitsIn = null;
  ownsBuffer = false;
  usable = true;
  unsent = 0;
  bytesWritten = 0;
  isCongested = false;

  detachBuffer(): void {}
  destroy(): void {}
}
