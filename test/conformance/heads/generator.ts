/**
 * Bytes of clients out of random numbers: one to three requests on a connection, mostly as they should be, with some pieces
 * exchanged for odd ones. Bodies hold requests, so that who ends one elsewhere finds another. What an origin has answered with
 * listed content is bred from: bytes put in, taken out, exchanged.
 */
import { seededInteger, seededRandom } from '../../../bench/data/seeded-random.ts';
import { CHUNK_ENDS, CODINGS, LAST_CHUNKS, LENGTHS, SIZES } from './body-oddities.ts';
import {
  BYTES,
  FIELDS,
  FIRST_LINES,
  HOSTS,
  LATER_LINES,
  LEADS,
  LINE_ENDS,
  METHODS,
  SEPARATORS,
  TARGETS,
  VERSIONS,
} from './oddities.ts';
import { HARMLESS_HOST, LISTED_HOST, PATHS_HOST } from './site.ts';

const MAX_KEPT = 3000;
const LONGEST = 4000;
/** Of a hundred. */
const BRED = 45;
/** Of a hundred: a request behind or in lines that no parser reads. */
const UNREADABLE = 15;
const PLAIN_TARGETS = ['/page', '/page', '/dir/x', '/x', `http://${PATHS_HOST}/page`];
const PLAIN_HOSTS = [PATHS_HOST, PATHS_HOST, LISTED_HOST, HARMLESS_HOST];

export class HeadGenerator {
  readonly #random: () => number;
  readonly #kept: string[] = [];
  /** How odd the request that is being made is, of a hundred. */
  #oddness = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Was answered with listed content. */
  learn(bytes: string): void {
    if (this.#kept.length < MAX_KEPT) this.#kept.push(bytes);
    else this.#kept[this.#below(MAX_KEPT)] = bytes;
  }

  next(): string {
    if (this.#once(UNREADABLE)) return this.#unreadable();
    const bytes = this.#kept.length > 0 && this.#once(BRED) ? this.#changed(this.#pick(this.#kept)) : this.#made();
    return bytes.slice(0, LONGEST);
  }

  #unreadable(): string {
    const end = this.#pick(['\r\n', '\r\n', '\n', '\n', '\r']);
    const lines = [this.#pick(FIRST_LINES), ...(this.#once(50) ? [this.#pick(LATER_LINES)] : [])];
    if (this.#once(80)) lines.push(`Host: ${this.#host()}`);
    return [...lines, '', ''].map((line) => line.replaceAll('%h', this.#host())).join(end);
  }

  #made(): string {
    let bytes = '';
    for (let requests = this.#pick([1, 1, 1, 2, 2, 3]); requests > 0; requests -= 1) bytes += this.#request();
    return bytes;
  }

  #request(): string {
    this.#oddness = this.#pick([0, 3, 8, 8, 15, 30]);
    const lead = this.#odd('', LEADS);
    const version = this.#odd('HTTP/1.1', VERSIONS);
    const words = [this.#odd('GET', METHODS), this.#odd(this.#pick(PLAIN_TARGETS), TARGETS)];
    if (version !== '' || this.#once(10)) words.push(version);
    let line = words[0]!;
    for (const word of words.slice(1)) line += this.#odd(' ', SEPARATORS) + word;
    if (version === '' && this.#once(70)) return `${lead}${line}${this.#lineEnd()}`;
    return `${lead}${line}${this.#lineEnd()}${this.#rest()}`;
  }

  /** Fields and body. */
  #rest(): string {
    const fields = this.#once(90) ? [`Host: ${this.#host()}`] : [];
    for (let more = this.#below(3); more > 0; more -= 1)
      fields.splice(this.#below(fields.length + 1), 0, this.#odd('Accept: */*', FIELDS).replace('%h', this.#host()));
    const body = this.#once(25) ? this.#body() : null;
    for (const framing of body?.framing ?? []) fields.splice(this.#below(fields.length + 1), 0, framing);
    const end = this.#once(30) ? '\n' : '\r\n';
    const head = fields.map((field) => field + (this.#once(this.#oddness) ? this.#pick(LINE_ENDS) : end)).join('');
    return head + (this.#once(this.#oddness) ? this.#pick(LINE_ENDS) : end) + (body?.bytes ?? '');
  }

  #body(): { readonly framing: readonly string[]; readonly bytes: string } {
    const hidden = this.#once(70) ? `GET /page HTTP/1.1\r\nHost: ${PATHS_HOST}\r\n\r\n` : 'x'.repeat(this.#below(9));
    const kind = this.#below(10);
    if (kind < 4) return { framing: [this.#length(hidden.length + (this.#once(20) ? 4 : 0))], bytes: hidden };
    const framing = [this.#odd('Transfer-Encoding: chunked', CODINGS)];
    if (kind === 4) framing.push(this.#length(this.#once(50) ? 0 : hidden.length));
    return { framing, bytes: this.#once(20) ? `0\r\n\r\n${hidden}` : this.#chunks(hidden) };
  }

  #chunks(text: string): string {
    const size = this.#odd('N\r\n', SIZES).replace('N', text.length.toString(16));
    return size + text + this.#odd('\r\n', CHUNK_ENDS) + this.#odd('0\r\n\r\n', LAST_CHUNKS);
  }

  #length(length: number): string {
    return this.#odd('Content-Length: N', LENGTHS).replaceAll('N', String(length));
  }

  #host(): string {
    return this.#odd(this.#pick(PLAIN_HOSTS), HOSTS);
  }

  #lineEnd(): string {
    return this.#once(15) ? '\n' : this.#odd('\r\n', LINE_ENDS);
  }

  #changed(bytes: string): string {
    let text = bytes;
    for (let changes = 1 + this.#below(3); changes > 0; changes -= 1) {
      const at = this.#below(text.length + 1);
      const gone = this.#pick([0, 0, 1, 1, 1 + this.#below(12)]);
      const put = this.#once(70)
        ? this.#pick(BYTES)
        : this.#once(40)
          ? this.#pick(this.#kept).slice(this.#below(40))
          : '';
      text = text.slice(0, at) + put + text.slice(at + gone);
    }
    return this.#once(20) ? text + this.#request() : text;
  }

  #odd(plain: string, odd: readonly string[]): string {
    return this.#once(this.#oddness) ? this.#pick(odd) : plain;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #below(limit: number): number {
    return seededInteger(this.#random, limit);
  }

  #once(percent: number): boolean {
    return this.#below(100) < percent;
  }
}
