/**
 * Who asks `/explain`, and how often: whoever reaches the admin address may ask, an ordinary user of this machine too. He is told of an address that he
 * names whether it is listed; this keeps him from trying many, and from using up what others may ask.
 *
 *   address ─▶ prefix ─▶ held? ─▶ its own budget ─▶ everybody's ─▶ answer ─▶ many different entries in it: held for a while, as the proxy's clients are
 *                        slowed    too_often         too_often
 *
 * Nothing of a question is kept but what the brake keeps: keyed hashes, until its window ends. Who asks is known by his prefix alone, as long as his budget is not whole.
 */
import { hash } from 'node:crypto';
import { maskedAddress, parseIpAddress } from '../lib/prefix.ts';
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
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

/** Questions that may come at once, and how many come back a second: of one asker, of all. */
const ONE = { burst: 20, perSecond: 1 };
const ALL = { burst: 100, perSecond: 20 };
/** Askers whose budget is not whole; beyond, the one who asked first is forgotten. */
const MAX_ASKERS = 1024;

export class ExplainAskers {
  readonly counts: Record<ExplainResult, number> = { answered: 0, too_often: 0, slowed: 0 };
  readonly #parts: ExplainAskersParts;
  readonly #all: Budget;
  readonly #budgets = new Map<string, Budget>();

  constructor(parts: ExplainAskersParts) {
    this.#parts = parts;
    this.#all = new Budget(ALL, parts.now());
  }

  /** @param address of the connection. @returns why it is not answered, which is counted; null: it is. */
  refuses(address: string): Exclude<ExplainResult, 'answered'> | null {
    const { brake, now } = this.#parts;
    const asker = this.#asker(address);
    brake.sweep(now());
    const why = brake.holds(asker) ? 'slowed' : this.#take(asker.prefix) ? null : 'too_often';
    if (why !== null) this.counts[why] += 1;
    return why;
  }

  /** What is told now: each entry in it counts. */
  told(address: string, { entry, lookUps }: Explanation): void {
    const { brake, now } = this.#parts;
    this.counts.answered += 1;
    const asker = this.#asker(address);
    const entries = new Set([...(entry === null ? [] : [entry]), ...lookUps.flatMap((lookUp) => lookUp.entries)]);
    for (const each of entries) brake.hit(asker, { list: 0, entry: digestOf(each) }, now());
  }

  #asker(address: string): BrakedAsker {
    const { ipv4, ipv6 } = this.#parts.clientPrefix();
    const bytes = parseIpAddress(address) ?? new Uint8Array(4);
    const prefix = Buffer.from(maskedAddress(bytes, bytes.length === 4 ? ipv4 : ipv6)).toString('latin1');
    return { prefix, isOneClient: true };
  }

  #take(prefix: string): boolean {
    const now = this.#parts.now();
    let own = this.#budgets.get(prefix);
    if (own === undefined) {
      this.#forget(now);
      this.#budgets.set(prefix, (own = new Budget(ONE, now)));
    }
    return own.take(now) && this.#all.take(now);
  }

  /** Who asks no more. */
  #forget(now: number): void {
    for (const [prefix, budget] of this.#budgets) if (budget.isWhole(now)) this.#budgets.delete(prefix);
    const [first] = this.#budgets.size < MAX_ASKERS ? [] : this.#budgets.keys();
    if (first !== undefined) this.#budgets.delete(first);
  }
}

class Budget {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor({ burst, perSecond }: typeof ONE, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = now;
  }

  /** @returns false if it was asked too often. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  isWhole(now: number): boolean {
    this.#refill(now);
    return this.#left === this.#burst;
  }

  #refill(now: number): void {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}

function digestOf(entry: string): bigint {
  return BigInt(`0x${hash('sha256', entry, 'hex').slice(0, 16)}`);
}
