/**
 * The withdrawn set: ids of entries that hold no more, whatever version is in force (requirement 71). It is cumulative, and so small that
 * a node reads it whole each time.
 *
 *   magic 8 B │ format 1 │ count │ serial 64 bits │ time 64 bits │ ids, 64 bits each, ascending │ zeros to a multiple of 4 KiB
 *
 * It must not say what the ids stand for.
 */
import { type ListError, listError } from '../list-error.ts';
import { copyOfWords, isAscending } from './ids.ts';
import { viewOf } from './record.ts';

export interface WithdrawnSet {
  /** One more with each publication. */
  readonly serial: number;
  /** Seconds since the epoch. */
  readonly time: number;
  /** Ascending. */
  readonly ids: BigUint64Array;
}

const MAGIC = Uint8Array.of(0x89, 0x43, 0x46, 0x57, 0x49, 0x54, 0x48, 0x0a);
const FORMAT = 1;
const AT = { format: 8, count: 12, serial: 16, time: 24 } as const;
const HEADER_BYTES = 32;
const STEP_BYTES = 4096;

export function encodeWithdrawn({ serial, time, ids }: WithdrawnSet): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((HEADER_BYTES + ids.length * 8) / STEP_BYTES) * STEP_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(AT.format, FORMAT, true);
  view.setUint32(AT.count, ids.length, true);
  view.setBigUint64(AT.serial, BigInt(serial), true);
  view.setBigUint64(AT.time, BigInt(time), true);
  for (const [i, id] of ids.toSorted().entries()) view.setBigUint64(HEADER_BYTES + i * 8, id, true);
  return bytes;
}

/** @throws ListError `corrupt`, `truncated`, `unsupported`. */
export function decodeWithdrawn(bytes: Uint8Array): WithdrawnSet {
  if (bytes.length < HEADER_BYTES) throw fault('truncated', `it ends within its header, after ${bytes.length} bytes`);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw fault('corrupt', 'its first bytes are not those of one');
  const view = viewOf(bytes);
  const format = view.getUint32(AT.format, true);
  if (format !== FORMAT) throw fault('unsupported', `it has format ${format}, this program reads format ${FORMAT}`);
  const end = HEADER_BYTES + view.getUint32(AT.count, true) * 8;
  if (end > bytes.length) throw fault('truncated', `it should have ${end} bytes and has ${bytes.length}`);
  const ids = copyOfWords(bytes, HEADER_BYTES, end);
  if (!isAscending(ids)) throw fault('corrupt', 'its ids are not in order');
  if (bytes.length % STEP_BYTES !== 0 || bytes.subarray(end).some((byte) => byte !== 0))
    throw fault('corrupt', 'what follows its ids is not its padding');
  return {
    serial: Number(view.getBigUint64(AT.serial, true)),
    time: Number(view.getBigUint64(AT.time, true)),
    ids,
  };
}

function fault(code: 'corrupt' | 'truncated' | 'unsupported', why: string): ListError {
  return listError(code, `not a usable withdrawn set: ${why}`);
}
