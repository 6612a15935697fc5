/**
 * Whether a payload of names says what the list says, whose names they are: each line is compared with the record of its id, since what refuses and
 * steers by name sees nothing but the line.
 *
 *   line ─▶ id │ fingerprint and proof of its host │ what it permits ─┐
 *   record of that id in the image ──────────────────────────────────┴▶ the same host, and nothing more than the entry permits
 *
 * A record on a whole host has the proof of its host. One on a path has its fingerprint only, 64 bits under the recipient's key. It must not name a
 * host: what it says goes to a log.
 */
import { IdSet } from '../protected/ids.ts';
import { readImage } from '../protected/image-layout.ts';
import type { ImageParts } from '../protected/image-layout.ts';
import { STEP_ROWS } from '../../lib/steps.ts';
import type { Steps } from '../../lib/steps.ts';
import { IntColumn } from '../../match/columns.ts';
import { EntryKey } from '../../match/entry-key.ts';
import { metaOf } from '../../match/entry-words.ts';
import type { Entry } from '../../match/entry.ts';
import { HalfSipHash } from '../../match/half-sip-hash.ts';
import type { SegmentKeys } from '../../match/keys.ts';
import { Prover } from '../../match/prover.ts';
import { RowOrder } from '../../match/row-order.ts';
import { META, RECORD, RECORD_WORDS } from '../../match/segment-layout.ts';
import { recordTables } from '../../match/segment-records.ts';
import { entryWithId } from './list-names.ts';
import { namesLines } from './names-payload.ts';

/** Each is parsed, digested and proved: fewer in a step than of rows that are only looked at. */
const STEP_LINES = STEP_ROWS / 16;
const PROOF_WORDS = 4;
const WORD = 0xffff_ffffn;
/** What a line and its record have in common, bit by bit. */
const SAME = META.portMask | META.subdomains | META.count;

/**
 * @param image of the list in force. @param isOwn the payload is of the same version: all of its entries are there. Of another one those that are.
 * @returns null if it agrees; else what does not, in words. A line that this program cannot read says nothing. @throws ListError `corrupt`: it is no image.
 */
export function* namesFaultSteps(
  payload: Uint8Array,
  image: Uint8Array,
  { isOwn }: { readonly isOwn: boolean },
): Steps<string | null> {
  const { parts, set } = readImage(image);
  const named = new NamedRows(set.keys);
  let number = 0;
  for (const line of namesLines(payload)) {
    number += 1;
    if (number % STEP_LINES === 0) yield;
    named.add(line, number);
  }
  const lines = yield* named.inOrder();
  if (lines.twice !== null) return `line ${lines.twice} has the id of another one`;
  const agreed = new Uint8Array(named.length);
  for (const row of rowsOf(parts)) {
    if (row === null) {
      yield;
      continue;
    }
    const at = lines.find(row.idLow, row.idHigh);
    if (at === null) continue;
    const fault = named.faultOf(at, row);
    if (fault !== null) return `line ${named.lineOf(at)} ${fault}`;
    agreed[at] = 1;
  }
  const missing = isOwn ? agreed.indexOf(0) : -1;
  return missing === -1 ? null : `line ${named.lineOf(missing)} has an id that no entry of the list has`;
}

/** A record of the image. */
interface Row {
  readonly isHost: boolean;
  readonly idLow: number;
  readonly idHigh: number;
  readonly meta: number;
  readonly expires: number;
  /** Fingerprint of its host. */
  readonly high: number;
  readonly low: number;
  /** The words of the proof begin there. */
  readonly records: Int32Array;
  readonly at: number;
}

/** Null now and then: the end of a step. */
function* rowsOf({ segment, at, counts, hostHigh, hostLow }: ImageParts): Generator<Row | null, void> {
  for (const { table, rows } of recordTables(counts, at)) {
    const { buffer, byteOffset: base } = segment;
    const isHost = table === at.hosts;
    const records = new Int32Array(buffer, base + table.records, rows * RECORD_WORDS);
    const expires = new Uint16Array(buffer, base + table.expires, rows);
    const high = isHost ? new Int32Array(buffer, base + table.high, rows) : hostHigh;
    const low = isHost ? new Int32Array(buffer, base + table.low, rows) : hostLow;
    for (let row = 0; row < rows; row += 1) {
      if (row % STEP_ROWS === STEP_ROWS - 1) yield null;
      const record = row * RECORD_WORDS;
      yield {
        isHost,
        idLow: records[record + RECORD.idLow] ?? 0,
        idHigh: records[record + RECORD.idHigh] ?? 0,
        meta: records[record + RECORD.meta] ?? 0,
        expires: expires[row] ?? 0,
        high: high[row] ?? 0,
        low: low[row] ?? 0,
        records,
        at: record + RECORD.proof,
      };
    }
  }
}

/** What the lines say, in columns: a million names are no objects. */
class NamedRows {
  readonly #key: EntryKey;
  readonly #prover: Prover;
  readonly #proof = new Int32Array(PROOF_WORDS);
  readonly #lines = new IntColumn();
  readonly #idHigh = new IntColumn();
  readonly #idLow = new IntColumn();
  readonly #high = new IntColumn();
  readonly #low = new IntColumn();
  readonly #proofs = new IntColumn();
  readonly #meta = new IntColumn();
  readonly #expires = new IntColumn();

  constructor(keys: SegmentKeys) {
    this.#key = new EntryKey(new HalfSipHash(keys.fingerprint));
    this.#prover = new Prover(keys.proof);
  }

  get length(): number {
    return this.#lines.length;
  }

  lineOf(at: number): number {
    return this.#lines.get(at);
  }

  add(line: string, number: number): void {
    const found = entryWithId(line);
    if (found === null) return;
    const { id, entry } = found;
    const numeric = BigInt(id);
    this.#lines.push(number);
    this.#idHigh.push(Number(BigInt.asIntN(32, numeric >> 32n)));
    this.#idLow.push(Number(BigInt.asIntN(32, numeric & WORD)));
    this.#addHost(entry);
    this.#meta.push(metaOf(entry));
    this.#expires.push(entry.expires);
  }

  *inOrder(): Steps<LinesById> {
    const [high, low] = [this.#idHigh.view(), this.#idLow.view()];
    const order = yield* (yield* RowOrder.of(high, low, 1)).part(0);
    return new LinesById({ order, high, low, lines: this.#lines.view() });
  }

  /** @returns null if the line says what the record says, or less. */
  faultOf(at: number, row: Row): string | null {
    const meta = this.#meta.get(at);
    const isHost = row.high === this.#high.get(at) && row.low === this.#low.get(at) && this.#isProven(at, row);
    if (!isHost) return 'names another host than the entry of its id';
    const isWhole = row.isHost && (row.meta & META.portMask) === 0;
    const permitted = row.meta & (isWhole ? META.dns | META.steer : META.steer);
    if ((meta & (META.dns | META.steer) & ~permitted) !== 0) return 'permits more than the entry of its id';
    if (((meta ^ row.meta) & SAME) !== 0 || row.expires !== this.#expires.get(at))
      return 'holds elsewhere, or for longer, than the entry of its id';
    return null;
  }

  #addHost({ host }: Entry): void {
    this.#key.load({ host, path: { kind: 'host' }, fold: 0 });
    this.#prover.prove(this.#key.text, this.#proof, 0);
    this.#high.push(this.#key.high);
    this.#low.push(this.#key.low);
    for (const word of this.#proof) this.#proofs.push(word);
  }

  /** Of a path its host has no proof. */
  #isProven(at: number, { isHost, records, at: proof }: Row): boolean {
    if (!isHost) return true;
    for (let word = 0; word < PROOF_WORDS; word += 1)
      if (records[proof + word] !== this.#proofs.get(PROOF_WORDS * at + word)) return false;
    return true;
  }
}

/** Rows of `NamedRows` by their ids: by halves, so that no choice of ids makes it slow. */
class LinesById {
  /** The number of the second line of one id; null: there is none. */
  readonly twice: number | null;
  readonly #order: Uint32Array;
  readonly #ids: BigUint64Array;
  readonly #set: IdSet;

  constructor({
    order,
    high,
    low,
    lines,
  }: {
    readonly order: Uint32Array;
    readonly high: Int32Array;
    readonly low: Int32Array;
    readonly lines: Int32Array;
  }) {
    this.#order = order;
    this.#ids = new BigUint64Array(order.length);
    const words = new Int32Array(this.#ids.buffer);
    for (let i = 0; i < order.length; i += 1) {
      words[2 * i] = low[order[i] ?? 0] ?? 0;
      words[2 * i + 1] = high[order[i] ?? 0] ?? 0;
    }
    this.#set = new IdSet(this.#ids);
    const second = this.#ids.findIndex((id, i) => i > 0 && id === this.#ids[i - 1]);
    this.twice = second === -1 ? null : Math.max(lines[order[second] ?? 0] ?? 0, lines[order[second - 1] ?? 0] ?? 0);
  }

  /** @returns null if no line has that id. */
  find(low: number, high: number): number | null {
    if (!this.#set.has(low, high)) return null;
    const id = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    let from = 0;
    let to = this.#ids.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#ids[middle] ?? 0n) < id) from = middle + 1;
      else to = middle;
    }
    return this.#order[from] ?? null;
  }
}
