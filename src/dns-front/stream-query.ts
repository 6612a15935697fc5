/** A question that came over TCP and waits for a resolver. It must not send anything. */
import { exactBytes } from '../lib/exact-bytes.ts';
import type { OwnAnswer } from '../wire/dns-answer.ts';
import { LENGTH_BYTES } from '../wire/dns-frames.ts';
import type { Question } from '../wire/dns-question.ts';
import type { UpstreamStream } from './upstream-stream.ts';

const HEADER_BYTES = 12;
const IXFR = 251;
const AXFR = 252;

export class StreamQuery {
  /** The message as it came, with its length before it. */
  readonly frame: Buffer;
  /** What is answered unless the resolver's answer is signed; null: whatever that says. */
  readonly unlessSigned: OwnAnswer | null;
  /** Its answer may have many messages. */
  readonly isTransfer: boolean;
  /** Coarse times: when it is given up, when another resolver is asked as well, when it was asked last. */
  deadline = Infinity;
  askAgainAt = Infinity;
  askedAt = 0;
  /** Of a transfer: where its first message came from. */
  begunOn: UpstreamStream | null = null;
  /** Bit i: the upstream of that index was asked. */
  tried = 0;
  readonly #questionEnd: number;

  constructor(frame: Buffer, question: Question, unlessSigned: OwnAnswer | null) {
    this.frame = exactBytes(frame);
    this.unlessSigned = unlessSigned;
    this.isTransfer = question.qtype === AXFR || question.qtype === IXFR;
    this.#questionEnd = question.end;
  }

  /** Whether this message, with its length before it, has the id and the question of the query, or is an error without one. */
  isAnsweredBy(answer: Buffer): boolean {
    const { frame } = this;
    const start = LENGTH_BYTES + HEADER_BYTES;
    if (answer.length < start || ((answer[4] ?? 0) & 0x80) === 0) return false;
    if (answer.readUInt16BE(LENGTH_BYTES) !== frame.readUInt16BE(LENGTH_BYTES)) return false;
    // Later messages of a transfer need not repeat it (RFC 5936 §2.2.1).
    if (answer.readUInt16BE(LENGTH_BYTES + 4) === 0) return this.isTransfer || ((answer[5] ?? 0) & 0xf) !== 0;
    if (answer.length < this.#questionEnd) return false;
    for (let i = start; i < this.#questionEnd; i++) if (lower(answer[i] ?? 0) !== lower(frame[i] ?? 0)) return false;
    return true;
  }
}

/** No length, type or class is a letter of another case, but for one byte in both: the same question all the same. */
function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
