/**
 * The records of a recipient as they were last published, so that a change of a thousand entries does not digest a million again
 * (KEYS/state/records/NAME/): a base, and the changes since, each a file of its own that is written before the events that name it.
 *
 *   7.base │ 8.change 9.change … ─▶ one change ─▶ merged with the base
 *
 * It is a cache and must not be believed over the events: what is missing, damaged or of another digest than they name counts as not
 * there, and is made from them.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { makeDirectories } from '../../lib/make-directories.ts';
import { RECORD_BYTES, recordId, sortRecords } from '../../list/protected/record.ts';

export interface RecordChange {
  /** Ascending. */
  readonly removals: BigUint64Array;
  /** Sorted. */
  readonly additions: Uint8Array;
}

export interface StoredRecords {
  /** Sorted records of the base. */
  readonly base: Uint8Array;
  /** What leads from the base to the version that was asked for. */
  readonly change: RecordChange;
}

/** magic 8 B │ version 64 bits │ digest of the set that it leads to 32 B │ SHA-256 of what follows 32 B │ count of removals 64 bits */
const HEADER_BYTES = 88;
const MAGIC = Buffer.from('CFRECS1\n');

export class RecordStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns null if the set of that version and digest (hex) cannot be had from the files. */
  async load(version: number, digest: string): Promise<StoredRecords | null> {
    const files = await this.#files();
    const bases = files.filter(({ kind, version: of }) => kind === 'base' && of <= version);
    const newest = bases.reduce((best, { version: of }) => Math.max(best, of), 0);
    if (newest === 0) return null;
    const base = await readPart(this.#path(newest, 'base'), newest);
    let last = base;
    const changes: RecordChange[] = [];
    for (let next = newest + 1; next <= version && last !== null; next += 1) {
      last = await readPart(this.#path(next, 'change'), next);
      if (last !== null) changes.push(last);
    }
    if (base === null || last === null || last.digest !== digest) return null;
    return { base: base.additions, change: combined(changes) };
  }

  async writeBase(version: number, digest: string, sorted: Uint8Array): Promise<void> {
    await this.#write(version, 'base', { digest, removals: new BigUint64Array(0), additions: sorted });
  }

  async writeChange(version: number, digest: string, change: RecordChange): Promise<void> {
    await this.#write(version, 'change', { digest, ...change });
  }

  /** Removes what is not needed to load `version`. */
  async prune(version: number): Promise<void> {
    const files = await this.#files();
    const base = Math.max(
      0,
      ...files.filter(({ kind, version: of }) => kind === 'base' && of <= version).map((file) => file.version),
    );
    const isOld = ({ kind, version: of }: RecordFile): boolean => of < base || (of === base && kind === 'change');
    for (const file of files.filter(isOld)) await rm(this.#path(file.version, file.kind), { force: true });
  }

  async #write(
    version: number,
    kind: RecordFile['kind'],
    part: RecordChange & { readonly digest: string },
  ): Promise<void> {
    const removals = new Uint8Array(part.removals.buffer, part.removals.byteOffset, part.removals.byteLength);
    const header = Buffer.alloc(HEADER_BYTES);
    MAGIC.copy(header);
    header.writeBigUInt64LE(BigInt(version), 8);
    header.write(part.digest, 16, 'hex');
    createHash('sha256').update(removals).update(part.additions).digest().copy(header, 48);
    header.writeBigUInt64LE(BigInt(part.removals.length), 80);
    await makeDirectories(this.#folder, 0o700);
    await writeFileAtomic(this.#path(version, kind), [header, removals, part.additions]);
  }

  #path(version: number, kind: RecordFile['kind']): string {
    return join(this.#folder, `${version}.${kind}`);
  }

  async #files(): Promise<readonly RecordFile[]> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    return names.flatMap((name) => {
      const [, version = '', kind = ''] = /^(\d+)\.(base|change)$/.exec(name) ?? [];
      return kind === 'base' || kind === 'change' ? [{ version: Number(version), kind }] : [];
    });
  }
}

interface RecordFile {
  readonly version: number;
  readonly kind: 'base' | 'change';
}

/** First one, then the next: what one adds another may remove. */
export function combined(changes: readonly RecordChange[]): RecordChange {
  const [only, ...others] = changes;
  if (only !== undefined && others.length === 0) return only;
  const removals = new Set<bigint>();
  const additions = new Map<bigint, Uint8Array>();
  for (const change of changes) {
    for (const id of change.removals) if (!additions.delete(id)) removals.add(id);
    for (let row = 0; row * RECORD_BYTES < change.additions.length; row += 1)
      additions.set(
        recordId(change.additions, row),
        change.additions.subarray(row * RECORD_BYTES, (row + 1) * RECORD_BYTES),
      );
  }
  return {
    removals: BigUint64Array.from(removals).sort(),
    additions: sortRecords(Buffer.concat([...additions.values()])),
  };
}

/** @returns null if it is not there, not whole, or not that version's. */
async function readPart(path: string, version: number): Promise<(RecordChange & { readonly digest: string }) | null> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null || bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return null;
  const body = bytes.subarray(HEADER_BYTES);
  const removed = Number(bytes.readBigUInt64LE(80)) * 8;
  const isWhole =
    Number(bytes.readBigUInt64LE(8)) === version &&
    removed <= body.length &&
    createHash('sha256').update(body).digest().equals(bytes.subarray(48, 80));
  if (!isWhole) return null;
  const removals = new BigUint64Array(removed / 8);
  new Uint8Array(removals.buffer).set(body.subarray(0, removed));
  return { digest: bytes.toString('hex', 16, 48), removals, additions: body.subarray(removed) };
}
