/** A node's source of one protected list, with what happens to a list that the gate lets pass. */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ListError } from '../../../../src/list/list-error.ts';
import { imageTerms } from '../../../../src/list/protected/image-layout.ts';
import { INFO_FORMAT } from '../../../../src/list/protected/payload-format.ts';
import { ALONE } from '../../../../src/list/source/source.ts';
import type { SourceEvents, SourceRead } from '../../../../src/list/source/source.ts';
import { FolderRepository } from '../../../../src/list/source/tuf/folder-repository.ts';
import { Identity } from '../../../../src/list/source/tuf/identity.ts';
import { ImageMaker } from '../../../../src/list/source/tuf/image-maker.ts';
import { NamesPayloads } from '../../../../src/list/source/tuf/names-payloads.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';
import { Store } from '../../../../src/list/source/tuf/store.ts';
import { SyncedRepository } from '../../../../src/list/source/tuf/synced-repository.ts';
import { TufSource } from '../../../../src/list/source/tuf/tuf-source.ts';
import type { TemporaryDirectory } from '../../../support/temporary-directory.ts';
import type { NoteKey } from '../../../../src/list/transparency/signed-note.ts';

/** What a node is told of a publisher. */
interface Published {
  readonly folder: string;
  readonly identity: string;
  /** The one to be pinned. */
  root(): string;
}

export interface Given {
  /** `withdrawn`: from what is in force, in place. */
  readonly kind: SourceRead['kind'] | 'withdrawn';
  readonly version: number;
  readonly entries: number;
  readonly withdrawn: number;
  readonly gate: string | null;
  readonly fault: string | null;
}

export class TestNode {
  /** Milliseconds since the epoch. */
  now = Date.now();
  /** The earliest that it may be; null: that is no other. */
  earliest: number | null = null;
  /** Milliseconds that nobody can set. */
  steady = 0;
  delayMs = 0;
  /** The newest that it reads. */
  format = INFO_FORMAT;
  mirrors: readonly Repository[];
  witnesses: readonly NoteKey[] = [];
  /** In place of the repository's. */
  identity: string | null = null;
  /** Of the names; null: they are nobody's business here. */
  namesIdentity: string | null = null;
  /** As of a command, which changes nothing. */
  isOffline = false;
  /** In force. */
  image: Uint8Array | null = null;
  /** Of what came into force last; null: it lies on disk. */
  warning: string | null = null;
  mayWarn = false;
  readonly faults: string[] = [];
  /** Files that were read from their copy. */
  readonly repairs: string[] = [];
  /** What ends the questions that wait. */
  interrupt: () => void = () => {};
  readonly #directory: TemporaryDirectory;
  readonly #repository: Published;
  #source: TufSource | null = null;
  #polled: SourceEvents | null = null;

  readonly #name: string;

  constructor(directory: TemporaryDirectory, repository: Published, name = 'state') {
    this.#name = name;
    this.#directory = directory;
    this.#repository = repository;
    this.mirrors = [new FolderRepository(repository.folder)];
    writeFileSync(directory.file('root.json'), repository.root());
  }

  get folder(): string {
    return this.#directory.file(this.#name);
  }

  get source(): TufSource {
    this.#source ??= this.#open();
    return this.#source;
  }

  /** Pins another root. */
  pin(root: string): void {
    writeFileSync(this.#directory.file('root.json'), root);
  }

  /** What an update comes to: `unchanged`, `version N` with the fault behind it if there is one, or the code of its refusal. */
  async outcome(): Promise<string> {
    try {
      const given = await this.update();
      return given === 'unchanged'
        ? given
        : `version ${given.version}${given.fault === null ? '' : `, ${given.fault}`}`;
    } catch (error) {
      return error instanceof ListError ? error.code : String(error);
    }
  }

  /** What the next read gives; it comes into force unless told. */
  async update({ isRefused = false } = {}): Promise<Given | 'unchanged'> {
    let read: SourceRead;
    try {
      read = await this.source.read({ ...ALONE, inForce: this.image });
    } catch (error) {
      const less = error instanceof ListError ? await this.#withdraw(error.code) : null;
      if (less === null) throw error;
      return less;
    }
    if (read.kind === 'unchanged' || read.kind === 'same') return (await this.#withdraw(null)) ?? 'unchanged';
    const { version, entries, withdrawn } = imageTerms(read.bytes);
    if (isRefused && read.version !== null) {
      this.source.refused(read.version);
    } else {
      this.image = read.bytes;
      this.warning = await this.source.accepted(read.bytes);
      if (this.warning !== null && !this.mayWarn) throw new Error(this.warning);
    }
    const fault = read.kind === 'cached' ? (read.fault?.code ?? null) : null;
    return { kind: read.kind, version, entries, withdrawn, gate: read.version?.gate ?? null, fault };
  }

  /** @returns what is in force then; null where nothing was withdrawn. */
  async #withdraw(fault: string | null): Promise<Given | null> {
    if (this.image === null || !(await this.source.withdraw(this.image, ALONE.rest))) return null;
    const { version, entries, withdrawn } = imageTerms(this.image);
    return { kind: 'withdrawn', version, entries, withdrawn, gate: null, fault };
  }

  /** As after a crash: nothing is left but what lies on disk. */
  restart(): void {
    this.close();
    this.image = null;
  }

  /** Its interval is over; it is told to whoever watches the source. */
  poll(): void {
    this.#polled?.changed();
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
  }

  filesOnDisk(): readonly string[] {
    return readdirSync(join(this.folder, 'files'));
  }

  #open(): TufSource {
    const store = new Store({
      folder: this.folder,
      owner: 'test',
      onDamage: (_file, reason) => this.faults.push(`damaged: ${reason}`),
      onRepair: (file, reason) => this.repairs.push(`${basename(file)}: ${reason}`),
    });
    const supported = { format: this.format, form: 1 };
    const identity = (): Promise<Identity> =>
      Promise.resolve(Identity.parse(this.identity ?? this.#repository.identity));
    const repository = new SyncedRepository({
      store,
      mirrors: this.mirrors,
      rootPath: this.#directory.file('root.json'),
      supported,
      identity,
      now: () => this.now,
      earliest: () => this.earliest ?? this.now,
      steady: () => this.steady,
      interrupt: () => this.interrupt(),
      log: { witnesses: () => this.witnesses, onGap: () => this.faults.push('gap') },
      progress: () => {},
      onFault: (mirror, { code }) => this.faults.push(`${mirror}: ${code}`),
    });
    const images = new ImageMaker({ repository, store, identity, isOffline: this.isOffline });
    const { namesIdentity } = this;
    const names =
      namesIdentity === null
        ? null
        : new NamesPayloads({
            repository,
            store,
            images,
            identity: () => Promise.resolve(Identity.parse(namesIdentity)),
            onFault: ({ code }) => this.faults.push(`names: ${code}`),
          });
    return new TufSource({
      repository,
      images,
      names,
      supported,
      delayMs: this.delayMs,
      isOffline: this.isOffline,
      onFault: (mirror, { code }) => this.faults.push(`beside, ${mirror}: ${code}`),
      watch: (events) => {
        this.#polled = events;
        return { close: () => {} };
      },
      close: () => {},
    });
  }
}
