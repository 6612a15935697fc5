/**
 * Questions to mirrors that are not preferred, beside what the preferred one gives: none of them may hold that up. One that fails, or is slow, is left alone
 * for a while. One that gives no answer is asked nothing more until it does: a folder on a file server that is away holds a thread for each question. It
 * must not verify what they answer.
 */
import { DEADLINES, type Deadlines } from '../../../lib/deadlines.ts';
import { toldElsewhere } from '../../../lib/errors.ts';
import { ListError } from '../../list-error.ts';
import { systemTime, type Time } from '../../../lib/time.ts';
import { faultOf, orFault } from './fault-of.ts';
import type { Repository } from './repository.ts';

export class MirrorLooks {
  readonly #steady: () => number;
  readonly #time: Time;
  readonly #deadlines: Pick<Deadlines['mirrors'], 'lookMs' | 'awayMs'>;
  /** By the steady clock. */
  readonly #leftUntil = new Map<Repository, number>();

  /** @param steady milliseconds that nobody can set. */
  constructor(
    steady: () => number,
    time = systemTime,
    deadlines: Pick<Deadlines['mirrors'], 'lookMs' | 'awayMs'> = DEADLINES.mirrors,
  ) {
    this.#steady = steady;
    this.#time = time;
    this.#deadlines = deadlines;
  }

  /** @returns its answer; null where it has none in time, or is left alone. @throws what `question` throws, unless it is a ListError. */
  async ask(mirror: Repository, question: () => Promise<number>): Promise<number | null> {
    if ((this.#leftUntil.get(mirror) ?? 0) > this.#steady()) return null;
    this.#leftUntil.set(mirror, Infinity);
    const answer = this.#answer(mirror, question);
    void toldElsewhere(answer);
    const late = this.#time.pause(this.#deadlines.lookMs, { ref: false }).then(() => null);
    return await Promise.race([answer, late]);
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
    return this.#steady() - begunAt >= this.#deadlines.lookMs;
  }

  #leave(mirror: Repository): void {
    this.#leftUntil.set(mirror, this.#steady() + this.#deadlines.awayMs);
  }
}
