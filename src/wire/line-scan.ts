/**
 * Finds where the names and the values of field lines end, and a request's target, sixteen bytes at a time: the table of bytes.ts costs a step a
 * byte, which was nine tenths of what the head of a browser costs (docs/adr/0014-line-scan.md). It must not decide anything: whoever asks
 * looks at what stands there, in the original bytes, and reads by the table what is not as expected.
 *
 *   head: …\r\nHost: a\r\nCookie: session=…\r\n        controls: offsets of all bytes below 0x20, and of 0x7f
 *              └─── window, copied ────┘  ──▶         nameEnds: behind each LF, the first byte that is no token
 *
 * The module's text is line-scan.wat.
 */
import { LF } from './bytes.ts';
import { LINE_SCAN_MODULE } from './line-scan-module.ts';

/** Bytes that are read in one go at most. */
export const WINDOW = 8000;
/** A buffer of so many bytes is taken over whole: that is one copy without a view of a part, half the price. */
const WHOLE = 2048;
/** Where in the module's memory the offsets begin; before them, an LF and the window. */
const CONTROLS_AT = 0x4000;
const NAME_ENDS_AT = 0x8000;
/** Room for each: all bytes of the window may be controls. */
const OFFSETS = 8192;

interface LineScanExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly scan: (at: number, length: number) => void;
  readonly endOfTarget: (at: number, end: number) => number;
}

/** What is used of WebAssembly; TypeScript has it in its library of browsers only. */
interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: LineScanExports };
}

declare const WebAssembly: WebAssemblyApi;

export class LineScan {
  /**
   * After `read(buf, start, …)`: with what `read` has returned added, the offsets in `buf`, ascending, the first of them start - 1; then
   * one that is not inside of what was read.
   */
  readonly controls: Uint16Array;
  /** Beside each control that is an LF: where the name behind it ends, which may be behind what was read. */
  readonly nameEnds: Uint16Array;
  readonly #window: Buffer;
  readonly #scan: LineScanExports['scan'];
  readonly #endOfTarget: LineScanExports['endOfTarget'];

  constructor({ memory, scan, endOfTarget }: LineScanExports) {
    this.controls = new Uint16Array(memory.buffer, CONTROLS_AT, OFFSETS);
    this.nameEnds = new Uint16Array(memory.buffer, NAME_ENDS_AT, OFFSETS);
    this.#window = Buffer.from(memory.buffer, 0, WINDOW + 1);
    this.#scan = scan;
    this.#endOfTarget = endOfTarget;
  }

  /**
   * Takes a buffer over for both questions, if it is small enough for that.
   * @returns whether it has: then `endOfTarget` may be asked, and `read` told, until something else is read.
   */
  take(buf: Buffer): boolean {
    if (buf.length > WHOLE) return false;
    this.#window.set(buf, 1);
    return true;
  }

  /** Of the buffer that was taken: the offset of the first byte from `from` on that cannot stand in a request target, or `end`. */
  endOfTarget(from: number, end: number): number {
    return Math.min(this.#endOfTarget(from + 1, end + 1) - 1, end);
  }

  /**
   * Reads buf[start, start + length), at most WINDOW bytes: the beginning of a line.
   * @param isTaken it was taken over just now
   * @returns what offsets are short of
   */
  read(buf: Buffer, start: number, length: number, isTaken = false): number {
    const window = this.#window;
    // The end of the line before the first: lines are all alike then.
    if (buf.length <= WHOLE) {
      if (!isTaken) window.set(buf, 1);
      window[start] = LF;
      this.#scan(start, start + length + 1);
      return -1;
    }
    window[0] = LF;
    buf.copy(window, 1, start, start + length);
    this.#scan(0, length + 1);
    return start - 1;
  }
}

/**
 * @returns null if the processor has no SIMD, or there is no memory for it: the table does the same. Node without WebAssembly
 * needs no case of its own: it could not take the types off this file.
 */
export function createLineScan(api = WebAssembly): LineScan | null {
  try {
    return new LineScan(new api.Instance(new api.Module(LINE_SCAN_MODULE)).exports);
  } catch {
    return null;
  }
}
