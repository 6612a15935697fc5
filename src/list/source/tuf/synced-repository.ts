/**
 * The repository of one list as this node has it: brought up to date from its mirrors, and what of it lies here.
 *
 *   follow: timestamp.json, if it has changed ─▶ metadata ─▶ withdrawn set ─▶ log         short, at each poll, whatever else is under way
 *                 one small question
 *   fetch:  payloads that the chosen version lacks                                        as long as it takes
 *
 * Each step is committed by itself: after a crash the next goes on there. Each mirror is asked in turn, and what fails in one changes nothing. It must
 * not decide which version is wanted.
 */
import { createHash } from 'node:crypto';
import type { Time } from '../../../lib/time.ts';
import { toldElsewhere } from '../../../lib/errors.ts';
import { type ListError, listError } from '../../list-error.ts';
import { MAX_LIST_BYTES } from '../source.ts';
import type { VersionNotes } from '../version-notes.ts';
import { fetchKept, fetchPlan } from './fetch-kept.ts';
import type { FetchProgress } from './fetch-target.ts';
import { FollowedMetadata } from './followed-metadata.ts';
import { LastHeard } from './last-heard.ts';
import { followLog } from './head-watch.ts';
import type { HeadWatchTerms } from './head-watch.ts';
import type { Identity } from './identity.ts';
import { KeptState } from './kept-state.ts';
import type { Change } from './kept-state.ts';
import { MirrorLooks } from './mirror-looks.ts';
import { MirrorTurns } from './mirror-turns.ts';
import type { MirrorFault } from './mirror-turns.ts';
import { pinnedRoot, storedTrust, withRoot, withSoundRoot } from './pinned-root.ts';
import type { Repository } from './repository.ts';
import { timesWith } from './signed-times.ts';
import type { SignedTimes, TimeTerms } from './signed-times.ts';
import type { Damage } from './state-files.ts';
import { emptyState } from './stored-state.ts';
import type { Store } from './store.ts';
import type { StoredFile, StoredState } from './stored-state.ts';
import type { SignedTarget, TrustedMetadata } from './trusted-metadata.ts';
import { WithdrawnSets } from './withdrawn-sets.ts';
import { fileOf, leftBehind, offersOf } from './versions.ts';
import type { Offers, Plan, Supported } from './versions.ts';

export interface SyncedRepositoryOptions {
  readonly store: Store;
  /** In the order in which they are asked; the first that answers well is asked first the next time. */
  readonly mirrors: readonly Repository[];
  /** The pinned root. */
  readonly rootPath: string;
  readonly supported: Supported;
  /** @throws ListError `secret`. */
  readonly identity: () => Promise<Identity>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The earliest that it may be: by this it is judged what has expired. */
  readonly earliest: () => number;
  /** Milliseconds that nobody can set. */
  readonly steady: () => number;
  readonly time?: Time;
  /** What is asked of the publisher's log. */
  readonly log: Omit<HeadWatchTerms, 'supported' | 'folder'>;
  readonly progress: FetchProgress;
  /** Ends what waits for an answer; the next question is answered again. */
  readonly interrupt: () => void;
  /** A mirror failed, and another is asked. */
  readonly onFault: MirrorFault;
}

export class SyncedRepository {
  readonly #options: SyncedRepositoryOptions;
  readonly #kept: KeptState;
  readonly #lastHeard: LastHeard;
  readonly #metadata: FollowedMetadata;
  readonly #turns: MirrorTurns;
  /** Ends with the last that was asked for. */
  #follows: Promise<void> = Promise.resolve();
  readonly #sets: WithdrawnSets;
  readonly #looks: MirrorLooks;
  #withdrawnFault: ListError | null = null;

  constructor(options: SyncedRepositoryOptions) {
    this.#options = options;
    this.#kept = new KeptState(options.store, options.interrupt);
    this.#turns = new MirrorTurns(options.mirrors);
    this.#looks = new MirrorLooks(options.steady, options.time);
    this.#sets = new WithdrawnSets(options);
    this.#lastHeard = new LastHeard(options.steady);
    this.#metadata = new FollowedMetadata(options, this);
  }

  get isOpen(): boolean {
    return this.#kept.isOpen;
  }

  /** What lies here may be changed. */
  get isOwner(): boolean {
    return this.#kept.isOwner;
  }

  /** As of the last commit; after `open`. */
  get state(): StoredState {
    return this.#kept.current;
  }

  /** Null: nothing was fetched yet. */
  get trusted(): TrustedMetadata | null {
    return this.#metadata.trusted;
  }

  get offers(): Offers | null {
    const { trusted } = this;
    return trusted === null ? null : offersOf(trusted, this.#options.supported);
  }

  get lastHeard(): LastHeard {
    return this.#lastHeard;
  }

  /** Why the newest withdrawn set cannot be used; null: it can, or nobody has asked. */
  get withdrawnFault(): ListError | null {
    return this.#withdrawnFault;
  }

  /** Why what is known is in memory only; null: it lies here. */
  get diskFault(): ListError | null {
    return this.#options.store.fault;
  }

  /** A file here of which nothing could be used; null: there is none. */
  get damage(): Damage | null {
    return this.#options.store.damage;
  }

  /** Never earlier than the newest time that the publisher has signed: a clock that is behind accepts nothing that has expired. */
  get now(): number {
    return Math.max(this.#options.earliest(), this.#kept.isOpen ? this.state.signedAt : 0);
  }

  /** By which it is told how long a version has waited: a publisher whose clock is ahead must not make that shorter. */
  get clock(): number {
    return this.#options.now();
  }

  /** What was fetched before, verified without the network; expired metadata is used, and `trusted` says so. @throws ListError */
  async open(): Promise<void> {
    if (this.isOpen) return;
    const root = await pinnedRoot(this.#options.rootPath);
    const digest = createHash('sha256').update(root).digest('hex');
    const kept = await this.#options.store.read();
    // Another root is pinned: what was signed under the one before has to be signed under it as well.
    const state = kept === null ? emptyState(digest, root) : withRoot(kept, digest, root);
    const trusted = storedTrust(state, (reason) => {
      // What another root has signed was right until now.
      if (kept?.pinnedRoot === digest) this.#options.store.tellDamage(reason);
    });
    this.#kept.open(
      trusted === null ? { ...state, metadata: withSoundRoot(state.metadata, root) } : state,
      kept === null,
    );
    this.#lastHeard.open(state);
    this.#metadata.open(trusted);
  }

  /** As `own`, where nobody else has it. */
  async ownIfFree(): Promise<void> {
    await this.#kept.takeIfFree();
  }

  /**
   * Before what lies here is changed; the source that had it ends what it does, and what it has left is read.
   * @returns false where another source has taken it over.
   */
  async own(): Promise<boolean> {
    if (!(await this.#kept.take())) return false;
    await this.open();
    return true;
  }

  /** Another source has it still, and follows the repository: what is withdrawn by now. */
  async look(): Promise<void> {
    const kept = await this.#options.store.read();
    if (kept !== null) await this.commit({ withdrawn: kept.withdrawn });
  }

  release(): void {
    this.#kept.release();
  }

  /**
   * Metadata, what is withdrawn, the log of events: all that is short. Whatever payload is being fetched goes on beside it.
   * @param onFault told of each mirror that failed, if there are several.
   * @throws ListError; the gravest, where no mirror gives it. What was fetched until then stays.
   */
  async follow(onFault: MirrorFault | null = null): Promise<void> {
    this.#kept.checkOwner();
    const before = this.#follows;
    const followed = (async () => {
      await before;
      await this.#kept.prepare();
      await this.#forgetLost();
      try {
        await this.#turns.ask(async (mirror) => await this.#followFrom(mirror), onFault ?? this.#faultOfSeveral());
        await this.#followWhoIsAhead(onFault ?? this.#faultOfSeveral());
      } finally {
        await this.#lastHeard.keep(this);
      }
    })();
    this.#follows = toldElsewhere(followed);
    await this.#kept.within(followed);
  }

  /** Whether a start could open what lies here. @throws ListError `secret`, `decrypt`. */
  async checkIdentity(): Promise<void> {
    await this.#metadata.checkIdentity();
  }

  /** What a plan lacks. @param isAnew all of it, whatever lies here. @throws ListError; the gravest, where no mirror gives it. */
  async fetch(plan: Plan, isAnew = false): Promise<void> {
    if (plan.missing.length === 0) return;
    this.#kept.checkOwner();
    const { store, progress } = this.#options;
    const terms = { store, maxBytes: MAX_LIST_BYTES, progress, isAnew };
    await this.#kept.within(
      this.#turns.ask(async (mirror) => await fetchPlan(mirror, plan, this, terms), this.#faultOfSeveral()),
    );
  }

  /** Fetches all that a plan consists of, whatever lies here. @throws ListError; then what lies here is as it was. */
  async refetch(plan: Plan): Promise<void> {
    await this.fetch(plan, true);
  }

  /** A file beside the list, and what is committed with it. @throws ListError; then nothing is. */
  async fetchFile(target: SignedTarget, change: Change): Promise<void> {
    this.#kept.checkOwner();
    await this.#kept.within(this.#fetchFile(target, change));
  }

  /** Where the disk takes nothing, in memory. @throws ListError `state` where nothing lies here yet; then it is as it was. */
  async commit(change: Change): Promise<void> {
    await this.#kept.commit(change);
  }

  /** What must not be forgotten. @throws ListError `state`; then it is as it was. */
  async decide(change: Change): Promise<void> {
    await this.#kept.decide(change);
  }

  /** Whether what lies here can be changed: if not, an earlier run may have known more. */
  async isWritable(): Promise<boolean> {
    return await this.#kept.isWritable();
  }

  /** The next update fetches this withdrawn set again, though it lies here. */
  distrust(withdrawn: StoredFile): void {
    this.#sets.distrust(withdrawn);
  }

  /** With the next commit: a restart finds out by itself. */
  note(noted: VersionNotes): void {
    this.#kept.note(noted);
  }

  /** The publisher has signed these at these times, milliseconds since the epoch: what is to be committed. */
  timesWith(signed: readonly { readonly time: number; readonly of: TimeTerms['of'] }[]): SignedTimes {
    const terms = { clock: this.#options.earliest(), expiresAt: this.trusted?.expiresAt ?? 0 };
    const { signedAt, listSignedAt } = this.state;
    return signed.reduce<SignedTimes>((known, { time, of }) => timesWith(known, time, { of, ...terms }), {
      signedAt,
      listSignedAt,
    });
  }

  /** Of one alone the read tells. */
  #faultOfSeveral(): MirrorFault {
    const { mirrors, onFault } = this.#options;
    return mirrors.length > 1 ? onFault : () => {};
  }

  async #fetchFile(target: SignedTarget, change: Change): Promise<void> {
    const { store } = this.#options;
    const file = fileOf(target);
    const terms = { store, maxBytes: MAX_LIST_BYTES, progress: () => {} };
    try {
      await this.#turns.ask(async (mirror) => await fetchKept(mirror, target, terms), this.#faultOfSeveral());
      await this.commit(change);
    } finally {
      store.drop(file);
    }
  }

  async #forgetLost(): Promise<void> {
    const lost = await this.#kept.forgetLost();
    const { withdrawn } = this.state;
    if (withdrawn !== null && lost.has(withdrawn.sha256)) this.distrust(withdrawn);
  }

  async #followFrom(mirror: Repository): Promise<void> {
    await this.#metadata.update(mirror);
    const { offers, trusted } = this;
    if (offers === null || trusted === null) return;
    const { store, supported, log } = this.#options;
    this.#withdrawnFault =
      offers.withdrawn === null
        ? (leftBehind(offers, supported) ?? withdrawnMissing(this.state, trusted))
        : await this.#sets.update(mirror, offers.withdrawn, this);
    const terms: HeadWatchTerms = { ...log, supported, folder: store.folder };
    await followLog(mirror, { trusted, offers }, { kept: this, terms });
  }

  /**
   * The one that is preferred may be left behind by now, and says that nothing has changed until all it has expires: no removal waits for that, nor for
   * the turn of one mirror among many. All are asked at once, and what is newest is followed first.
   */
  async #followWhoIsAhead(onFault: MirrorFault): Promise<void> {
    const shown = await Promise.all(
      this.#turns.others().map(async (mirror) => {
        const version = await this.#looks.ask(mirror, async () => await this.#metadata.shownBy(mirror));
        return { mirror, version: version ?? 0 };
      }),
    );
    for (const { mirror, version } of shown.toSorted((a, b) => b.version - a.version)) {
      if (version <= this.#metadata.version) return;
      const fault = await this.#looks.follow(mirror, async () => await this.#followFrom(mirror));
      if (fault === null) this.#turns.prefer(mirror);
      else onFault(mirror.name, fault);
    }
  }
}

/** What was withdrawn stays so, and nothing more is: that must not look as if there were nothing to withdraw. */
function withdrawnMissing({ withdrawn }: StoredState, { versions }: TrustedMetadata): ListError | null {
  if (versions.withdrawn === undefined)
    return listError('inconsistent', 'the repository delegates to no role `withdrawn`: no removal can arrive');
  if (withdrawn === null) return null;
  return listError(
    'inconsistent',
    'the repository names no withdrawn set any more, and had one: no removal can arrive',
  );
}
