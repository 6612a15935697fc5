/**
 * The metadata of a repository as a node follows it: one small question of a mirror, and only where the timestamp is another one, or what is known has
 * expired, the rest. What is verified is committed with the times that it tells. It must not look at a target.
 */
import { isDeepStrictEqual } from 'node:util';
import { objectOf, parsedJson } from '../../../lib/json.ts';
import { type ListError, listError } from '../../list-error.ts';
import type { LastHeard } from './last-heard.ts';
import type { Identity } from './identity.ts';
import { wholeOf } from './repository.ts';
import type { Repository } from './repository.ts';
import { NO_TIMES } from './signed-times.ts';
import type { StoredState } from './stored-state.ts';
import { ownersOf } from './trusted-metadata.ts';
import type { TrustedMetadata } from './trusted-metadata.ts';
import { MAX_TIMESTAMP_BYTES, updateMetadata } from './update-metadata.ts';
import { offersFault, offersOf, seenSince } from './versions.ts';
import type { Supported } from './versions.ts';

export interface FollowedMetadataOptions {
  readonly supported: Supported;
  /** @throws ListError `secret`. */
  readonly identity: () => Promise<Identity>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The earliest that it may be. */
  readonly earliest: () => number;
}

/** What the node has of the repository. */
export interface KeptRepository {
  readonly state: StoredState;
  readonly lastHeard: LastHeard;
  /** Never earlier than what the publisher has signed. */
  readonly now: number;
  commit(change: Partial<StoredState>): Promise<void>;
}

export class FollowedMetadata {
  readonly #options: FollowedMetadataOptions;
  readonly #kept: KeptRepository;
  /** Of each mirror's timestamp that was verified. */
  readonly #etags = new Map<Repository, string | null>();
  /** Null: nothing was fetched yet. */
  trusted: TrustedMetadata | null = null;

  constructor(options: FollowedMetadataOptions, kept: KeptRepository) {
    this.#options = options;
    this.#kept = kept;
  }

  open(trusted: TrustedMetadata | null): void {
    this.trusted = trusted;
    this.#etags.clear();
  }

  /** @throws ListError; then it is as it was. */
  async update(mirror: Repository): Promise<void> {
    const { state, lastHeard } = this.#kept;
    const answer = await mirror.open('metadata/timestamp.json', {
      maxBytes: MAX_TIMESTAMP_BYTES,
      etag: this.#etags.get(mirror) ?? null,
    });
    if (answer.kind === 'absent') throw noTimestamp(answer.why);
    const stored = state.metadata.timestamp ?? '';
    const timestamp = answer.kind === 'file' ? (await wholeOf(answer.pieces)).toString('utf8') : stored;
    const isUsable = this.trusted !== null && this.trusted.isWhole && this.trusted.expiresAt > this.#kept.now;
    if (timestamp !== stored || !isUsable) await this.#take(mirror, timestamp);
    if (answer.kind === 'file') this.#etags.set(mirror, answer.etag);
    await lastHeard.heard(this.#options.now(), this.#kept);
    await this.#setRight();
  }

  /** What was first seen at a time to come would wait until then. */
  async #setRight(): Promise<void> {
    const { supported, now } = this.#options;
    const { state } = this.#kept;
    if (this.trusted === null || Object.values(state.firstSeen).every((seen) => seen <= now())) return;
    await this.#kept.commit({ firstSeen: seenSince(offersOf(this.trusted, supported), state, now()) });
  }

  /** The version of the timestamp that is known; 0: of none. */
  get version(): number {
    return this.trusted?.versions.timestamp ?? 0;
  }

  /** The version of the timestamp that it shows, of which nothing is verified; 0: it shows none. @throws ListError */
  async shownBy(mirror: Repository): Promise<number> {
    const answer = await mirror.open('metadata/timestamp.json', { maxBytes: MAX_TIMESTAMP_BYTES, etag: null });
    if (answer.kind !== 'file') return 0;
    const version = Number(signedIn((await wholeOf(answer.pieces)).toString('utf8'))?.['version']);
    return Number.isSafeInteger(version) ? version : 0;
  }

  /** What came opened with the identity of then; a start needs the one that lies here now. @throws ListError `secret`, `decrypt`. */
  async checkIdentity(): Promise<void> {
    const identity = await this.#options.identity();
    const owners = this.trusted?.owners ?? null;
    if (owners === null || (await identity.isAmong(owners))) return;
    throw listError(
      'decrypt',
      'the identity that lies here now is none to which the list is encrypted: what is in force stays, and a start would find no list',
    );
  }

  async #take(repository: Repository, timestamp: string): Promise<void> {
    const { supported, now, earliest } = this.#options;
    const kept = this.#kept;
    const { files, trusted, isTimeReset } = await updateMetadata({
      repository,
      stored: kept.state.metadata,
      timestamp: Buffer.from(timestamp),
      times: { now: kept.now, clock: earliest() },
    });
    await this.#checkOwner(trusted.owners);
    const fault = offersFault(trusted, supported);
    if (fault !== null) throw fault;
    if (!saysTheSame(files.timestamp ?? '', timestamp)) await this.#refuseTwin(timestamp, trusted);
    const firstSeen = seenSince(offersOf(trusted, supported), kept.state, now());
    const times = isTimeReset ? NO_TIMES : {};
    await kept.commit({ metadata: files, heardAt: now(), firstSeen, ...times });
    this.trusted = trusted;
  }

  /**
   * The same keys sign the repositories of all recipients: a server that gives another one's would otherwise be followed, and versions that
   * are ahead there would keep this node from its own.
   */
  async #checkOwner(owners: readonly string[] | null): Promise<void> {
    if (owners === null)
      throw listError('inconsistent', 'the timestamp of the repository does not say whose it is (owners)');
    if (await (await this.#options.identity()).isAmong(owners)) return;
    throw listError(
      'decrypt',
      'the repository is that of another recipient: look at the URL, and ask the clearing house to which identity it is encrypted',
    );
  }

  /**
   * Signed as it should be, and passed over by tuf-js since its version is the one that is known (TUF 5.4.3.1). It says something else: to take it for
   * "nothing new" would call a list current of which nobody has looked. It is over with the next version.
   */
  async #refuseTwin(timestamp: string, { versions }: TrustedMetadata): Promise<never> {
    await this.#checkOwner(ownersOf(timestamp));
    throw listError(
      'inconsistent',
      `the timestamp of the repository is another one than was there before, and both have version ${versions.timestamp ?? 0}`,
    );
  }
}

/** A server may write JSON anew, and a publisher sign once more what was signed before. */
function saysTheSame(one: string, other: string): boolean {
  return one === other || isDeepStrictEqual(signedIn(one), signedIn(other));
}

function signedIn(metadata: string): Readonly<Record<string, unknown>> | null {
  return objectOf(objectOf(parsedJson(metadata))?.['signed']);
}

/** Whoever asks with another's certificate, or at another's address, is told so here first. */
function noTimestamp(why: string | undefined): ListError {
  return listError('inconsistent', `there is no metadata/timestamp.json${why === undefined ? '' : `: ${why}`}`);
}
