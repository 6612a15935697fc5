/**
 * One listener under watch: round after round of probes, counted, and what follows for its health. It must not decide anything.
 *
 *   every interval ─▶ one connection, or many at once ─▶ health.ts ─▶ whoever wants to know
 */
import { valuesFor } from '../lib/map-values.ts';
import type { Time } from '../lib/time.ts';
import { afterRound, connectionsOf, UNKNOWN, type Health, type Round } from './health.ts';
import { PROBE_RESULTS, type Probed, type ProbeResult } from './probe.ts';
import type { HealthTerms } from './settings.ts';

export interface WatchParts {
  readonly listener: string;
  readonly terms: HealthTerms;
  readonly intervalMs: number;
  /** One probe brings one result, or one for each way that clients take. */
  readonly probe: () => Promise<readonly Probed[]>;
  readonly time: Time;
  /** It is called after each round. */
  readonly told: () => void;
}

const NO_FAILURE: ReadonlySet<ProbeResult> = new Set(['ok', 'late', 'denied']);
/** Rounds in a row in which this process was late with everything, until that counts as no answer: a dead filter may be why. */
const MAX_LATE = 3;

export class ListenerWatch {
  readonly listener: string;
  readonly #parts: WatchParts;
  readonly #counts: Record<ProbeResult, number>;
  #health = UNKNOWN;
  #lastFailure: Probed | null = null;
  #isDenied = false;
  #lateInRow = 0;
  #isEnded = false;
  #endPause: (() => void) | null = null;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.listener = parts.listener;
    this.#counts = valuesFor(PROBE_RESULTS, () => 0);
  }

  get health(): Health {
    return this.#health;
  }

  /** Probes since the start. */
  get counts(): Readonly<Record<ProbeResult, number>> {
    return this.#counts;
  }

  /** In words; null: nothing has failed yet. */
  get lastFailure(): string | null {
    if (this.#lastFailure === null) return null;
    const { result, status } = this.#lastFailure;
    return status === null ? result : `${result}, status ${status}`;
  }

  /** Whether the filter itself refused the page when it answered last. */
  get isDenied(): boolean {
    return this.#isDenied;
  }

  /** It resolves when `end` was called and the last round is over. */
  async run(): Promise<void> {
    const { time, intervalMs, terms, told } = this.#parts;
    while (!this.#isEnded) {
      const begun = time.now();
      const round = await this.#round();
      this.#health = afterRound(this.#health, round, terms, time.now());
      told();
      await this.#rest(begun + intervalMs - time.now());
    }
  }

  end(): void {
    this.#isEnded = true;
    this.#endPause?.();
  }

  async #round(): Promise<Round> {
    const { terms, probe } = this.#parts;
    const probes = Array.from({ length: connectionsOf(this.#health, terms) }, async () => await probe());
    const all = (await Promise.all(probes)).flat();
    for (const { result } of all) this.#counts[result] += 1;
    const failed = all.filter(({ result }) => !NO_FAILURE.has(result));
    this.#lastFailure = failed[0] ?? this.#lastFailure;
    this.#isDenied = all.some(({ result }) => result === 'denied') || (this.#isDenied && failed.length === all.length);
    const late = all.filter(({ result }) => result === 'late').length;
    this.#lateInRow = late === all.length ? this.#lateInRow + 1 : 0;
    const counted = this.#lateInRow >= MAX_LATE ? late : 0;
    return { ok: all.length - failed.length - late, failed: failed.length + counted };
  }

  async #rest(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.#isEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#parts.time.after(milliseconds, resolve);
    this.#endPause = resolve;
    await promise;
    timer.cancel();
    this.#endPause = null;
  }
}
