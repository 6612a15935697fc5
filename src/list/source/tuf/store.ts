/**
 * What a node keeps of a repository, in a folder of the state directory:
 *
 *   state.json      metadata, which versions lie here, which of them is in force, held, pinned: replaced atomically, the one commit; twice (state-files.ts)
 *   files/DIGEST    payloads, also of names, and the withdrawn set, encrypted as they came, under their SHA-256; each that is small has a copy beside it
 *
 * A small file that the disk has damaged is read from its copy, and both are written again with the next commit.
 *
 * A file that state.json does not name is removed; it names none that is not there, unless somebody removes it: that is found out at the next look. Nothing lies here that was not received but
 * numbers and times, and nothing is decrypted. What the disk does not take is in memory meanwhile (unwritten.ts).
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../lib/atomic-file.ts';
import { errnoOf, fileReason, pathOf, unlessOfSystem } from '../../../lib/errors.ts';
import { makeDirectories } from '../../../lib/make-directories.ts';
import { ListError, listError } from '../../list-error.ts';
import type { TufMirror } from '../../../config/list-types.ts';
import { isAbsent } from '../is-absent.ts';
import { orFault } from './fault-of.ts';
import { adoptFormer } from './former-store.ts';
import type { Pieces } from './repository.ts';
import { readStateFiles, STATE, stateText, writeStateFiles } from './state-files.ts';
import type { Damage } from './state-files.ts';
import { heldPieces, soundBytes, storedPieces } from './stored-pieces.ts';
import { filesIn } from './stored-state.ts';
import type { StoredFile, StoredState, WrittenState } from './stored-state.ts';
import { Unwritten } from './unwritten.ts';

export interface StorePlace {
  readonly folder: string;
  /** Whose it is: the configuration's file, since other instances may share the state directory. */
  readonly owner: string;
  /** Of the same repository by other addresses: what lies there is taken over where it is newer (former-store.ts). */
  readonly former?: readonly string[];
  /** Told once that what was remembered is damaged, with the file and why: it is begun anew. */
  readonly onDamage?: (file: string, reason: string) => void;
  /** Told of each file that was read from its copy, and why. */
  readonly onRepair?: (file: string, reason: string) => void;
}

export const STORE_SUFFIX = '.tuf';
/** Files up to this size have a copy: of a longer one a mirror has it, or the version before is served. */
const MAX_COPIED_BYTES = 4 * 1024 * 1024;
const WHOLE_FILE = /^[0-9a-f]{64}$/;
const LOST = 'it is not there, though files are that it names';
/** Hexadecimal, of the source's digest in the name of the folder. */
const SOURCE_DIGITS = 16;

/** @param source its first URL or folder: instances may call lists of different sources the same. */
export function storeFolder(stateDirectory: string, list: string, source: string): string {
  const digest = createHash('sha256').update(source).digest('hex').slice(0, SOURCE_DIGITS);
  return join(stateDirectory, 'lists', `${encodeURIComponent(list)}-${digest}${STORE_SUFFIX}`);
}

/** What tells one repository from another that goes by the same name. */
export function placeOf([first]: readonly TufMirror[]): string {
  return first === undefined ? '' : placeOfMirror(first);
}

/** Folders that it would have had by its other addresses, one of which it may have had until now. */
export function formerFolders(stateDirectory: string, list: string, mirrors: readonly TufMirror[]): readonly string[] {
  return mirrors.slice(1).map((mirror) => storeFolder(stateDirectory, list, placeOfMirror(mirror)));
}

function placeOfMirror(mirror: TufMirror): string {
  return mirror.kind === 'https' ? mirror.url : mirror.path;
}

/** Never throws. @returns null if it is no store, or does not say. */
export async function ownerOfStore(folder: string): Promise<string | null> {
  const found = await orFault(readStateFiles(folder));
  return found instanceof ListError ? null : (found.state?.owner ?? null);
}

export class Store {
  readonly #place: StorePlace;
  /** Digests of files that are being fetched, and in no state yet. */
  readonly #coming = new Set<string>();
  readonly #unwritten: Unwritten;
  #damage: Damage | null = null;
  #mustRewrite = false;
  /** Each small file was compared with its copy. */
  #hasChecked = false;

  /** Until `close`. */
  constructor(place: StorePlace) {
    this.#place = place;
    this.#unwritten = Unwritten.of(place.folder);
  }

  close(): void {
    this.#unwritten.release();
  }

  get folder(): string {
    return this.#place.folder;
  }

  /** Why what is known does not lie here; null: it does. */
  get fault(): ListError | null {
    return this.#unwritten.fault;
  }

  /** Why nothing is remembered; null: it is, or there never was anything. */
  get damage(): Damage | null {
    return this.#damage;
  }

  /** A file that lies here differs from its copy. */
  get mustRewrite(): boolean {
    return this.#mustRewrite;
  }

  pathOf(file: StoredFile): string {
    return pathIn(this.folder, file);
  }

  /** Each holds until the next is asked for. They end with ListError `corrupt` where it is not what was received. */
  piecesOf(file: StoredFile): Pieces {
    const held = this.#unwritten.bytesOf(file);
    if (held !== null) return heldPieces(held);
    return isSmall(file) ? this.#smallPieces(file) : storedPieces(this.pathOf(file), file);
  }

  piecesOfCopy(file: StoredFile): Pieces {
    return storedPieces(this.#copyOf(file), file);
  }

  /** Of these the ones that are in memory, by SHA-256. */
  heldOf(files: readonly StoredFile[]): ReadonlyMap<string, Uint8Array> {
    return new Map(
      files.flatMap((file) => {
        const bytes = this.#unwritten.bytesOf(file);
        return bytes === null ? [] : [[file.sha256, bytes]];
      }),
    );
  }

  /** Where a file is to be put that a state to come may name; it stays there until it is dropped. */
  placeFor(file: StoredFile): string {
    this.#coming.add(file.sha256);
    return this.pathOf(file);
  }

  mayHold(file: StoredFile): boolean {
    return this.#unwritten.mayHold(file);
  }

  /** In memory, in place of what could not be written; as `placeFor`. */
  hold(file: StoredFile, bytes: Uint8Array): void {
    this.#coming.add(file.sha256);
    this.#unwritten.hold(file, bytes);
  }

  /** It is in a state by now, or will be in none. */
  drop({ sha256 }: StoredFile): void {
    this.#coming.delete(sha256);
    this.#forgetOthers(this.#unwritten.state);
  }

  /** What has come is kept twice where it is small; without a word where the disk does not take it. */
  async keepCopyIfSmall(file: StoredFile): Promise<void> {
    if (!isSmall(file) || this.#unwritten.bytesOf(file) !== null) return;
    const bytes = await readFile(this.pathOf(file)).catch(unlessOfSystem);
    if (bytes !== undefined) await writeFileAtomic(this.#copyOf(file), bytes).catch(unlessOfSystem);
  }

  /** Of a file that must not be lost with a sector of the disk: a second one. Where there is no room for it, both are written later. */
  async keepCopy(file: StoredFile): Promise<void> {
    if (this.#unwritten.bytesOf(file) !== null) return;
    await this.#within(async () => {
      const bytes = await readFile(this.pathOf(file));
      await writeFileAtomic(this.#copyOf(file), bytes).catch((error: unknown) => {
        unlessOfSystem(error);
        this.hold(file, bytes);
      });
    });
  }

  /**
   * @returns null if there is none, or a damaged one, which is told: both are mended by an update.
   * @throws ListError `state`: there may be one that cannot be read now. Without it nothing would keep an older version out.
   */
  async read(): Promise<StoredState | null> {
    if (this.#unwritten.state !== null) return this.#unwritten.state;
    const { folder, former, owner } = this.#place;
    if (former !== undefined) await adoptFormer(folder, former, owner);
    const { state, damage, isWhole } = await readStateFiles(this.folder);
    if (damage !== null && state !== null) this.#place.onRepair?.(damage.file, damage.reason);
    if (damage !== null && state === null) this.tellDamage(damage.reason);
    if (damage === null && state === null && (await this.#hasFiles())) this.tellDamage(LOST);
    this.#mustRewrite ||= !isWhole;
    this.#hasChecked = false;
    return state;
  }

  /** Told once: a part of what was remembered is of no use, and is fetched again. */
  tellDamage(reason: string): void {
    if (this.#damage !== null) return;
    this.#damage = { file: join(this.folder, STATE), reason };
    this.#place.onDamage?.(this.#damage.file, reason);
  }

  /** Before anything is fetched. @throws ListError `state`. */
  async prepare(): Promise<void> {
    await this.#within(async () => await makeDirectories(join(this.folder, 'files'), 0o700));
  }

  /** Tried with a file as long as the state, which it leaves alone: somebody may be writing that. Never throws. */
  async isWritable(): Promise<boolean> {
    // Removed as any that no state names, if this process ends here.
    const path = join(this.folder, 'files', 'writable');
    try {
      const size = await sizeOf(join(this.folder, STATE));
      await writeFileAtomic(path, new Uint8Array(size));
      await rm(path, { force: true });
      return true;
    } catch {
      return false;
    }
  }

  /**
   * What of a state lies here no more, by SHA-256: somebody has removed it and its copy, or the whole folder. Never throws. Of what was read it is looked
   * at once whether each small file is the same as its copy: the disk has damaged what nobody reads, too.
   * @returns null if all of it does, and the state too.
   */
  async lostOf(state: StoredState): Promise<ReadonlySet<string> | null> {
    if (!this.#hasChecked) for (const file of filesIn(state)) if (isSmall(file)) await this.#soundBytes(file);
    this.#hasChecked = true;
    const lost = new Set<string>();
    for (const file of filesIn(state))
      if (this.#unwritten.bytesOf(file) === null && (await this.#isLost(file))) lost.add(file.sha256);
    return lost.size > 0 || (await isAbsent(join(this.folder, STATE))) ? lost : null;
  }

  /** From now on this is the state; files that it does not name are removed. @throws ListError `state`; then it is as it was. */
  async write(state: StoredState): Promise<void> {
    const written: WrittenState = { format: 2, owner: this.#place.owner, ...state };
    await this.prepare();
    await this.#within(async () => {
      for (const file of filesIn(state)) await this.#writeHeld(file, file === state.withdrawn);
      await writeStateFiles(this.folder, stateText(written));
    });
    this.#mustRewrite = false;
    this.#unwritten.state = this.#unwritten.fault = null;
    await this.#removeOthers(state);
  }

  /** From now on this is the state, until `write` can write one. @param fault why this one was not. */
  keepInMemory(state: StoredState, fault: ListError): void {
    this.#unwritten.state = state;
    this.#unwritten.fault = fault;
    this.#forgetOthers(state);
  }

  async #writeHeld(file: StoredFile, isTwice: boolean): Promise<void> {
    const bytes = this.#unwritten.bytesOf(file);
    if (bytes === null) return;
    await writeFileAtomic(this.pathOf(file), bytes);
    if (isTwice) await writeFileAtomic(this.#copyOf(file), bytes);
    else if (isSmall(file)) await writeFileAtomic(this.#copyOf(file), bytes).catch(unlessOfSystem);
    this.#unwritten.drop(file);
  }

  /** Whatever of the two is sound; the other is written again. */
  async *#smallPieces(file: StoredFile): Pieces {
    const bytes = await this.#soundBytes(file);
    yield* bytes === null ? storedPieces(this.pathOf(file), file) : heldPieces(bytes);
  }

  async #soundBytes(file: StoredFile): Promise<Uint8Array | null> {
    const [path, copyPath] = [this.pathOf(file), this.#copyOf(file)];
    const [own, copy] = [await soundBytes(path, file), await soundBytes(copyPath, file)];
    if (own.kind === 'damaged' && copy.kind === 'sound') this.#place.onRepair?.(path, own.reason);
    const sound = own.kind === 'sound' ? own : copy;
    if (sound.kind !== 'sound') return null;
    if (own.kind !== copy.kind && this.#unwritten.mayHold(file)) {
      this.#unwritten.hold(file, sound.bytes);
      this.#mustRewrite = true;
    }
    return sound.bytes;
  }

  async #hasFiles(): Promise<boolean> {
    const entries = await readdir(join(this.folder, 'files'), { withFileTypes: true }).catch(() => []);
    return entries.some((entry) => entry.isFile() && WHOLE_FILE.test(entry.name));
  }

  async #isLost(file: StoredFile): Promise<boolean> {
    if (!(await isAbsent(this.pathOf(file)))) return false;
    return !isSmall(file) || (await this.#soundBytes(file)) === null;
  }

  #copyOf(file: StoredFile): string {
    return `${this.pathOf(file)}.copy`;
  }

  #forgetOthers(state: StoredState | null): void {
    const named = state === null ? [] : filesIn(state);
    this.#unwritten.keepOnly(new Set([...this.#coming, ...named.map(({ sha256 }) => sha256)]));
  }

  async #removeOthers(state: StoredState): Promise<void> {
    const used = new Set([...this.#coming, ...filesIn(state).map(({ sha256 }) => sha256)]);
    const names = await readdir(join(this.folder, 'files')).catch(() => []);
    // What stays takes nothing but its space on the disk.
    for (const name of names)
      if (!used.has(digestIn(name))) await rm(join(this.folder, 'files', name), { force: true }).catch(unlessOfSystem);
  }

  async #within(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const path = pathOf(error) ?? this.folder;
      throw listError('state', `${path} cannot be written: ${fileReason(errnoOf(error))}`, error);
    }
  }
}

/** Where a file lies in the folder of a store. */
export function pathIn(folder: string, { sha256 }: StoredFile): string {
  return join(folder, 'files', sha256);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(unlessOfSystem))?.size ?? 0;
}

function isSmall({ bytes }: StoredFile): boolean {
  return bytes <= MAX_COPIED_BYTES;
}

/** Of the file itself, a part of it, its copy, and that as it is being written (lib/atomic-file.ts begins its name with a dot). */
function digestIn(name: string): string {
  return name.replace(/^\./, '').split('.', 1)[0] ?? '';
}
