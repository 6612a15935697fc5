/**
 * Names of a zone below which a wildcard above them does not reach. A name that has a record, and each name on the way to it, takes itself and what
 * is below it out of wildcards above (RFC 4592 §2.2.2). Nothing is lost where it is refused itself, and has a wildcard of its own that refuses. It must
 * not know what a record says.
 */
import type { ByteString } from '../../url/bytes.ts';
import { parentsOf } from './exceptions.ts';
import { KeySet } from './key-set.ts';

export class ZoneGaps {
  /** Names below which a longer one is not refused with all that is below it. */
  readonly #gaps = new KeySet();
  #isComplete = true;
  /** The last name that was found not to be refused whole; empty: none. */
  #lowest = '';

  /** @param owner that has a record. @param isWhole whether a name, and all below it, is refused. */
  add(owner: ByteString, isWhole: (name: string) => boolean): void {
    const lower = owner.toLowerCase();
    // A wildcard is what it covers; it takes nothing out of itself.
    let name = lower.startsWith('*.') ? lower.slice(2) : lower;
    while (name !== this.#lowest && isWhole(name)) {
      const dot = name.indexOf('.');
      if (dot === -1) return;
      name = name.slice(dot + 1);
    }
    // Its parents are known: most names of a zone have the same few above them.
    if (name === this.#lowest) return;
    this.#lowest = name;
    for (const parent of parentsOf(name)) this.#isComplete = this.#gaps.add(parent) && this.#isComplete;
  }

  /** Also where that is not known: there are too many. */
  isBelow(host: ByteString): boolean {
    return !this.#isComplete || this.#gaps.has(host.toLowerCase());
  }
}
