/** Counts each request of a connection once, by its verdict, whatever becomes of it. It must not decide what becomes of the request. */
import { VERDICT, type VerdictCode } from '../../observe/counters.ts';
import type { DataCounters } from '../../observe/data-counters.ts';
import type { ConnectionHost } from '../connection-part.ts';

type Counters = Pick<DataCounters, 'request' | 'ownRequest'>;
type Counted = Pick<ConnectionHost, 'client' | 'listener' | 'isBalancers'>;

export class RequestCount {
  readonly #counters: Counters;
  readonly #host: Counted;
  #verdict: VerdictCode = VERDICT.pass;
  #isOpen = false;

  constructor(counters: Counters, host: Counted) {
    this.#counters = counters;
    this.#host = host;
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
    this.#counters.request(this.#host.listener.slot, verdict);
    // What is refused is no customer's in any case: customers are counted without it, and without these (config/prometheus/rules.yml).
    if (verdict === VERDICT.refuse) return;
    if (this.#host.client.isOwn || this.#host.isBalancers === true) this.#counters.ownRequest();
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
