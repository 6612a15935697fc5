/**
 * Questions to mirrors that are not preferred, beside what the preferred one gives: none of them may hold that up. One that fails, or is slow, is left alone
 * for a while. One that gives no answer is asked nothing more until it does: a folder on a file server that is away holds a thread for each question. It
 * must not verify what they answer.
 */
import { setTimeout as after } from 'node:timers/promises';
import { ListError, toldElsewhere } from '../../../lib/errors.ts';
import { faultOf, orFault } from './fault-of.ts';
import type { Repository } from './repository.ts';

/** Milliseconds for which the others wait. */
const LOOK_MS = 5000;
/** Milliseconds for which one is left alone. */
const AWAY_MS = 600_000;

export class MirrorLooks {
  readonly #steady: () => number;
  readonly #lookMs: number;
  /** By the steady clock. */
  readonly #leftUntil = new Map<Repository, number>();

  /** @param steady milliseconds that nobody can set. */
  constructor(steady: () => number, lookMs = LOOK_MS) {
    this.#steady = steady;
    this.#lookMs = lookMs;
  }

  /** @returns its answer; null where it has none in time, or is left alone. @throws what `question` throws, unless it is a ListError. */
  async ask(mirror: Repository, question: () => Promise<number>): Promise<number | null> {
    if ((this.#leftUntil.get(mirror) ?? 0) > this.#steady()) return null;
    this.#leftUntil.set(mirror, Infinity);
    const answer = this.#answer(mirror, question);
    void toldElsewhere(answer);
    return await Promise.race([answer, after(this.#lookMs, null, { ref: false })]);
  }

  /** What it gives is fetched. @returns why it could not be; null: it was. */
  async follow(mirror: Repository, work: () => Promise<void>): Promise<ListError | null> {
    const begunAt = this.#steady();
    const fault = await faultOf(work());
    if (fault !== null && this.#isSlow(begunAt)) this.#leave(mirror);
    return fault;
  }

  async #answer(mirror: Repository, question: () => Promise<number>): Promise<number | null> {
    const begunAt = this.#steady();
    const answer = await orFault(question());
    if (answer instanceof ListError || this.#isSlow(begunAt)) this.#leave(mirror);
    else this.#leftUntil.delete(mirror);
    return answer instanceof ListError ? null : answer;
  }

  #isSlow(begunAt: number): boolean {
    return this.#steady() - begunAt >= this.#lookMs;
  }

  #leave(mirror: Repository): void {
    this.#leftUntil.set(mirror, this.#steady() + AWAY_MS);
  }
}
