/**
 * What a text list says, as a digest under a key that the nodes of one operator share: it is the same where the same entries are, whatever the order of
 * the lines, their comments, and how often each is said.
 *
 *   entry, entry, … ─▶ HMAC-SHA-256 of each, 64 bits of it ─▶ in order, each once ─▶ HMAC-SHA-256 of all ─▶ with the list's action: 48 bits that are shown
 *
 * Without a key there is none: whoever sees a plain digest of a short list could try addresses until he has the same. It must not keep a text.
 */
import { createHash, createHmac } from 'node:crypto';
import type { ListAction } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import { Prover } from '../../match/prover.ts';

/** What each digest begins with, so that it is never that of anything else. A change of what is digested is another number. */
const OF_ENTRIES = 'cleanfeed text content 1 entries\n';
const OF_LIST = 'cleanfeed text content 1 list\n';
const OF_ACTION = 'cleanfeed text content 1 action\n';

export class TextContent {
  readonly #key: Uint8Array;
  readonly #prover: Prover;
  readonly #proof = new Int32Array(4);
  /** The 64 bits of it that are kept. */
  readonly #kept = this.#proof.subarray(0, 2);
  /** Two words an entry, as they came. */
  #words = new Int32Array(2048);
  #length = 0;

  /** @param key of `admin.contentKey`. */
  constructor(key: Uint8Array) {
    this.#key = key;
    this.#prover = new Prover(createHmac('sha256', key).update(OF_ENTRIES).digest());
  }

  add(entry: Entry): void {
    if (this.#length === this.#words.length) {
      const larger = new Int32Array(this.#words.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#prover.prove(textOf(entry), this.#proof, 0);
    this.#words.set(this.#kept, this.#length);
    this.#length += 2;
  }

  /** Once, when all are added. @returns hexadecimal; nobody is shown it. */
  digest(): string {
    const digests = new BigUint64Array(this.#words.buffer, 0, this.#length / 2).sort();
    const distinct = digests.filter((digest, i) => i === 0 || digest !== digests[i - 1]);
    return createHmac('sha256', this.#key).update(OF_LIST).update(distinct).digest('hex');
  }
}

/** The number that is shown, of 48 bits. @param digest of `TextContent`. */
export function contentNumber(digest: string, action: ListAction): number {
  return createHash('sha256').update(`${OF_ACTION}${action} ${digest}`).digest().readUIntBE(0, 6);
}

/** All that it says but its line. The lengths tell host, path and query apart, whatever is in them. */
function textOf({ host, subdomains, path, fold, port, expires, count, test, dns, steer }: Entry): string {
  const marks =
    Number(subdomains) | (Number(count) << 1) | (Number(test) << 2) | (Number(dns) << 3) | (Number(steer) << 4);
  const what = `${path.kind} ${marks} ${fold} ${port} ${expires} ${host.length}`;
  if (path.kind === 'host') return `${what} ${host}`;
  const query = path.kind === 'url' && path.query !== null ? `?${path.query}` : '';
  return `${what} ${path.path.length} ${host}${path.path}${query}`;
}
