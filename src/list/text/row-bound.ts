/**
 * How many entries of one list may stand for one address, on different ports or with different attributes: each request for
 * it looks at all of them, so 65,536 ports would hold up everybody else.
 *
 *   entry ─▶ counted by a hash of its address ─┬─ few ─▶ taken
 *                                              └─ many ─▶ looked at: said before ─▶ left out; 65th ─▶ a fault
 *
 * A count for each hash takes the same few megabytes for any list; exact are only the addresses that have many.
 */
import type { Entry } from '../../match/entry.ts';

const MAX_ENTRIES_AN_ADDRESS = 64;

/** As many are taken without a look: what shares a hash by chance stays far below. */
const COUNTED = MAX_ENTRIES_AN_ADDRESS / 2;
const COUNTERS = 2 ** 22;

export const TOO_MANY_ENTRIES = `more than ${MAX_ENTRIES_AN_ADDRESS} entries for one address; one without a port holds on every port`;

export class RowBound {
  readonly #counts = new Uint8Array(COUNTERS);
  /** Of addresses whose count is full: what is said of them since. */
  readonly #said = new Map<string, Set<string>>();

  /** `repeated`: an entry that says the same, but for its line, is there already. Of entries that are in force. */
  admit(entry: Entry): 'taken' | 'repeated' | 'too many' {
    const address = addressOf(entry);
    const counter = hashOf(address) & (COUNTERS - 1);
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
