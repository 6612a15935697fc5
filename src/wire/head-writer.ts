/**
 * Writes heads into a buffer that the thread reuses: runs of kept bytes are copied as they came, made lines are
 * inserted. Bounded by the caller: the buffer holds the largest head the limits allow plus what is added. It must not check what it writes.
 */

/* oxlint-disable typescript/no-non-null-assertion -- bytes from `start` to `end` lie within the buffer that the head was read from */

const LOOP_BELOW = 24;

export class HeadWriter {
  out: Buffer;
  pos = 0;

  constructor(out: Buffer) {
    this.out = out;
  }

  /**
   * Copies buf[start, end). Short runs are cheaper in a loop than through a call into Node; that makes no view, as `set` would want
   * (bench/micro/request-head.ts, the heads that are written).
   */
  copy(buf: Buffer, start: number, end: number): void {
    const out = this.out;
    const length = end - start;
    let pos = this.pos;
    if (length < LOOP_BELOW) for (let i = start; i < end; i++) out[pos++] = buf[i]!;
    else {
      // It would copy what fits and say no more.
      if (length > out.length - pos) throw new RangeError('the head is larger than the limits allow');
      buf.copy(out, pos, start, end);
      pos += length;
    }
    this.pos = pos;
  }

  bytes(bytes: Buffer): void {
    this.copy(bytes, 0, bytes.length);
  }

  /** A byte string; chars above 0xff must not occur. */
  text(text: string): void {
    const out = this.out;
    let pos = this.pos;
    if (text.length < LOOP_BELOW) for (let i = 0; i < text.length; i++) out[pos++] = text.charCodeAt(i);
    else pos += out.write(text, pos, 'latin1');
    this.pos = pos;
  }
}
