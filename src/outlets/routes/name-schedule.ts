/**
 * When each name is asked for: new ones one after the other, not all at once, and each again when its answer has run out, at the earliest after
 * the interval. All names are looked through each time: no queue is kept in order.
 *
 * Pure: times come from outside. It must not ask.
 */

/** Milliseconds between two names that are new together: fifty in a second. */
const SPACING_MS = 20;
/** So many times the interval an answer is believed at most: a listed site says itself how long it stays where it is. */
const MAX_INTERVALS = 12;
/** The part of the wait by which names that were asked together part company. */
const SPREAD = 0.1;

export class NameSchedule<Name extends string> {
  readonly #dueAt = new Map<Name, number>();
  readonly #asked = new Set<Name>();
  readonly #random: () => number;
  #lastTaken = -Infinity;

  /** @param random in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  /** These names and no others are asked for from now on. */
  set(names: ReadonlySet<Name>, now: number): void {
    for (const name of this.#dueAt.keys()) if (!names.has(name)) this.#dueAt.delete(name);
    let at = now;
    for (const name of names) {
      if (this.#dueAt.has(name)) continue;
      this.#dueAt.set(name, at);
      at += SPACING_MS;
    }
  }

  /** Names whose time has come, at most so many; each is out of the schedule until `answered`. */
  take(now: number, most: number): readonly Name[] {
    // A clock that was set back: what is due stays as far away as it was.
    if (now < this.#lastTaken)
      for (const [name, at] of this.#dueAt) this.#dueAt.set(name, at - (this.#lastTaken - now));
    this.#lastTaken = now;
    const due: Name[] = [];
    for (const [name, at] of this.#dueAt) {
      if (due.length >= most) break;
      if (at <= now && !this.#asked.has(name)) due.push(name);
    }
    for (const name of due) this.#asked.add(name);
    return due;
  }

  /** @param ttlMs of the answer; 0 where there was none. */
  answered(
    name: Name,
    ttlMs: number,
    { now, intervalMs }: { readonly now: number; readonly intervalMs: number },
  ): void {
    this.#asked.delete(name);
    if (!this.#dueAt.has(name)) return;
    const wait = Math.min(Math.max(ttlMs, intervalMs), intervalMs * MAX_INTERVALS);
    // At the end, so that those that waited longest come first.
    this.#dueAt.delete(name);
    this.#dueAt.set(name, now + wait * (1 + SPREAD * this.#random()));
  }
}
