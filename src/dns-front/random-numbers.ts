/**
 * Numbers that nobody can guess, 16 bits each, for the ids of queries and the choice of ports: taken from the system's generator by the thousand.
 * It must not be replaced by `Math.random`: whoever guesses an id forges an answer (RFC 5452).
 */
import { randomFillSync } from 'node:crypto';

const SUPPLY = 4096;

export class RandomNumbers {
  readonly #supply = new Uint16Array(SUPPLY);
  #used = SUPPLY;

  /** @returns 0 to 65,535 */
  next(): number {
    if (this.#used === SUPPLY) {
      randomFillSync(this.#supply);
      this.#used = 0;
    }
    const number = this.#supply[this.#used] ?? 0;
    this.#used += 1;
    return number;
  }
}
