/**
 * A process that measures the connection core once and tells it as JSON (connection-core.ts): what the compiler makes of the
 * code differs from process to process by a third of what is to be measured, and stays as it is within one.
 *
 * The difference is a small part of both sides. So it is taken many times, within pairs of short samples; each side is
 * first in half of them, and the median counts: what else the machine does falls on a few pairs. Garbage is collected before
 * each sample, which fits into the young generation.
 *
 * Ports, clock and batch do nothing, or next to nothing: what they cost in truth is measured under load.
 */
import { strict as assert } from 'node:assert';
import { spread } from '../../load/statistics.ts';
import { HttpSession } from '../../../src/accept/http/http-session.ts';
import { judgeRequest } from '../../../src/accept/http/judge-request.ts';
import type { ConnectionHost } from '../../../src/accept/connection-part.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { ClientPort } from '../../../src/forward/client-port.ts';
import type { UpstreamConnection, UpstreamUser } from '../../../src/forward/upstream-connection.ts';
import { WriteBatch } from '../../../src/forward/write-batch.ts';
import { openSnapshot } from '../../../src/match/snapshot.ts';
import { DIRECTION, VERDICT } from '../../../src/observe/counters.ts';
import { HeadWriter } from '../../../src/wire/head-writer.ts';
import { upgradeOffer, writeRequest } from '../../../src/wire/write-request.ts';
import { writeResponse } from '../../../src/wire/write-response.ts';
import { composeWorker, type MutableWorkerContext } from '../../../src/workers/compose-worker.ts';
import { COUNTER_LAYOUT, SlotRegister } from '../../../src/workers/counter-slots.ts';
import { listRules } from '../../../src/workers/list-rules.ts';
import { CONTROL_BYTES } from '../../../src/workers/messages.ts';
import { cpuNs } from '../harness.ts';

const REQUEST = Buffer.from('GET http://www.example/a/b.html?x=1 HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\n\r\n');
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n${'x'.repeat(100)}`,
);
/** Requests of a sample. */
const SAMPLE = 512;
/** A second or two, most of it before anything counts. */
const WARM_UP_PAIRS = 1500;
const PAIRS = 501;
const OPERATIONS = 4096;
const MANY = 100_000;

export interface CoreSample {
  /** Processor time in ns a request: the core, its parts alone, and the median of the differences. */
  readonly core: number;
  readonly parts: number;
  readonly own: number;
  /** Bytes a request: a full collection, then as many requests as fit into the young generation, and the growth of the heap. */
  readonly allocated: number;
  readonly allocatedOwn: number;
  /** What is left of 100,000, collected. */
  readonly left: number;
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
      clientPort: 1024,
      listener: {
        slot: 0,
        name: 'explicit',
        listMask: -1,
        route: routes.explicit,
        isForAll: false,
        proxySenders: null,
      },
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
    // Back where everybody takes it from, as the connection of nearly every request.
    assert.equal(this.#context.pool.size, 1);
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
class SilentUpstream implements Partial<UpstreamConnection> {
  readonly key = 'www.example:80';
  user: UpstreamUser | null = null;
  reused = false;
  isBound = false;
  carriedBody = false;
  namesClient = false;
  isShareable = true;
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
  isReusable = true;
  unsent = 0;
  bytesWritten = 0;
  isCongested = false;

  detachBuffer(): void {}
  destroy(): void {}
}

const collect = globalThis.gc!;
const core = new Core();
core.check();
for (let number = 0; number < WARM_UP_PAIRS; number += 1) pair(number);
console.log(JSON.stringify(measured()));

function measured(): CoreSample {
  const pairs = Array.from({ length: PAIRS }, (_, number) => pair(number));
  return {
    core: median(pairs.map(({ all }) => all)),
    parts: median(pairs.map(({ parts }) => parts)),
    own: median(pairs.map(({ all, parts }) => all - parts)),
    ...allocated(),
  };
}

/** Nanoseconds a request of both; an even `number`: the core is first. */
function pair(number: number): { readonly all: number; readonly parts: number } {
  if (number % 2 === 0) return { all: ns((n) => core.repeat(n)), parts: ns((n) => core.repeatParts(n)) };
  const parts = ns((n) => core.repeatParts(n));
  return { all: ns((n) => core.repeat(n)), parts };
}

function ns(run: (iterations: number) => number): number {
  collect({ type: 'minor' });
  return cpuNs(() => run(SAMPLE)) / SAMPLE;
}

function median(values: readonly number[]): number {
  return spread(values)!.median;
}

function allocated(): Pick<CoreSample, 'allocated' | 'allocatedOwn' | 'left'> {
  const idle = growth(() => {});
  const all = (growth(() => core.repeat(OPERATIONS)) - idle) / OPERATIONS;
  const parts = (growth(() => core.repeatParts(OPERATIONS)) - idle) / OPERATIONS;
  const before = growth(() => collect());
  return { allocated: all, allocatedOwn: all - parts, left: (growth(leaveNothing) - before) / MANY };
}

function leaveNothing(): void {
  core.repeat(MANY);
  collect();
}

function growth(action: () => void): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  action();
  return process.memoryUsage().heapUsed - before;
}
