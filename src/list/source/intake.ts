/**
 * Takes the bytes of a list as they come and finds their place:
 *
 *   as in force, so far ──▶ none: a list that has not changed costs no memory; a text, of which the digest is left, costs its length until the end
 *   served where it lies ─▶ memory of the lists (list-memory.ts)
 *   another format ───────▶ ordinary memory
 *
 * Where nobody knows the length, all lies in a spool until the end. What comes to nothing takes no memory any more.
 *
 * It must not judge a list; of its format it knows the first bytes.
 */
import type { FileHandle } from 'node:fs/promises';
import { restingBetween, STEP_BYTES } from '../../lib/steps.ts';
import type { Rest } from '../../lib/steps.ts';
import { sha256Steps } from '../digest.ts';
import { giveBack } from '../list-memory.ts';
import type { ListMemory } from '../list-memory.ts';
import { isServedInPlace, MAGIC_BYTES } from '../format/formats.ts';
import type { TextDigest } from '../staged-list.ts';
import { MAX_LIST_BYTES } from './source.ts';
import type { ReadContext } from './source.ts';
import { Spool } from './spool.ts';

/** Unless told otherwise, of a read (source.ts). */
export interface IntakeOptions extends Pick<ReadContext, 'memory' | 'rest' | 'inForce' | 'textInForce'> {
  /** Of the whole list; null: nobody knows before it ends. */
  readonly byteLength: number | null;
}

/** Of what is compared only. */
const SCRATCH_BYTES = 64 * 1024;

export class Intake {
  readonly #memory: ListMemory;
  readonly #rest: Rest;
  readonly #byteLength: number | null;
  readonly #text: TextDigest | null;
  #taken = 0;
  /** What is in force, as long as all that was taken is the same: it is not kept; null where it differs, or there is none. */
  #same: Uint8Array | null;
  /** What is not in its place yet. */
  #spool: Spool | null = null;
  #place: Uint8Array | null = null;
  #scratch: Uint8Array | null = null;

  constructor({ memory, rest, inForce, textInForce, byteLength }: IntakeOptions) {
    this.#memory = memory;
    this.#rest = rest;
    this.#text = textInForce ?? null;
    this.#same = inForce;
    this.#byteLength = byteLength;
  }

  /** Bytes so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Where the next bytes may be put before they are added, to save a copy; of at most `maxBytes`. */
  reserve(maxBytes: number): Uint8Array {
    if (this.#place !== null) return this.#place.subarray(this.#taken, this.#taken + Math.min(maxBytes, STEP_BYTES));
    this.#scratch ??= new Uint8Array(SCRATCH_BYTES);
    return this.#scratch.subarray(0, maxBytes);
  }

  /** `piece` is the caller's again when this has resolved. All pieces together are no longer than was said. */
  async add(piece: Uint8Array): Promise<void> {
    const at = this.#taken;
    this.#taken += piece.length;
    if (this.#place !== null) {
      if (piece.buffer !== this.#place.buffer) this.#place.set(piece, at);
      return;
    }
    if (this.#same !== null && Buffer.compare(this.#same.subarray(at, this.#taken), piece) === 0) return;
    this.#differ(at);
    this.#keep(piece);
    if (this.#byteLength !== null && this.#taken >= MAGIC_BYTES) await this.#settle(this.#byteLength);
  }

  /** The whole list, all that `fill` adds; null: it is what is in force. Where `fill` throws, nothing is left of it. */
  async take(fill: () => Promise<void>): Promise<Uint8Array | null> {
    try {
      await fill();
      return await this.#end();
    } catch (error) {
      this.#spool?.discard();
      if (this.#place !== null) giveBack(this.#place, this.#memory);
      throw error;
    }
  }

  async #end(): Promise<Uint8Array | null> {
    if (this.#same !== null && this.#same.length === this.#taken) return null;
    this.#differ(this.#taken);
    const place = this.#place ?? (await this.#settle(this.#taken));
    if (!(await this.#isTextInForce(place))) return place.subarray(0, this.#taken);
    giveBack(place, this.#memory);
    this.#place = null;
    return null;
  }

  async #isTextInForce(place: Uint8Array): Promise<boolean> {
    if (this.#text === null || this.#text.byteLength !== this.#taken) return false;
    const digest = await restingBetween(sha256Steps([place.subarray(0, this.#taken)]), this.#rest);
    return digest.toString('hex') === this.#text.sha256;
  }

  /** From byte `at` on; what comes before is in force. */
  #differ(at: number): void {
    const same = this.#same;
    this.#same = null;
    if (same !== null) this.#keep(same.subarray(0, at));
  }

  #keep(bytes: Uint8Array): void {
    this.#spool ??= new Spool(this.#byteLength ?? MAX_LIST_BYTES);
    this.#spool.add(bytes);
  }

  async #settle(byteLength: number): Promise<Uint8Array> {
    const bytes = this.#spool?.bytes ?? new Uint8Array(0);
    const place = isServedInPlace(bytes) ? await this.#memory.lease(byteLength) : new Uint8Array(byteLength);
    place.set(bytes);
    this.#spool?.discard();
    this.#spool = null;
    this.#scratch = null;
    this.#place = place;
    return place;
  }
}

/** Adds the bytes of a file between the two places; fewer where it ends before. */
export async function addFrom(
  file: FileHandle,
  intake: Intake,
  { start, end }: { readonly start: number; readonly end: number },
  rest: Rest,
): Promise<void> {
  let sinceRest = 0;
  for (let at = start; at < end;) {
    const reserved = intake.reserve(end - at);
    const { bytesRead } = await file.read(reserved, 0, reserved.length, at);
    if (bytesRead === 0) return;
    await intake.add(reserved.subarray(0, bytesRead));
    at += bytesRead;
    sinceRest += bytesRead;
    if (sinceRest < STEP_BYTES || at >= end) continue;
    sinceRest = 0;
    await rest();
  }
}
