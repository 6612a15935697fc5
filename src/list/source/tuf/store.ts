/**
 * What a node keeps of a repository, in a folder of the state directory:
 *
 *   state.json      metadata, which versions lie here, which of them is in force, held, pinned: replaced atomically, the one commit
 *   files/DIGEST    payloads, also of names, and the withdrawn set, encrypted as they came, under their SHA-256; of the set there is a copy beside it
 *   staging/        of an update under way; of no use after a crash
 *
 * A file that state.json does not name is removed; it names none that is not there. Nothing lies here that was not received but
 * numbers and times, and nothing is decrypted.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../lib/atomic-file.ts';
import { errnoOf, fileReason, ListError, unlessOfSystem } from '../../../lib/errors.ts';
import { jsonAs, NUMBER, TEXT } from '../../../lib/json-shapes.ts';
import { makeDirectories } from '../../../lib/make-directories.ts';
import { field, listOf, mapping, recordOf, type Shape } from '../../../lib/shape.ts';
import type { Parsed } from '../../../lib/types.ts';
import { listError } from '../../list-error.ts';
import { NO_NOTES } from '../version-notes.ts';
import type { VersionNotes } from '../version-notes.ts';
import type { TufMirror } from '../../../config/list-types.ts';
import { orFault } from './fault-of.ts';
import type { MetadataFiles } from './trusted-metadata.ts';

/** A file in `files/`. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

/** A full payload, and the deltas that lead on from it: `deltas[0]` to version `version + 1`, and so on. */
export interface Chain {
  readonly version: number;
  readonly full: StoredFile;
  readonly deltas: readonly StoredFile[];
}

/** What is remembered of a log. */
export interface KeptHead {
  /** Of the file. */
  readonly sha256: string;
  /** The signed note. */
  readonly note: string;
  /** The newest version of the list when it was checked, and what was signed of its records. */
  readonly version: number;
  readonly digest: string | null;
}

/** A payload of names. */
export interface KeptNames {
  /** Of the version whose names they are (`nameOf`). */
  readonly id: string;
  readonly file: StoredFile;
}

/** What is remembered from one start to the next. */
export interface StoredState {
  /** Of the pinned root from which the metadata's root was reached. */
  readonly pinnedRoot: string;
  readonly metadata: MetadataFiles;
  /** When the publisher was last heard; milliseconds since the epoch. */
  readonly heardAt: number;
  /** How long nothing was heard since, as far as nodes ran (silence.ts); milliseconds. */
  readonly silentMs: number;
  /** The newest time that the publisher has signed; milliseconds since the epoch. */
  readonly signedAt: number;
  /** The newest that was signed by people: of a version that was in force. */
  readonly listSignedAt: number;
  readonly chains: readonly Chain[];
  readonly withdrawn: StoredFile | null;
  /** No two of the same version. */
  readonly names: readonly KeptNames[];
  /** The newest head of the publisher's log that was checked; null: none was. */
  readonly head: KeptHead | null;
  /** By name, those offered that the log was seen to have; no others are taken. Null: no log is asked for. */
  readonly logged: readonly string[] | null;
  /** Versions: in force last, and before that; null: none. What was signed of their records tells them from others of their number. */
  readonly current: number | null;
  readonly currentDigest: string | null;
  readonly previous: number | null;
  readonly previousDigest: string | null;
  /** Of versions by name (`nameOf`). */
  readonly notes: VersionNotes;
  /** When each version that waits was first seen, by name; milliseconds since the epoch. */
  readonly firstSeen: Readonly<Record<string, number>>;
}

interface Written extends StoredState {
  readonly format: 2;
  readonly owner: string;
}

export interface StorePlace {
  readonly folder: string;
  /** Whose it is: the configuration's file, since other instances may share the state directory. */
  readonly owner: string;
  /** Told once that what was remembered is damaged, with the file and why: it is begun anew. */
  readonly onDamage?: (file: string, reason: string) => void;
}

export const STORE_SUFFIX = '.tuf';
const STATE = 'state.json';
/** Hexadecimal, of the source's digest in the name of the folder. */
const SOURCE_DIGITS = 16;

/** @param source its first URL or folder: instances may call lists of different sources the same. */
export function storeFolder(stateDirectory: string, list: string, source: string): string {
  const digest = createHash('sha256').update(source).digest('hex').slice(0, SOURCE_DIGITS);
  return join(stateDirectory, 'lists', `${encodeURIComponent(list)}-${digest}${STORE_SUFFIX}`);
}

/** What tells one repository from another that goes by the same name. */
export function placeOf([first]: readonly TufMirror[]): string {
  if (first === undefined) return '';
  return first.kind === 'https' ? first.url : first.path;
}

/** Never throws. @returns null if it is no store, or does not say. */
export async function ownerOfStore(folder: string): Promise<string | null> {
  const found = await orFault(readState(folder));
  return found instanceof ListError || found?.ok !== true ? null : found.value.owner;
}

/** A store that nobody has written to. */
export function emptyState(pinnedRoot: string, root: string): StoredState {
  return {
    pinnedRoot,
    metadata: { root },
    heardAt: 0,
    silentMs: 0,
    signedAt: 0,
    listSignedAt: 0,
    chains: [],
    withdrawn: null,
    names: [],
    head: null,
    logged: null,
    current: null,
    currentDigest: null,
    previous: null,
    previousDigest: null,
    notes: NO_NOTES,
    firstSeen: {},
  };
}

export class Store {
  readonly #place: StorePlace;
  /** Digests of files that are being fetched, and in no state yet. */
  readonly #coming = new Set<string>();
  #hasToldDamage = false;

  constructor(place: StorePlace) {
    this.#place = place;
  }

  get staging(): string {
    return join(this.#place.folder, 'staging');
  }

  get folder(): string {
    return this.#place.folder;
  }

  pathOf({ sha256 }: StoredFile): string {
    return join(this.#place.folder, 'files', sha256);
  }

  /** Where a file is to be put that a state to come may name; it stays there until it is dropped. */
  placeFor(file: StoredFile): string {
    this.#coming.add(file.sha256);
    return this.pathOf(file);
  }

  /** It is in a state by now, or will be in none. */
  drop({ sha256 }: StoredFile): void {
    this.#coming.delete(sha256);
  }

  /** Of a small file that must not be lost with a sector of the disk: a second one. @throws ListError `state`. */
  async keepCopy(file: StoredFile): Promise<void> {
    await this.#within(async () => await writeFileAtomic(this.copyOf(file), await readFile(this.pathOf(file))));
  }

  copyOf(file: StoredFile): string {
    return `${this.pathOf(file)}.copy`;
  }

  /**
   * @returns null if there is none, or a damaged one, which is told: both are mended by an update.
   * @throws ListError `state`: there may be one that cannot be read now. Without it nothing would keep an older version out.
   */
  async read(): Promise<StoredState | null> {
    const found = await readState(this.#place.folder);
    if (found?.ok === false) this.tellDamage(found.reason);
    return found?.ok === true ? found.value : null;
  }

  /** Told once: a part of what was remembered is of no use, and is fetched again. */
  tellDamage(reason: string): void {
    if (!this.#hasToldDamage) this.#place.onDamage?.(join(this.#place.folder, STATE), reason);
    this.#hasToldDamage = true;
  }

  /** Before anything is fetched. @throws ListError `state`. */
  async prepare(): Promise<void> {
    await this.#within(async () => {
      await makeDirectories(join(this.#place.folder, 'files'), 0o700);
      await rm(this.staging, { recursive: true, force: true });
    });
  }

  /** From now on this is the state; files that it does not name are removed. @throws ListError `state`; then it is as it was. */
  async write(state: StoredState): Promise<void> {
    const written: Written = { format: 2, owner: this.#place.owner, ...state };
    await this.#within(async () => {
      await writeFileAtomic(join(this.#place.folder, STATE), `${JSON.stringify(written)}\n`);
    });
    await this.#removeOthers(state);
  }

  async #removeOthers({ chains, withdrawn, names: named }: StoredState): Promise<void> {
    const files = [
      ...chains.flatMap(filesOf),
      ...(withdrawn === null ? [] : [withdrawn]),
      ...named.map(({ file }) => file),
    ];
    const used = new Set([...this.#coming, ...files.map(({ sha256 }) => sha256)]);
    const names = await readdir(join(this.#place.folder, 'files')).catch(() => []);
    // What stays takes nothing but its space on the disk.
    for (const name of names)
      if (!used.has(digestIn(name)))
        await rm(join(this.#place.folder, 'files', name), { force: true }).catch(unlessOfSystem);
  }

  async #within(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw listError('state', `${this.#place.folder} cannot be written: ${fileReason(errnoOf(error))}`, error);
    }
  }
}

/** Of the file itself, a part of it, its copy, and that as it is being written (lib/atomic-file.ts begins its name with a dot). */
function digestIn(name: string): string {
  return name.replace(/^\./, '').split('.', 1)[0] ?? '';
}

export function filesOf({ full, deltas }: Chain): readonly StoredFile[] {
  return [full, ...deltas];
}

/** The newest version that a chain leads to. */
export function endOf({ version, deltas }: Chain): number {
  return version + deltas.length;
}

const SHA256 = field((value) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
    ? { ok: true, value }
    : { ok: false, reason: 'must be 64 hexadecimal digits' },
);
const FILE = mapping({ sha256: SHA256, bytes: NUMBER }).open();
/** What an earlier program did not write has a value here; what a later one adds stays unread. */
const WRITTEN: Shape<Written> = mapping({
  format: field<2>((value) => (value === 2 ? { ok: true, value } : { ok: false, reason: 'must be 2' })),
  owner: TEXT,
  pinnedRoot: TEXT,
  metadata: mapping(
    { root: TEXT },
    { timestamp: TEXT, snapshot: TEXT, targets: TEXT, withdrawn: TEXT, log: TEXT },
  ).open(),
  heardAt: NUMBER,
  silentMs: NUMBER.prefault(0),
  signedAt: NUMBER,
  listSignedAt: NUMBER.prefault(0),
  chains: listOf(mapping({ version: NUMBER, full: FILE, deltas: listOf(FILE) }).open()),
  withdrawn: FILE.nullable(),
  names: listOf(mapping({ id: TEXT, file: FILE }).open()).prefault([]),
  head: mapping({ sha256: SHA256, note: TEXT, version: NUMBER, digest: TEXT.nullable() }).open().nullable(),
  logged: listOf(TEXT).nullable(),
  current: NUMBER.nullable(),
  currentDigest: TEXT.nullable(),
  previous: NUMBER.nullable(),
  previousDigest: TEXT.nullable(),
  notes: mapping({ held: TEXT.nullable(), accepted: TEXT.nullable(), pinned: TEXT.nullable() }).open(),
  firstSeen: recordOf(NUMBER),
}).open();

/** @returns null if there is none. @throws ListError `state`: it cannot be read. */
async function readState(folder: string): Promise<Parsed<Written> | null> {
  const file = join(folder, STATE);
  try {
    return jsonAs(await readFile(file, 'utf8'), WRITTEN);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return null;
    throw listError('state', `${file} cannot be read: ${fileReason(errno)}`, error);
  }
}
