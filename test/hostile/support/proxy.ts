/**
 * The data plane in this process, with a configuration of the test's own: what the files say, defaults for the rest.
 * Everything of explicit mode is real but the thread: sockets, parsers, judge, upstream pool, deadlines.
 */
import { parseConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/types.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import { SegmentBuilder } from '../../../src/match/snapshot.ts';
import type { SegmentImage } from '../../../src/match/snapshot.ts';
import { CounterTotals } from '../../../src/observe/counter-totals.ts';
import { CLIENT_HELLO, DIRECTION, DROPPED, UPSTREAM_ERROR, VERDICT } from '../../../src/observe/counters.ts';
import { COUNTER_LAYOUT, SlotRegister } from '../../../src/workers/counter-slots.ts';
import { DataPlane } from '../../../src/workers/data-plane.ts';
import type { ThreadTime } from '../../../src/workers/data-plane.ts';
import { InheritedSockets } from '../../../src/workers/inherited-sockets.ts';
import { listRules } from '../../../src/workers/list-rules.ts';
import { listenSpecs } from '../../../src/workers/listen-specs.ts';
import { CONTROL_BYTES, GENERATION_SLOT } from '../../../src/workers/messages.ts';

export const PSEUDONYM = 'hop-0123456789abcdef';

/** Keys of the configuration file that the test cares for. */
export interface ProxySettings {
  readonly listeners?: readonly Record<string, unknown>[];
  readonly upstream?: Record<string, unknown>;
  readonly clients?: Record<string, unknown>;
  readonly connect?: Record<string, unknown>;
  readonly tls?: Record<string, unknown>;
  readonly brake?: Record<string, unknown>;
  readonly upgrade?: Record<string, unknown>;
  readonly forwarded?: Record<string, unknown>;
  readonly limits?: Record<string, unknown>;
  readonly timeouts?: Record<string, unknown>;
  readonly hostCache?: Record<string, unknown>;
  /** Lines of the one list, `own`, action `block`. */
  readonly list?: string;
  /** Where the admin server is said to listen. */
  readonly admin?: { readonly address: string; readonly port: number };
  /** What deadlines go by; the real time unless told. */
  readonly time?: ThreadTime;
}

export interface TestProxy {
  readonly port: number;
  verdicts(name: keyof typeof VERDICT): number;
  clientHellos(name: keyof typeof CLIENT_HELLO): number;
  unenforceable(): number;
  dropped(reason: keyof typeof DROPPED): number;
  upstreamErrors(reason: keyof typeof UPSTREAM_ERROR): number;
  bytes(direction: keyof typeof DIRECTION): number;
  /** Open client connections, as the metric tells. */
  connections(): number;
  /** Whoever is there is given so many milliseconds. */
  close(drainMs?: number): Promise<void>;
}

const ALLOWED = ['127.0.0.0/8', '::1/128'];

export function testConfig(settings: ProxySettings = {}): Config {
  const file = {
    listeners: settings.listeners ?? [{ name: 'explicit', port: 0 }],
    upstream: { allow: ALLOWED, ...settings.upstream },
    connect: { ports: ['1-65535'], ...settings.connect },
    tls: settings.tls ?? {},
    brake: settings.brake ?? {},
    clients: settings.clients ?? {},
    upgrade: settings.upgrade ?? {},
    forwarded: settings.forwarded ?? {},
    limits: settings.limits ?? {},
    timeouts: settings.timeouts ?? {},
    hostCache: settings.hostCache ?? {},
    lists: settings.list === undefined ? [] : [{ name: 'own', source: './own.txt' }],
    workers: 1,
  };
  return parsed(JSON.stringify(file));
}

/** A property asks for the same one a thousand times. */
const known = new Map<string, Config>();

function parsed(text: string): Config {
  const found = known.get(text);
  if (found !== undefined) return found;
  const loaded = parseConfig(text, 'test.yaml', {});
  if (!loaded.ok) throw new Error(loaded.faults.map((fault) => JSON.stringify(fault)).join('\n'));
  known.set(text, loaded.config);
  return loaded.config;
}

export async function startProxy(settings: ProxySettings = {}): Promise<TestProxy> {
  const config = testConfig(settings);
  const layout = COUNTER_LAYOUT;
  const counters = new SharedArrayBuffer(layout.bytes(1));
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const admin = settings.admin ?? { address: '192.0.2.1', port: 9090 };
  const slots = new SlotRegister().assign(config)!;
  const plane = new DataPlane(
    { config, rules: listRules(config, slots, 1), worker: 0, control, counters, pseudonym: PSEUDONYM, admin },
    { entries: () => {} },
    settings.time,
  );
  plane.prepare(1, [segmentOf(settings.list ?? '')]);
  Atomics.store(new Int32Array(control), GENERATION_SLOT, 1);
  const endpoints = await plane.listen(listenSpecs(config, slots, InheritedSockets.NONE, 0), false);
  const [{ port } = { port: 0 }] = endpoints.values();
  const totals = new CounterTotals(layout, counters, 1);
  return {
    port,
    verdicts: (name) => totals.total('request', VERDICT[name]),
    clientHellos: (name) => totals.total('clientHello', CLIENT_HELLO[name]),
    unenforceable: () => totals.total('unenforceable'),
    dropped: (reason) => totals.total('dropped', DROPPED[reason]),
    upstreamErrors: (reason) => totals.total('upstreamError', UPSTREAM_ERROR[reason]),
    bytes: (direction) => totals.total('bytes', DIRECTION[direction]),
    connections: () => totals.total('connection'),
    close: (drainMs = 0) => plane.drain(drainMs),
  };
}

export function segmentOf(list: string): SegmentImage {
  const builder = new SegmentBuilder(randomSegmentKeys());
  for (const entry of listEntries(Buffer.from(`${list}\n`), { list: 0, action: 'block', today: 1 })) builder.add(entry);
  return builder.build();
}
