/**
 * The resolvers behind the front, in order of preference, and which of them is asked next.
 *
 *   choose ─▶ the first that is not down ─ silent for a third of the time-out, or ICMP ─▶ down: the next one
 *                                        ◀─ any answer ────────────────────────────────┘ one query a second goes to it as well
 *
 * Probing takes no query of its own and lets no client wait. It must not know what is asked.
 */
import { toldElsewhere } from '../lib/errors.ts';
import type { DatagramEnd, DatagramEvents, Datagrams } from './datagrams/datagrams.ts';
import type { RandomNumbers } from './random-numbers.ts';
import { Upstream, type PortTerms, type UpstreamPort } from './upstream.ts';

const PROBE_MS = 1000;
/** Of one that nobody has asked for so long nothing is known: few clients ask over TCP. */
const KNOWN_MS = 300_000;

export interface UpstreamsParts {
  readonly datagrams: Datagrams;
  readonly random: RandomNumbers;
  readonly events: (port: UpstreamPort) => DatagramEvents;
}

export class Upstreams {
  readonly #parts: UpstreamsParts;
  #all: readonly Upstream[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Of a configuration that is gone: what waits there is waited for. */
  #left: { readonly upstream: Upstream; readonly until: number }[] = [];

  constructor(parts: UpstreamsParts) {
    this.#parts = parts;
  }

  /** Asks these from now on. Rejects if no port is to be had; then those asked before go on. Of two calls the later one is in force. */
  async use(ends: readonly DatagramEnd[], terms: PortTerms, now: number): Promise<void> {
    const turn = this.#turn.then(async () => await this.#use(ends, terms, now));
    this.#turn = toldElsewhere(turn);
    await turn;
  }

  async #use(ends: readonly DatagramEnd[], terms: PortTerms, now: number): Promise<void> {
    const old = this.#all;
    const next = ends.map(
      (end, index) =>
        old.find(({ at, index: place }) => place === index && at.address === end.address && at.port === end.port) ??
        new Upstream(index, end, this.#parts),
    );
    const opened = await Promise.allSettled(
      next.map(async (upstream) => (old.includes(upstream) ? undefined : await upstream.open(terms, now))),
    );
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      for (const upstream of next) if (!old.includes(upstream)) upstream.close();
      throw failed.reason;
    }
    // Nobody would close what was opened meanwhile.
    if (this.#isClosed) for (const upstream of next) upstream.close();
    this.#all = next;
    for (const upstream of old)
      if (!next.includes(upstream)) this.#left.push({ upstream, until: now + 2 * terms.waitMs });
  }

  /** @returns the one to ask first; null if there is none. */
  first(): Upstream | null {
    let open: Upstream | null = null;
    for (const upstream of this.#all) {
      if (!upstream.hasPort) continue;
      if (!upstream.isDown) return upstream;
      open ??= upstream;
    }
    return open ?? this.#all[0] ?? null;
  }

  /**
   * @param tried bit i: that one was asked already
   * @returns the one to ask as well; null if there is none that may do better
   */
  another(tried: number): Upstream | null {
    const left = this.#all.filter(({ index, hasPort }) => hasPort && (tried & (1 << index)) === 0);
    return left.find(({ isDown }) => !isDown) ?? left[0] ?? null;
  }

  /** As `another`, over TCP. */
  anotherStream(tried: number): Upstream | null {
    const left = this.#all.filter(({ index }) => (tried & (1 << index)) === 0);
    return (
      left.find(({ isDown, isStreamDown }) => !isDown && !isStreamDown) ??
      left.find(({ isStreamDown }) => !isStreamDown) ??
      left[0] ??
      null
    );
  }

  /** As `toProbe`, over TCP. */
  streamToProbe(now: number): Upstream | null {
    const probed = this.#all.find(({ isStreamDown, streamProbeAt }) => isStreamDown && now >= streamProbeAt) ?? null;
    if (probed !== null) probed.streamProbeAt = now + PROBE_MS;
    return probed;
  }

  markStreamDown(upstream: Upstream, now: number): void {
    if (!upstream.isStreamDown) upstream.streamProbeAt = now + PROBE_MS;
    upstream.isStreamDown = true;
  }

  /** @returns one that is down and is to be asked again, as well as another one. */
  toProbe(now: number): Upstream | null {
    for (const upstream of this.#all) {
      if (!upstream.isDown || now < upstream.probeAt) continue;
      upstream.probeAt = now + PROBE_MS;
      return upstream;
    }
    return null;
  }

  markDown(upstream: Upstream, now: number): void {
    if (!upstream.isDown) upstream.probeAt = now + PROBE_MS;
    upstream.isDown = true;
  }

  /** How many did not answer when they were asked last, not long ago, or cannot be asked at all. */
  down(now: number): { readonly udp: number; readonly tcp: number } {
    let udp = 0;
    let tcp = 0;
    for (const { hasPort, isDown, probeAt, isStreamDown, streamProbeAt } of this.#all) {
      if (!hasPort || (isDown && now < probeAt + KNOWN_MS)) udp += 1;
      if (isStreamDown && now < streamProbeAt + KNOWN_MS) tcp += 1;
    }
    return { udp, tcp };
  }

  endTurn(): void {
    for (const upstream of this.#all) upstream.endTurn();
  }

  /** @returns as each of them. */
  sweep(terms: PortTerms, now: number): number {
    let drops = 0;
    for (const upstream of this.#all) drops += upstream.sweep(terms, now);
    this.#left = this.#left.filter(({ upstream, until }) => {
      if (now < until) return true;
      upstream.close();
      return false;
    });
    return drops;
  }

  close(): void {
    this.#isClosed = true;
    for (const upstream of this.#all) upstream.close();
    for (const { upstream } of this.#left) upstream.close();
    // Whoever waits over TCP may still need another one.
    this.#left = [];
  }
}
