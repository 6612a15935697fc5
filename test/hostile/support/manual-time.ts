/**
 * Time that a test lets pass: the data plane's deadlines go by it. No machine is too busy for it, and an hour takes no longer
 * than a second. Names, connections that are being opened and the other side of a connection go by their own clocks.
 */
import type { ThreadTime } from '../../../src/workers/data-plane.ts';
import { turn } from './connection.ts';

/** Turns of the event loop in which bytes pass from client to proxy to origin and back, all in this process. */
const TURNS = 20;

interface Look {
  readonly everyMs: number;
  nextAt: number;
  readonly look: () => void;
}

export class ManualTime implements ThreadTime {
  readonly #looks = new Set<Look>();
  #now = 1_000_000;

  now(): number {
    return this.#now;
  }

  every(milliseconds: number, look: () => void): () => void {
    const entry = { everyMs: milliseconds, nextAt: this.#now + milliseconds, look };
    this.#looks.add(entry);
    return () => this.#looks.delete(entry);
  }

  /** So much later, with every look in between at its moment, and all that is on its way arrives before and after. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#now = next.nextAt;
      next.nextAt += next.everyMs;
      next.look();
      await settled();
    }
    this.#now = end;
  }

  /** As if the thread had stood still: it looks once, when all of it has passed. */
  stall(milliseconds: number): void {
    this.#now += milliseconds;
    for (const entry of this.#looks) {
      entry.look();
      entry.nextAt = this.#now + entry.everyMs;
    }
  }

  #next(end: number): Look | null {
    const [first] = [...this.#looks].toSorted((a, b) => a.nextAt - b.nextAt);
    return first === undefined || first.nextAt > end ? null : first;
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns++) await turn();
}
