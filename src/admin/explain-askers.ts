/**
 * Who asks `/explain`, and how often: whoever reaches the admin address may ask, an ordinary user of this machine too. He is told of an address that he
 * names whether it is listed; the brake keeps him from finding many. All together have one budget, and nobody uses up what others may ask: what is beyond it waits
 * for its turn.
 *
 *   address ─▶ held by the brake? ─▶ budget ─▶ answer ─▶ many different entries in it: held for a while, as the proxy's clients are
 *                 slowed               └─ used up: a queue for each prefix, in turns, first come first served in it ─▶ too long: too_often
 *
 * Several people may have one address (users of this machine, of one network behind a translator): each of them waits for no more than one answer to each
 * question of that address that may wait. Nothing of a question is kept but what the brake keeps: keyed hashes, until its window ends.
 */
import { hash } from 'node:crypto';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { parseIpAddress, prefixKey } from '../lib/prefix.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { Explanation } from '../observe/explanation.ts';
import type { ExplainResult } from '../observe/control-view.ts';

/** The brake on enumeration (`brake` in the configuration), with clients of its own. */
interface AskersBrake {
  hit(asker: BrakedAsker, hit: { readonly list: number; readonly entry: bigint }, now: number): void;
  holds(asker: BrakedAsker): boolean;
  sweep(now: number): void;
}

interface BrakedAsker {
  readonly prefix: string;
  /** This machine's own too: the brake is about its users here. */
  readonly isOneClient: true;
}

export interface ExplainAskersParts {
  readonly brake: AskersBrake;
  /** `limits.clientPrefix`: what is one asker. */
  readonly clientPrefix: () => { readonly ipv4: number; readonly ipv6: number };
  readonly time?: Time;
  readonly deadlines?: Pick<Deadlines['admin'], 'turnMs'>;
}

/** Why a question is not answered; null: it is. */
type Refusal = Exclude<ExplainResult, 'answered'> | null;

/** Questions that may come at once, and how many come back a second. What each takes of the instance: bench/explain. */
const BUDGET = { burst: 100, perSecond: 20 };
/** Half of the connections, in all and of one asker (admin-connections.ts): the others are left for all else. */
const MAX_WAITING = 32;
const MAX_OF_ONE = 16;

export class ExplainAskers {
  readonly counts: Record<ExplainResult, number> = { answered: 0, too_often: 0, slowed: 0 };
  readonly #parts: ExplainAskersParts & Required<Pick<ExplainAskersParts, 'time' | 'deadlines'>>;
  readonly #budget: Budget;
  readonly #waiting = new WaitingAskers();
  #timer: Timer | null = null;

  constructor(parts: ExplainAskersParts) {
    this.#parts = { time: systemTime, deadlines: DEADLINES.admin, ...parts };
    this.#budget = new Budget(BUDGET, this.#parts.time.now());
  }

  /**
   * Resolves when it is the question's turn.
   * @param address of the connection. @param gone when nobody waits for the answer any more. @returns why it is not answered, which is counted; null: it is.
   */
  async refuses(address: string, gone?: AbortSignal): Promise<Refusal> {
    const asker = this.#asker(address);
    const why = this.#held(asker) ? 'slowed' : await this.#turn(asker.prefix, gone);
    // Meanwhile another question of the same asker may have found something.
    const refusal = why === null && this.#held(asker) ? 'slowed' : why;
    if (refusal !== null) this.counts[refusal] += 1;
    return refusal;
  }

  /** What is told now: each entry in it counts. */
  told(address: string, { entry, lookUps }: Explanation): void {
    const { brake, time } = this.#parts;
    this.counts.answered += 1;
    const asker = this.#asker(address);
    const entries = new Set([...(entry === null ? [] : [entry]), ...lookUps.flatMap((lookUp) => lookUp.entries)]);
    for (const each of entries) brake.hit(asker, { list: 0, entry: digestOf(each) }, time.now());
  }

  #asker(address: string): BrakedAsker {
    const { ipv4, ipv6 } = this.#parts.clientPrefix();
    const bytes = parseIpAddress(address) ?? new Uint8Array(4);
    return { prefix: prefixKey(bytes, bytes.length === 4 ? ipv4 : ipv6), isOneClient: true };
  }

  #held(asker: BrakedAsker): boolean {
    const { brake, time } = this.#parts;
    brake.sweep(time.now());
    return brake.holds(asker);
  }

  #turn(prefix: string, gone: AbortSignal | undefined): Promise<Refusal> {
    if (this.#waiting.size === 0 && this.#budget.take(this.#parts.time.now())) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<Refusal>();
    const one: Waiting = { prefix, since: this.#parts.time.now(), resolve };
    this.#waiting.join(one)?.resolve('too_often');
    const leave = (): void => {
      if (this.#waiting.leave(one)) resolve('too_often');
    };
    if (gone?.aborted === true) leave();
    else gone?.addEventListener('abort', leave, { once: true });
    this.#later();
    return promise;
  }

  /** Who waits has his turn as soon as the budget has something. */
  #later(): void {
    if (this.#timer !== null || this.#waiting.size === 0) return;
    const turn = (): void => {
      this.#timer = null;
      this.#serve();
      this.#later();
    };
    // What nobody else keeps alive need not be answered.
    this.#timer = this.#parts.time.after(1000 / BUDGET.perSecond, turn).unref();
  }

  #serve(): void {
    const { time, deadlines } = this.#parts;
    const now = time.now();
    for (const late of this.#waiting.since(now - deadlines.turnMs)) late.resolve('too_often');
    while (this.#waiting.size > 0 && this.#budget.take(now)) this.#waiting.next()?.resolve(null);
  }
}

interface Waiting {
  readonly prefix: string;
  readonly since: number;
  readonly resolve: (refusal: Refusal) => void;
}

/** Those who wait: prefixes in turns, and of one prefix in the order in which they came. */
class WaitingAskers {
  size = 0;
  /** The prefix that is next is first. */
  readonly #queues = new Map<string, Waiting[]>();

  /** @returns who has to go for it: the last of its own prefix, or of that with the most. */
  join(one: Waiting): Waiting | null {
    const queue = this.#queues.get(one.prefix) ?? [];
    queue.push(one);
    this.#queues.set(one.prefix, queue);
    this.size += 1;
    if (queue.length <= MAX_OF_ONE && this.size <= MAX_WAITING) return null;
    const longest = [...this.#queues.values()].reduce((most, each) => (each.length > most.length ? each : most), queue);
    const last = longest.at(-1) ?? one;
    this.leave(last);
    return last;
  }

  /** @returns false if it does not wait. */
  leave(one: Waiting): boolean {
    const queue = this.#queues.get(one.prefix) ?? [];
    const at = queue.indexOf(one);
    if (at === -1) return false;
    queue.splice(at, 1);
    this.size -= 1;
    if (queue.length === 0) this.#queues.delete(one.prefix);
    return true;
  }

  next(): Waiting | null {
    const [first] = this.#queues.values();
    const one = first?.[0];
    if (first === undefined || one === undefined) return null;
    // Behind the others.
    this.#queues.delete(one.prefix);
    this.#queues.set(one.prefix, first);
    this.leave(one);
    return one;
  }

  /** Those who have waited since then, or for longer; they wait no more. */
  since(at: number): readonly Waiting[] {
    const late = [...this.#queues.values()].flatMap((queue) => queue.filter(({ since }) => since <= at));
    for (const one of late) this.leave(one);
    return late;
  }
}

class Budget {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor({ burst, perSecond }: typeof BUDGET, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = now;
  }

  /** @returns false if it is used up. */
  take(now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

function digestOf(entry: string): bigint {
  return BigInt(`0x${hash('sha256', entry, 'hex').slice(0, 16)}`);
}
