/**
 * The route feed: names that lists steer ─▶ addresses ─▶ an include file for BIRD ─▶ the router is told.
 *
 *   lists ─update─▶ SteeredNames ─▶ NameSchedule ─▶ askAddresses ─▶┐
 *   `counters`, each ten seconds ──────────────────────────────────┼▶ planStep ─▶ RouteWriter: state, file, notify
 *   `ctl steer` ───────────────────────────────────────────────────┘
 *
 * A removal is written before `update` resolves; what is new waits a second for more. Nothing that fails here takes a route out or brings one: the
 * routes in force stay, and it is tried again. When it is closed they stay too (docs/steering.md).
 *
 * It must not decide which address is steered: route-plan.ts does.
 */
import type { RoutesConfig } from '../../config/resolver-types.ts';
import { NameServer } from '../../stub-resolver/name-server.ts';
import { serverAddress } from '../../stub-resolver/server-address.ts';
import { DEADLINES, type Deadlines } from '../../lib/deadlines.ts';
import { formatAddress, parseIpAddress } from '../../lib/prefix.ts';
import { systemTime, type Time, type Timer } from '../../lib/time.ts';
import type { Prefix } from '../../lib/types.ts';
import type { ListNames } from '../../list/names/list-names.ts';
import type { SteerReport } from '../../observe/control-protocol.ts';
import type { RouteStatus } from '../../observe/control-view.ts';
import type { Log } from '../../observe/log.ts';
import type { CanonicalHost } from '../../url/host.ts';
import type { Outlet } from '../outlet.ts';
import { askAddresses, type Located } from './ask-addresses.ts';
import { readCounters } from './counter-lines.ts';
import { hostKey } from './host-keys.ts';
import { hostPrefixes } from './host-prefixes.ts';
import { loadRanges } from './load-ranges.ts';
import { NameSchedule } from './name-schedule.ts';
import { neverSteered } from './never-steered.ts';
import type { PlanEffect, PlanEvent } from './plan-events.ts';
import type { HostKey } from './plan-state.ts';
import { planStep } from './route-plan.ts';
import { RouteFigures } from './route-figures.ts';
import { RouteWriter, type RunProgram } from './route-writer.ts';
import { SteeredNames } from './steered-names.ts';

export interface RouteFeedOptions {
  readonly config: RoutesConfig;
  /** Special addresses that the filter may connect to, and prefixes of translators (`upstream`). */
  readonly allow: readonly Prefix[];
  readonly nat64: readonly Prefix[];
  /** Addresses of this machine, its name servers, and where it steers by DNS: asked with each update. */
  readonly own: () => readonly Prefix[];
  readonly statePath: string;
  readonly log: Log;
  readonly run: RunProgram;
  /** Between two pieces of long work. */
  readonly rest: () => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** UTC days since 1970-01-01. */
  readonly today: () => number;
  readonly time?: Time;
  readonly deadlines?: Deadlines['routes'];
}

/** Names that are asked for at once, each at all resolvers: with the ticks at most 64 in a second. */
const PARALLEL = 16;
/** Lines of counters for one route: two directions, and addresses that were steered before. */
const COUNTED_PER_ROUTE = 4;
const COUNTER_LINE_BYTES = 64;

/** There was no socket to ask with, say. */
const NOTHING_KNOWN: Located = { addresses: [], ttlMs: 0, isComplete: false };

export class RouteFeed implements Outlet {
  readonly name = 'routes';
  readonly takesPart = true;
  readonly lists: readonly string[];
  readonly exceptions: readonly string[];
  readonly #options: RouteFeedOptions;
  readonly #time: Time;
  readonly #deadlines: Deadlines['routes'];
  readonly #steered: SteeredNames;
  readonly #schedule = new NameSchedule<CanonicalHost>();
  readonly #writer: RouteWriter;
  readonly #figures: RouteFigures;
  readonly #servers: readonly NameServer[];
  readonly #hosts = new Map<HostKey, CanonicalHost>();
  /** Null: it is not known yet what must not be steered, and nothing is. */
  #never: ((address: string) => boolean) | null = null;
  /** As they were read last; null: not yet. */
  #ranges: readonly Prefix[] | null = null;
  /** Names that lists steer are left out. */
  #hasTooMany = false;
  #asking = 0;
  #isCounting = false;
  #isClosed = false;
  #ticking: Timer | null = null;
  #counting: Timer | null = null;
  #reading: Timer | null = null;
  #looking: Timer | null = null;

  constructor(options: RouteFeedOptions) {
    const { config, rest } = options;
    const { lists, allow, maxRoutes: max } = config;
    this.#options = options;
    this.#time = options.time ?? systemTime;
    this.#deadlines = options.deadlines ?? DEADLINES.routes;
    this.lists = [...lists, ...allow];
    this.exceptions = allow;
    this.#steered = new SteeredNames({ lists, allow, max, rest });
    this.#servers = config.resolvers.map((text) => new NameServer(serverAddress(text)));
    this.#figures = new RouteFigures();
    this.#writer = new RouteWriter({ ...options, figures: this.#figures });
  }

  async update(present: readonly ListNames[], isAwaited = true): Promise<void> {
    const { log, config, today } = this.#options;
    await this.#reconsider();
    const { names, tooMany, isWhole } = await this.#steered.of(present, today());
    // Of a list that may still come what was announced stays; of one that does not, nobody can say which of it was removed meanwhile.
    const isComplete = isWhole || !isAwaited;
    if (this.#isClosed) return;
    this.#hasTooMany = tooMany > 0;
    if (tooMany > 0) {
      this.#figures.failed('full');
      log.event('error', 'routes.too_many_names', { names: names.size + tooMany, maxRoutes: config.maxRoutes });
    }
    if (!isWhole) log.event('warn', 'routes.names_missing', { routes: this.#plan.routes.size });
    this.#takeNames([...names], isComplete);
    this.#schedule.set(names, this.#options.now());
    this.#start();
    await this.#writer.written();
  }

  /** No name is asked for that was not: what is steered stays steered where it is, as long as a list names it. */
  async takeOut(present: readonly ListNames[]): Promise<void> {
    const { log, today } = this.#options;
    await this.#reconsider();
    const { names, tooMany } = await this.#steered.of(present, today());
    if (this.#isClosed) return;
    const steered = [...names].filter((name) => this.#plan.byHost.has(hostKey(this.#writer.key, name)));
    log.event('warn', 'routes.names_missing', { routes: this.#plan.routes.size });
    // Of more names than are taken nobody can say which one is removed.
    this.#takeNames(steered, tooMany === 0);
    this.#watch();
    await this.#writer.written();
  }

  #takeNames(names: readonly CanonicalHost[], isComplete: boolean): void {
    this.#hosts.clear();
    for (const name of names) this.#hosts.set(hostKey(this.#writer.key, name), name);
    this.#step({ on: 'names', inForce: new Set(this.#hosts.keys()), isComplete });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of [this.#ticking, this.#counting, this.#reading, this.#looking]) timer?.cancel();
    await this.#writer.close();
  }

  get isUntold(): boolean {
    return this.#writer.isUntold;
  }

  status(): RouteStatus {
    return this.#figures.status(this.#plan);
  }

  held(): SteerReport {
    return this.#figures.report(this.#plan, this.#hosts);
  }

  /** @returns what is wrong with the request; null: it was carried out, and is on the disk. */
  async decide(decision: 'release' | 'deny', text: string): Promise<string | null> {
    const bytes = parseIpAddress(text);
    if (bytes === null) return `'${text}' is not an address (like 192.0.2.1 or 2001:db8::1)`;
    if (!this.#writer.isOpen) return 'the route feed has not begun: its lists are not there yet';
    if (this.#isBlind)
      return `what was denied before cannot be read: remove ${this.#options.statePath} and the file .denied beside it, then deny again what must not be steered`;
    const address = formatAddress(bytes);
    const effects = this.#step({ on: decision, address, at: this.#options.now() });
    if (effects.some((effect) => effect.do === 'ignore')) return `${address} is neither held nor denied`;
    if (effects.some((effect) => effect.do === 'skip'))
      return 'there are as many addresses as resolver.routes.maxRoutes allows';
    await this.#writer.written();
    return null;
  }

  /** @returns what of a decision is still to be done, which is tried again; null: nothing. */
  unfinished(): string | null {
    if (this.#writer.isUntold)
      return 'it is decided, but the router is not told yet: the log says why (routes.write_failed, routes.notify_failed), and it is tried again every ten seconds';
    return this.#writer.isUnsaved
      ? `it is decided, and the router is told, but ${this.#options.statePath} cannot be written: a restart would forget it. It is tried again every ten seconds`
      : null;
  }

  /** Nobody knows what was denied: nothing is announced. */
  get #isBlind(): boolean {
    return !this.#writer.isTrusted;
  }

  get #plan() {
    return this.#writer.plan;
  }

  #step(event: PlanEvent, never = this.#isBlind ? everything : (this.#never ?? everything)): readonly PlanEffect[] {
    const { config } = this.#options;
    const bytesPerSecond = config.rate?.bytesPerSecond ?? null;
    const effects = planStep(this.#plan, event, { ...config, never, bytesPerSecond });
    for (const effect of effects) this.#tell(effect);
    this.#writer.changed(effects);
    return effects;
  }

  #tell(effect: PlanEffect): void {
    const { log } = this.#options;
    this.#figures.count(effect);
    // Without its address: what is steered tells what is listed.
    if (effect.do === 'withdraw' && effect.reason === 'rate') log.event('warn', 'routes.over_rate', {});
    if (effect.do === 'skip') log.event('error', 'routes.full', { maxRoutes: this.#options.config.maxRoutes });
  }

  /** Routes of before stay where it cannot be said what must not be steered, but for what is protected without a file. */
  async #reconsider(): Promise<void> {
    // It goes on, and the alert is for what does: lists may not change for days.
    if (this.#hasTooMany) this.#figures.failed('full');
    if (await this.#writer.open()) this.#takeNames([...this.#hosts.values()], false);
    const { config, allow, nat64, own, log } = this.#options;
    const ranges = await loadRanges(config.neverFiles);
    if (ranges.ok) {
      this.#ranges = ranges.value;
    } else {
      this.#figures.failed('ranges');
      log.event('error', 'routes.ranges_unreadable', { reason: ranges.reason, kept: this.#ranges !== null });
    }
    const known = [...config.never, ...own(), ...hostPrefixes(this.#servers.map(({ at }) => at.address))];
    const never = neverSteered({ allow, nat64, ranges: [...(this.#ranges ?? []), ...known] });
    if (this.#ranges !== null) this.#never = never;
    this.#step({ on: 'settings' }, never);
  }

  #start(): void {
    this.#ticking ??= this.#time.every(this.#deadlines.tickMs, () => this.#askDue()).unref();
    this.#watch();
    this.#askDue();
  }

  /** What takes routes out, and keeps those in the file that are told. */
  #watch(): void {
    const { lookMs, countersMs, rangesMs } = this.#deadlines;
    this.#looking ??= this.#time.every(lookMs, () => void this.#writer.look()).unref();
    const { rate } = this.#options.config;
    if (rate !== null) this.#counting ??= this.#time.every(countersMs, () => void this.#count(rate.counters)).unref();
    this.#reading ??= this.#time.every(rangesMs, () => void this.#reconsider()).unref();
  }

  #askDue(): void {
    if (this.#never === null || this.#isBlind) return;
    for (const name of this.#schedule.take(this.#options.now(), PARALLEL - this.#asking)) void this.#ask(name);
  }

  async #ask(host: CanonicalHost): Promise<void> {
    const { now, config } = this.#options;
    this.#asking += 1;
    const located = await askAddresses(this.#servers, host, this.#deadlines.answerMs).catch(() => NOTHING_KNOWN);
    const { addresses, ttlMs, isComplete } = located;
    this.#asking -= 1;
    if (this.#isClosed) return;
    if (!isComplete) this.#figures.failed('dns');
    this.#schedule.answered(host, ttlMs, { now: now(), intervalMs: config.intervalMs });
    this.#step({ on: 'resolved', host: hostKey(this.#writer.key, host), addresses, isComplete, at: now() });
  }

  async #count(counters: readonly string[]): Promise<void> {
    if (this.#isCounting) return;
    this.#isCounting = true;
    const { run, now, config, log } = this.#options;
    const most = config.maxRoutes * COUNTED_PER_ROUTE;
    const timeoutMs = this.#deadlines.countersMs / 2;
    const { fault, output } = await run(counters, { timeoutMs, maxOutput: most * COUNTER_LINE_BYTES });
    this.#isCounting = false;
    if (this.#isClosed) return;
    const { bytes, malformed } = readCounters(output, most);
    const reason = fault ?? (malformed > 0 ? `${malformed} lines are not ADDRESS BYTES` : null);
    if (reason !== null) {
      this.#figures.failed('counters');
      log.event('error', 'routes.not_counted', { reason });
    }
    if (fault === null) this.#step({ on: 'counted', bytes, at: now() });
  }
}

function everything(): boolean {
  return true;
}
