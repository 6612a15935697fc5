/**
 * The first bytes of a server behind what has gone to it unread: whether it has found a request in it after all (requirement 81). It must not see
 * the client's bytes, and knows none of the guesses about them.
 *
 *   HTTP/1.1 200 …   ─▶ found      as soon as the prefix is whole
 *   HTT              ─▶ more       at most one byte less than the prefix is held
 *   220 ready        ─▶ over       for good
 *
 * Pure.
 */

export const ANSWER = { more: 0, found: 1, over: 2 } as const;
export type AnswerState = (typeof ANSWER)[keyof typeof ANSWER];

/** What an answer begins with. */
export type Prefix = Uint8Array;

/** Any version of HTTP with a head. */
export const HTTP_ANSWER: Prefix = Buffer.from('HTTP/', 'latin1');
/** An alert and a handshake record, of any version from SSL 3.0 on. */
export const TLS_ANSWERS: readonly Prefix[] = [Buffer.from([0x15, 0x03]), Buffer.from([0x16, 0x03])];

const NOTHING: Uint8Array = new Uint8Array(0);

export class AnswerGate {
  /** Those that it may still be. */
  #prefixes: readonly Prefix[];
  #length = 0;
  #held = NOTHING;

  /** @param prefixes what is looked for; none: nothing */
  constructor(prefixes: readonly Prefix[]) {
    this.#prefixes = prefixes;
  }

  /** Reads on in buffer[0, length). `more`: all of it is held. */
  read(buffer: Uint8Array, length: number): AnswerState {
    const before = this.#length;
    for (let i = 0; i < length; i++) {
      const at = this.#length++;
      this.#prefixes = this.#prefixes.filter((prefix) => prefix[at] === buffer[i]);
      if (this.#prefixes.some((prefix) => prefix.length === this.#length)) return ANSWER.found;
      if (this.#prefixes.length === 0) return ANSWER.over;
    }
    const [prefix] = this.#prefixes;
    if (prefix === undefined) return ANSWER.over;
    this.#held = prefix.slice(before - this.#held.length, this.#length);
    return ANSWER.more;
  }

  /** Bytes of calls before that may still be the beginning of such an answer: they go on, and what follows is read on. */
  takeHeld(): Uint8Array {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }
}
