/**
 * A data-plane thread from the first snapshot to the last connection: its listeners, its one timer, the flips of the
 * lists and the changes of the configuration.
 *
 *   prepare ─▶ (flip) ─▶ refresh     listen ─▶ configure ─▶ lame duck ─▶ drain     tick: deadlines, heartbeat, bypass
 *
 * It must not know where lists or configurations come from: the control thread hands it finished ones.
 */
import { LISTENERS } from '../accept/listener-modes.ts';
import type { Listener } from '../accept/listener.ts';
import type { ListenerView } from '../accept/worker-context.ts';
import type { Config } from '../config/types.ts';
import { datagramsIn } from '../dns-front/datagrams/datagrams-in.ts';
import { nativeSocketsFrom } from '../lib/native-sockets.ts';
import { prefixSet } from '../lib/prefix-table.ts';
import { openSnapshot, type SegmentImage, type Snapshot } from '../match/snapshot.ts';
import { DnsListener } from '../dns-front/dns-listener.ts';
import type { EntryHits } from '../report/entry-ledger.ts';
import { adoptRules, composeWorker, reconfigureWorker, routesOf } from './compose-worker.ts';
import type { MutableWorkerContext } from './compose-worker.ts';
import { CountedSizes } from './counted-sizes.ts';
import { EntryTally } from './entry-tally.ts';
import { carriedMask } from './list-rules.ts';
import { needsNativeSockets } from './native-needs.ts';
import { TraceReader } from './trace-words.ts';
import {
  BYPASS_SLOT,
  TODAY_SLOT,
  GENERATION_SLOT,
  HEARTBEAT_SLOT,
  LIST_OFF_SLOT,
  type DataThreadInput,
  type OpenListener,
  type ListenSpec,
  type ListRules,
} from './messages.ts';

/** Milliseconds between two looks at the deadlines. */
const TICK_MS = 250;

/** Deadlines go by the thread's own time, in milliseconds that never go back, and by its one timer. */
export interface ThreadTime {
  now(): number;
  /** Calls `look` again and again; the returned function ends that. */
  every(milliseconds: number, look: () => void): () => void;
}

const THREAD_TIME: ThreadTime = {
  now: () => performance.now(),
  every: (milliseconds, look) => {
    const timer = setInterval(look, milliseconds);
    return () => clearInterval(timer);
  },
};

/** Whom a thread tells what it has counted. */
export interface DataPlaneEvents {
  /** Once a minute, and at its end. */
  readonly entries: (counted: EntryHits) => void;
}

interface Prepared {
  readonly generation: number;
  readonly snapshot: Snapshot;
  readonly rules: ListRules;
}

export class DataPlane {
  readonly #input: DataThreadInput;
  readonly #control: Int32Array;
  readonly #context: MutableWorkerContext;
  /** The listeners by the key of their spec. */
  readonly #listeners = new Map<string, Listener>();
  readonly #time: ThreadTime;
  readonly #entries: EntryTally;
  readonly #trace: TraceReader | null;
  readonly #stopLooking: () => void;
  #rules: ListRules;
  #prepared: Prepared | null = null;
  #generation = 0;
  readonly #sizes: CountedSizes;
  #onDrained: (() => void) | null = null;
  #drainDeadline = Infinity;

  constructor(input: DataThreadInput, events: DataPlaneEvents, time: ThreadTime = THREAD_TIME) {
    this.#input = input;
    this.#time = time;
    this.#control = new Int32Array(input.control);
    this.#rules = input.rules;
    this.#context = composeWorker(
      input,
      () => this.#refresh(),
      () => this.#generation,
    );
    this.#trace = input.trace === undefined ? null : new TraceReader(input.trace);
    this.#sizes = new CountedSizes(this.#context);
    this.#entries = new EntryTally(this.#context.verdicts, events.entries);
    this.#entries.configure(input.config);
    this.#tick();
    this.#stopLooking = time.every(TICK_MS, () => this.#tick());
  }

  /** The generation that requests are judged by now. */
  get generation(): number {
    this.#refresh();
    return this.#generation;
  }

  /** Opens a generation; it is used from the moment the control thread flips to it. Throws on a damaged snapshot. */
  prepare(generation: number, images: readonly SegmentImage[], rules: ListRules = this.#rules): void {
    this.#prepared = { generation, snapshot: openSnapshot(images), rules };
  }

  /** Opens listeners; returns where they really listen, by key. Throws ListenError; then none of these is left open. */
  async listen(specs: readonly ListenSpec[], held: boolean): Promise<ReadonlyMap<string, OpenListener>> {
    try {
      this.#loadNative(specs, this.#context.config);
      const endpoints = await Promise.all(specs.map(async (spec) => [spec.key, await this.#open(spec, held)] as const));
      return new Map(endpoints);
    } catch (error) {
      for (const { key } of specs) this.#close(key);
      throw error;
    } finally {
      this.#announceOwn();
    }
  }

  /** Works by this configuration and listens there and nowhere else; returns where it does that did not before, by key. Throws ListenError. */
  async configure(config: Config, specs: readonly ListenSpec[]): Promise<ReadonlyMap<string, OpenListener>> {
    const wanted = new Set(specs.map(({ key }) => key));
    this.#refresh();
    this.#loadNative(specs, config);
    reconfigureWorker(this.#context, config, this.#rules);
    this.#entries.configure(config);
    const opened = await this.listen(
      specs.filter(({ key }) => !this.#listeners.has(key)),
      true,
    );
    for (const spec of specs) {
      const listener = this.#listeners.get(spec.key);
      if (listener === undefined) continue;
      listener.view.proxySenders = sendersOf(spec);
      await listener.configure?.(spec.listener);
    }
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) listener.release();
      else this.#close(key);
    }
    this.#announceOwn();
    return opened;
  }

  /** Whoever comes is served, and each answer says that it is the last on its connection. Idle connections wait for their next request. */
  beLameDuck(): void {
    this.#context.state.draining = true;
  }

  /** Stops accepting, lets connections finish; resolves when all are gone, at the latest after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void> {
    for (const listener of this.#listeners.values()) listener.close();
    this.#context.state.draining = true;
    this.#context.state.closed = true;
    this.#drainDeadline = this.#time.now() + deadlineMs;
    for (const connection of this.#context.connections) connection.drain();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#finishDrain();
    });
  }

  /** Only where something needs it. */
  #loadNative(specs: readonly ListenSpec[], { upstream }: Config): void {
    const { native } = this.#context;
    const { nativeLibrary = null } = this.#input;
    const listeners = specs.map(({ listener }) => listener);
    if (native.sockets === null && nativeLibrary !== null && needsNativeSockets(listeners, upstream))
      native.sockets = nativeSocketsFrom(nativeLibrary);
  }

  async #open(spec: ListenSpec, held: boolean): Promise<OpenListener> {
    const { key, listener: config, index, slot, address, port, descriptors } = spec;
    const { mode, name } = config;
    const view = { slot, name, listMask: this.#rules.masks.get(name) ?? 0, proxySenders: sendersOf(spec) };
    const listener =
      mode === 'dns'
        ? new DnsListener(this.#context, config, view, (arena) => datagramsIn(arena, this.#input.nativeLibrary ?? null))
        : LISTENERS[mode](this.#context, config, view);
    this.#listeners.set(key, listener);
    const isInherited = descriptors.length > 0;
    const portKey = mode === 'steered' ? 'ports' : 'port';
    const isTransparent = mode === 'transparent' && !isInherited;
    const at = `listeners[${index}].${isInherited ? 'socket' : portKey}`;
    const endpoint = await listener.listen({ address, port, descriptors, isTransparent, key: at }, held);
    return { ...endpoint, receiveBuffer: listener.receiveBuffer };
  }

  #close(key: string): void {
    this.#listeners.get(key)?.close();
    this.#listeners.delete(key);
  }

  /** No client may reach this proxy, or its admin side, through this proxy. */
  #announceOwn(): void {
    const own = [...this.#listeners.values()].flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]));
    this.#context.routes.setOwn([...own, this.#input.admin], routesOf(this.#context));
  }

  /** It costs one atomic load a request; the flip itself happens once a generation. */
  #refresh(): void {
    const current = Atomics.load(this.#control, GENERATION_SLOT);
    if (current === this.#generation || this.#prepared?.generation !== current) return;
    const { snapshot, rules } = this.#prepared;
    this.#context.verdicts.matcher.use(snapshot);
    if (rules.revision !== this.#rules.revision) this.#adopt(rules);
    this.#entries.adopt(rules.lists);
    this.#generation = current;
    this.#prepared = null;
  }

  #adopt(rules: ListRules): void {
    const views = new Set([...this.#listeners.values()].map(({ view }) => view));
    // Those of listeners that were closed live on in their connections.
    for (const { listener } of this.#context.connections) views.add(listener);
    for (const view of views) view.listMask = rules.masks.get(view.name) ?? this.#carried(view.listMask, rules);
    // Those of policies that are gone are the clients' until the workers are told of the configuration.
    for (const policy of this.#context.clients.policies)
      policy.listMask = rules.policyMasks.get(policy.name) ?? this.#carried(policy.listMask, rules);
    adoptRules(this.#context, rules);
    this.#rules = rules;
    // List indexes mean other lists from this request on.
    this.#lookListsOff();
  }

  #carried(mask: number, { lists }: ListRules): number {
    return carriedMask(mask, this.#rules.lists, lists);
  }

  /** As the bypass, a list comes back even if the control thread is gone. */
  #lookListsOff(): void {
    const second = process.hrtime()[0];
    const { slots } = this.#rules;
    let off = 0;
    for (const [list, slot] of slots.entries())
      if (Atomics.load(this.#control, LIST_OFF_SLOT + slot) > second) off |= 1 << list;
    this.#context.verdicts.off = off;
  }

  #tick(): void {
    const now = this.#time.now();
    const { clock, verdicts, connections, pool, batch, brake } = this.#context;
    // What waits for another turn is written before anybody is found to be late.
    batch.flush();
    // Deadlines are reckoned from the last look or earlier: no one comes before its time, and what came while this thread
    // stood still is read before anybody is late.
    const last = clock.now;
    clock.now = now;
    verdicts.today = Atomics.load(this.#control, TODAY_SLOT);
    // Compared here and not by the control thread, so that a bypass ends even if that one is gone.
    verdicts.bypass = Atomics.load(this.#control, BYPASS_SLOT) > process.hrtime()[0];
    if (this.#trace !== null) this.#context.trace = this.#trace.look(process.hrtime()[0]);
    this.#lookListsOff();
    for (const connection of connections) connection.sweep(last);
    pool.sweep(now);
    brake.sweep(now);
    this.#sizes.count();
    this.#entries.sweep(now);
    this.#finishDrain();
    // Last: a look that never comes to its end is no sign of life.
    Atomics.add(this.#control, HEARTBEAT_SLOT + this.#input.worker, 1);
  }

  #finishDrain(): void {
    if (this.#onDrained === null) return;
    const { connections, pool, lastUploads } = this.#context;
    if (this.#time.now() >= this.#drainDeadline) {
      for (const connection of connections) connection.close();
      lastUploads.reset();
    } else if (connections.size + lastUploads.count > 0) return;
    pool.closeAll();
    this.#entries.tell();
    this.#stopLooking();
    this.#onDrained();
    this.#onDrained = null;
  }
}

function sendersOf({ listener: { proxyProtocol } }: ListenSpec): ListenerView['proxySenders'] {
  return proxyProtocol === null ? null : prefixSet(proxyProtocol.from);
}
