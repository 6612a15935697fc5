/**
 * Writes heads into a buffer that the thread reuses: runs of kept bytes are copied as they came, made lines are
 * inserted. Bounded by the caller: the buffer holds the largest head the limits allow plus what is added.
 */
const LOOP_BELOW = 24;

export class HeadWriter {
  out: Buffer;
  pos = 0;

  constructor(out: Buffer) {
    this.out = out;
  }

  /** Copies buf[start, end). Short runs are cheaper in a loop than through a call into the engine. */
  copy(buf: Uint8Array, start: number, end: number): void {
    const out = this.out;
    let pos = this.pos;
    if (end - start < LOOP_BELOW) for (let i = start; i < end; i++) out[pos++] = buf[i]!;
    else {
      out.set(buf.subarray(start, end), pos);
      pos += end - start;
    }
    this.pos = pos;
  }

  bytes(bytes: Uint8Array): void {
    this.copy(bytes, 0, bytes.length);
  }

  /** A byte string; chars above 0xff must not occur. */
  text(text: string): void {
    if (text.length < LOOP_BELOW) for (let i = 0; i < text.length; i++) this.out[this.pos++] = text.charCodeAt(i);
    else this.pos += this.out.write(text, this.pos, 'latin1');
  }
}
