/**
 * Brings metadata up to date as the TUF specification says (1.0, section 5), which tuf-js does:
 *
 *   stored metadata ─▶ a copy in memory ◀─▶ tuf-js ◀─ repository
 *                            └─▶ verified once more (trusted-metadata.ts), by the time that is given ─▶ new metadata
 *
 * It must not touch what is stored: whoever calls puts the new in its place. tuf-js works in a folder, takes the clock as it is, forgets why a
 * snapshot or targets role was refused, and ends the chain of roots at a status of 403 or 404 only: all four are mended here.
 */
import { Updater } from 'tuf-js';
import type { Fetcher } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { ListError, listError } from '../../list-error.ts';
import { inTime, refusalOf } from './refusal.ts';
import { wholeOf } from './repository.ts';
import type { Repository } from './repository.ts';
import {
  checkNextRoot,
  DELEGATED_ROLES,
  haveSameKeys,
  isMetadata,
  isShortRoot,
  ROLES,
  soundIn,
  verifyMetadata,
} from './trusted-metadata.ts';
import type { MetadataFiles, RoleName, TrustedMetadata } from './trusted-metadata.ts';

export interface MetadataUpdate {
  readonly repository: Repository;
  /** Verified; at least the root. */
  readonly stored: MetadataFiles;
  /** As it was just fetched. */
  readonly timestamp: Buffer;
  /** Milliseconds since the epoch. */
  readonly times: Times;
}

interface Times {
  /** Never earlier than the newest time that was signed. */
  readonly now: number;
  /** That of the clock alone: what was signed under keys that have been replaced vouches for no time. */
  readonly clock: number;
}

export interface UpdatedMetadata {
  readonly files: MetadataFiles;
  readonly trusted: TrustedMetadata;
  /** Keys of roles that vouch for times were replaced by a newer root: no time that was signed before holds any more. */
  readonly isTimeReset: boolean;
}

/** The largest timestamp that is read. */
export const MAX_TIMESTAMP_BYTES = 16 * 1024;
/** tuf-js joins it with the name of a file, and nobody resolves it. */
const BASE = 'https://repository.invalid/metadata/';
const ROOT_NAME = /^\d+\.root\.json$/;
const ROLE_NAME = /^(?:\d+\.)?([a-z]+)\.json$/;
const LIMITS = {
  maxRootRotations: 256,
  maxDelegations: 8,
  rootMaxLength: 512 * 1024,
  timestampMaxLength: MAX_TIMESTAMP_BYTES,
  snapshotMaxLength: 512 * 1024,
  targetsMaxLength: 4 * 1024 * 1024,
};

/** @throws ListError; `signature`, `expired`, `rollback` and `inconsistent` are attacks, or faults of the publisher or of a mirror. */
export async function updateMetadata(update: MetadataUpdate): Promise<UpdatedMetadata> {
  const { stored } = update;
  const copy: MetadataCopy = { ...soundIn(stored) };
  const fetcher = new MetadataFetcher(update);
  try {
    await runUpdater(copy, fetcher);
    fetcher.checkRoots();
    const files = filesIn(copy);
    return { files, trusted: inTime(verifyMetadata(files), fetcher.now), isTimeReset: fetcher.isTimeReset };
  } catch (error) {
    const { received, last, now } = fetcher;
    throw fetcher.fault ?? refusalOf(error, { received, last, stored, now });
  }
}

/** By role, also of those that nobody here reads. */
type MetadataCopy = Partial<Record<string, string>>;

function filesIn(copy: MetadataCopy): MetadataFiles {
  const files: Partial<Record<RoleName, string>> = {};
  for (const role of ROLES) {
    const text = copy[role];
    if (text !== undefined) files[role] = text;
  }
  return files;
}

/**
 * tuf-js reads and writes metadata in a folder, by two methods of its own, and offers no other way: a disk that takes nothing would keep back what is
 * withdrawn.
 */
function updaterInMemory(copy: MetadataCopy, options: ConstructorParameters<typeof Updater>[0]): Updater {
  class UpdaterInMemory extends Updater {}
  const files = {
    loadLocalMetadata: (role: string): Buffer => {
      const text = copy[role];
      if (text === undefined) throw new Error(`${role} is not there`);
      return Buffer.from(text);
    },
    persistMetadata: (role: string, bytes: Buffer): void => {
      copy[role] = bytes.toString('utf8');
    },
  };
  for (const name of Object.keys(files))
    if (!Reflect.has(Updater.prototype, name)) throw listError('internal', `this version of tuf-js has no ${name}`);
  Object.assign(UpdaterInMemory.prototype, files);
  return new UpdaterInMemory(options);
}

async function runUpdater(copy: MetadataCopy, fetcher: MetadataFetcher): Promise<void> {
  const updater = updaterInMemory(copy, { metadataDir: '', metadataBaseUrl: BASE, fetcher, config: LIMITS });
  setTime(updater, fetcher.now);
  // Before anything is found to have expired: the timestamp is what comes behind the last root.
  fetcher.onRoots = () => setTime(updater, fetcher.now);
  await updater.refresh();
  // Roles that the targets role delegates to are loaded when somebody asks for a file that is theirs.
  for (const role of DELEGATED_ROLES) await updater.getTargetInfo(`${role}/any`);
}

/** tuf-js offers no other way: by a wall clock that is ahead it would keep back what is withdrawn. */
function setTime(updater: Updater, now: number): void {
  const trusted: unknown = Reflect.get(updater, 'trustedSet');
  if (!(trusted instanceof TrustedMetadataStore) || !Reflect.has(trusted, 'referenceTime'))
    throw listError('internal', 'this version of tuf-js takes no reference time');
  Reflect.set(trusted, 'referenceTime', new Date(now));
}

class MetadataFetcher implements Fetcher {
  readonly #repository: Repository;
  readonly #timestamp: Buffer;
  readonly #times: Times;
  readonly #storedRoot: string;
  /** Newer ones, in order. */
  readonly #roots: string[] = [];
  /** The chain of roots has ended. */
  onRoots: () => void = () => {};
  isTimeReset = false;
  /** What could not be fetched; tuf-js keeps no more of it than its text. */
  fault: unknown = null;
  /** What was received last: if anything of it is refused, it is this. */
  last: RoleName | null = null;
  /** By role, what was received. */
  readonly received: Partial<Record<RoleName, string>> = {};

  constructor({ repository, timestamp, times, stored }: MetadataUpdate) {
    this.#repository = repository;
    this.#timestamp = timestamp;
    this.#times = times;
    this.#storedRoot = stored.root ?? '';
  }

  /** By which it is judged what has expired. */
  get now(): number {
    return this.isTimeReset ? this.#times.clock : this.#times.now;
  }

  async downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    const name = url.slice(BASE.length);
    if (name === 'timestamp.json') this.#endRoots();
    const bytes = name === 'timestamp.json' ? this.#timestamp : await this.#fetch(name, maxLength);
    const role = ROLES.find((known) => known === ROLE_NAME.exec(name)?.[1]);
    if (role !== undefined) this.received[role] = bytes.toString('utf8');
    if (role === 'root') this.#roots.push(bytes.toString('utf8'));
    this.last = role ?? this.last;
    return bytes;
  }

  /** tuf-js has verified them, and counts one key under two ids twice. @throws ListError `signature`. */
  checkRoots(): void {
    this.#roots.reduce((before, next) => {
      checkNextRoot(before, next);
      return next;
    }, this.#storedRoot);
  }

  downloadFile(): Promise<never> {
    return Promise.reject(new TypeError('targets are fetched by fetch-target.ts'));
  }

  /**
   * Whoever has stolen the keys of timestamps may have signed a time to come, and nothing that is signed in the present would be taken before that. Replaced
   * keys end it, as they end version numbers that were counted far ahead (section 5.3.11). tuf-js has verified the root by now.
   */
  #endRoots(): void {
    const newest = this.received.root;
    this.isTimeReset = newest !== undefined && !haveSameKeys(this.#storedRoot, newest);
    this.onRoots();
  }

  async #fetch(name: string, maxBytes: number): Promise<Buffer> {
    const isRoot = ROOT_NAME.test(name);
    try {
      const answer = await this.#repository.open(`metadata/${name}`, { maxBytes, etag: null });
      if (answer.kind !== 'file')
        throw isRoot ? noSuchRoot() : listError('inconsistent', `there is no metadata/${name}`);
      const bytes = await wholeOf(answer.pieces);
      const text = isRoot ? bytes.toString('utf8') : '';
      if (isRoot && !isMetadata(text)) throw noSuchRoot();
      if (isRoot && !isShortRoot(text))
        throw listError('inconsistent', `metadata/${name} holds more than any root does`);
      return bytes;
    } catch (error) {
      // A CDN may send whoever asks for what it does not have to a page that says so. Who can do that can say 404 as well.
      if (isRoot && error instanceof ListError && error.code === 'redirect') throw noSuchRoot();
      if (error instanceof DownloadHTTPError) throw error;
      this.fault = isRoot ? error : asSigned(name, error);
      throw error;
    }
  }
}

/** How long all but root and timestamp are is signed. */
function asSigned(name: string, error: unknown): unknown {
  if (!(error instanceof ListError) || error.code !== 'too_large') return error;
  return listError('inconsistent', `${name} is longer than is signed`, error);
}

function noSuchRoot(): DownloadHTTPError {
  return new DownloadHTTPError('there is no newer root', 404);
}
