/** Counts each request of a connection once, by its verdict, whatever becomes of it. It must not decide what becomes of the request. */
import { VERDICT, type VerdictCode } from '../../observe/counters.ts';
import type { DataCounters } from '../../observe/data-counters.ts';
import type { ListenerView } from '../worker-context.ts';

export class RequestCount {
  readonly #counters: DataCounters;
  readonly #listener: ListenerView;
  #verdict: VerdictCode = VERDICT.pass;
  #isOpen = false;

  constructor(counters: DataCounters, listener: ListenerView) {
    this.#counters = counters;
    this.#listener = listener;
  }

  /** The verdict stands, unless the request fails before its answer begins. */
  judged(verdict: VerdictCode): void {
    this.#verdict = verdict;
    this.#isOpen = true;
  }

  /** The answer has begun. */
  begun(): void {
    this.count(this.#verdict);
  }

  count(verdict: VerdictCode): void {
    this.#isOpen = false;
    this.#counters.request(this.#listener.slot, verdict);
  }

  /** No answer has begun, and none comes: this verdict counts in its place. */
  failed(verdict: VerdictCode): void {
    if (this.#isOpen) this.count(verdict);
  }

  /** The client went away before its answer: the verdict stood all the same. */
  abandoned(): void {
    if (this.#isOpen) this.begun();
  }
}
