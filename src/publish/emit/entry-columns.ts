/**
 * Entries as the records of all recipients have them in common: canonical lines are read once for all of them, and what differs are digests
 * under the recipient's keys. Columns lie in memory that threads share.
 *
 *   line ─▶ the entry in a form ─▶ text of its key │ meta word, last day, extent │ uid          its record needs a recipient's keys, and nothing else
 *
 * It must not know a recipient.
 */
import { keyText } from '../../match/entry-key.ts';
import { extentOf, metaOf } from '../../match/entry-words.ts';
import { type ListError, listError } from '../../list/list-error.ts';
import { formName } from './emitter.ts';
import type { Emitter } from './emitter.ts';

export interface EntryColumns {
  readonly rows: number;
  /** Key texts (match/entry-key.ts) one behind the other, a byte a character. */
  readonly text: Uint8Array;
  /** Where each ends. */
  readonly ends: Uint32Array;
  /** How many bytes of each are the host. */
  readonly hosts: Uint16Array;
  readonly meta: Int32Array;
  readonly expires: Uint16Array;
  readonly extents: Uint8Array;
  readonly uids: Float64Array;
}

/** By `FORMAT/FORM`. */
export type FormColumns = Readonly<Record<string, EntryColumns>>;

/** Of all key texts together: where one ends is a number of 32 bits. */
const MAX_TEXT_BYTES = 0xffff_ffff;

/** In each form. @param most how many entries there may be. */
export function formColumns(
  entries: () => Iterable<readonly [line: string, uid: number]>,
  most: number,
  emitters: readonly Emitter[],
): FormColumns {
  return Object.fromEntries(
    emitters.map((emitter) => [formName(emitter), columnsOf(entries(), most, emitter)] as const),
  );
}

/** @throws ListError `too_large` where the texts of their keys have more than `maxTextBytes` together. */
export function columnsOf(
  entries: Iterable<readonly [line: string, uid: number]>,
  most: number,
  emitter: Emitter,
  maxTextBytes = MAX_TEXT_BYTES,
): EntryColumns {
  const ends = new Uint32Array(new SharedArrayBuffer(most * 4));
  const hosts = new Uint16Array(new SharedArrayBuffer(most * 2));
  const meta = new Int32Array(new SharedArrayBuffer(most * 4));
  const expires = new Uint16Array(new SharedArrayBuffer(most * 2));
  const extents = new Uint8Array(new SharedArrayBuffer(most));
  const uids = new Float64Array(new SharedArrayBuffer(most * 8));
  const text = new GrowingText();
  let rows = 0;
  for (const [line, uid] of entries) {
    const entry = emitter.entryOf(line, 0n);
    // Lines are canonical: each was read as an entry before it became an event.
    if (entry === null) throw new Error(`event ${uid} holds no entry in form ${formName(emitter)}`);
    const key = keyText(entry);
    if (text.length + key.length > maxTextBytes) throw tooLarge(uid, maxTextBytes);
    text.add(key);
    ends[rows] = text.length;
    hosts[rows] = entry.host.length;
    meta[rows] = metaOf(entry);
    expires[rows] = entry.expires;
    extents[rows] = extentOf(entry);
    uids[rows] = uid;
    rows += 1;
  }
  return { rows, text: text.shared(), ends, hosts, meta, expires, extents, uids };
}

function tooLarge(uid: number, maxTextBytes: number): ListError {
  const message = `the addresses have more than ${maxTextBytes} bytes together, from event ${uid} on; publish them as two lists, each with a publisher of its own`;
  return listError('too_large', message);
}

/** Byte strings one behind the other. */
class GrowingText {
  length = 0;
  #bytes = Buffer.alloc(64 * 1024);

  add(text: string): void {
    if (this.#bytes.length < this.length + text.length)
      this.#bytes = Buffer.concat([this.#bytes], 2 * (this.length + text.length));
    this.length += this.#bytes.write(text, this.length, 'latin1');
  }

  shared(): Uint8Array {
    const shared = new Uint8Array(new SharedArrayBuffer(this.length));
    shared.set(this.#bytes.subarray(0, this.length));
    return shared;
  }
}
