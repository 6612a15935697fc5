/**
 * How many entries of one list may stand for one address, on different ports or with different attributes: each request for
 * it looks at all of them, so 65,536 ports would hold up everybody else.
 *
 *   entry ─▶ counted by a hash of its address ─┬─ few ─▶ taken
 *                                              └─ many ─▶ looked at: said before ─▶ left out; 65th ─▶ a fault
 *
 * A count for each hash takes a byte for a byte of the list, and no more than a few megabytes; exact are only the addresses that have many.
 * It must not outlive the reading of its list.
 */
import type { Entry } from '../../match/entry.ts';
import { HintBound, TOO_MANY_KINDS } from './hint-bound.ts';

const MAX_ENTRIES_AN_ADDRESS = 64;

/** As many are taken without a look: what shares a hash by chance stays far below. */
const COUNTED = MAX_ENTRIES_AN_ADDRESS / 2;
const COUNTERS = { least: 2 ** 10, most: 2 ** 22 };

export const TOO_MANY_ENTRIES = `more than ${MAX_ENTRIES_AN_ADDRESS} entries for one address; one without a port holds on every port`;

export class RowBound {
  readonly #counts: Uint8Array;
  /** Of addresses whose count is full: what is said of them since. */
  readonly #said = new Map<string, Set<string>>();
  readonly #hints = new HintBound();
  #fault = TOO_MANY_ENTRIES;

  /** @param bytes of the list: there are fewer entries than that. */
  constructor(bytes: number) {
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(bytes, 1)));
    this.#counts = new Uint8Array(Math.min(Math.max(wanted, COUNTERS.least), COUNTERS.most));
  }

  /** Of the last entry that was one too many: of what. */
  get fault(): string {
    return this.#fault;
  }

  /** `repeated`: an entry that says the same, but for its line, is there already. Of entries that are in force. */
  admit(entry: Entry): 'taken' | 'repeated' | 'too many' {
    this.#fault = this.#hints.admit(entry) ? TOO_MANY_ENTRIES : TOO_MANY_KINDS;
    if (this.#fault === TOO_MANY_KINDS) return 'too many';
    const address = addressOf(entry);
    const counter = hashOf(address) & (this.#counts.length - 1);
    const count = this.#counts[counter] ?? COUNTED;
    if (count < COUNTED) {
      this.#counts[counter] = count + 1;
      return 'taken';
    }
    let said = this.#said.get(address);
    if (said === undefined) this.#said.set(address, (said = new Set()));
    const says = attributesOf(entry);
    if (said.has(says)) return 'repeated';
    if (said.size >= MAX_ENTRIES_AN_ADDRESS - COUNTED) return 'too many';
    said.add(says);
    return 'taken';
  }
}

/** Entries that may share a row's key have the same: a directory and the page of its name too. */
function addressOf({ host, path }: Entry): string {
  if (path.kind === 'host') return host;
  const bare = path.path.endsWith('/') ? path.path.slice(0, -1) : path.path;
  return `${host}${bare}/${path.kind === 'url' && path.query !== null ? `?${path.query}` : ''}`;
}

function attributesOf({ path, fold, port, subdomains, expires, count, test, dns, steer }: Entry): string {
  return `${path.kind} ${fold} ${port} ${expires} ${Number(subdomains)}${Number(count)}${Number(test)}${Number(dns)}${Number(steer)}`;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash ^ (hash >>> 15);
}
