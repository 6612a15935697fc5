/**
 * A publisher at work: its state, read once and locked, and the two things that every command ends with: a version is made from a change,
 * and each repository is brought up to what the events say.
 *
 *   change ─▶ emit: payloads of each recipient ─▶ pending.json ─▶ events.jsonl ─▶ repositories, one after the other ─▶ done
 *                                                 └─ interrupted from here on: the next command goes on ─┘
 *
 * It must not decide what is on the list: that is the change set's business.
 */
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { emitAll, linesOf } from './emit/emit-pool.ts';
import { digestsOf, type EmitResult } from './emit/emit-job.ts';
import { emittersFor } from './emit/emitter.ts';
import { emitJob, type Emission } from './emission.ts';
import { namedEntries } from './emit/names.ts';
import { logHeadPath, type Folders } from './folders.ts';
import { KeyRing } from './keys/key-ring.ts';
import { eachRecipient } from './each-recipient.ts';
import { dueFor, ONLINE_ROLES, writeHeads, writeWithdrawn, type Given } from './repository/due.ts';
import { isoSeconds } from './repository/metadata.ts';
import { Repositories } from './repository/repositories.ts';
import type { RepositoryChange } from './repository/repository.ts';
import { withLeaves } from './log/event-leaves.ts';
import { Heads, type Head } from './log/heads.ts';
import { EventLog, eventsPath, type LoggedEvent, type PublisherEvent } from './state/events.ts';
import { ListState } from './state/list-state.ts';
import { lockState } from './state/lock.ts';
import { checkOwner } from './state/owner.ts';
import { dropPending, readPending, writePending } from './state/pending.ts';
import { readRecipients, type Recipient } from './state/recipients.ts';
import { readSettings, type Settings } from './state/settings.ts';

export interface PublisherOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly emitters?: URL;
  /** Of so many recipients so many are done. */
  readonly progress?: (done: number, of: number) => void;
  /**
   * Aborted: what is under way for a recipient comes to its end, nothing more begins, and the reason is thrown. What is left undone the next
   * command does.
   */
  readonly signal?: AbortSignal;
}

export interface VersionChange {
  readonly added: readonly string[];
  readonly removed: readonly { readonly uid: number; readonly line: string }[];
  readonly changeSet: string | null;
  readonly approvedBy: readonly string[];
}

const STORED_ROLES = ['targets', ...ONLINE_ROLES] as const;

export class Publisher implements AsyncDisposable {
  readonly folders: Folders;
  readonly state = new ListState();
  readonly now: number;
  settings: Settings;
  recipients: readonly Recipient[] = [];
  readonly repositories: Repositories;
  readonly #options: PublisherOptions;
  readonly #lock: AsyncDisposable;
  readonly #log: EventLog;
  readonly #heads: Heads;
  #ring: KeyRing;

  static async open(folders: Folders, options: PublisherOptions): Promise<Publisher> {
    const lock = await lockState(folders);
    try {
      const settings = await readSettings(folders);
      await checkOwner(folders);
      const publisher = new Publisher(folders, { settings, lock, options });
      await publisher.#recover();
      return publisher;
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    folders: Folders,
    {
      settings,
      lock,
      options,
    }: { readonly settings: Settings; readonly lock: AsyncDisposable; readonly options: PublisherOptions },
  ) {
    this.folders = folders;
    this.settings = settings;
    this.now = options.now;
    this.#options = options;
    this.#lock = lock;
    this.#ring = new KeyRing(folders, settings);
    this.repositories = new Repositories(folders);
    this.#heads = new Heads(folders);
    this.#log = EventLog.open(eventsPath(folders), (event) => this.#visit(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#heads[Symbol.dispose]();
    await this.#lock[Symbol.asyncDispose]();
  }

  /** Those that are published to. */
  get active(): readonly Recipient[] {
    return this.recipients.filter(({ name }) => this.state.recipients.has(name) && !this.state.revoked.has(name));
  }

  /** Names of those whom the version in force has not reached: a command was interrupted, or REPO has its files no more. */
  get late(): readonly string[] {
    return this.active.map(({ name }) => name).filter((name) => this.#isLate(name));
  }

  get ring(): KeyRing {
    return this.#ring;
  }

  /** After a rotation. */
  use(settings: Settings): void {
    this.settings = settings;
    this.#ring = new KeyRing(this.folders, settings);
  }

  append(events: Iterable<PublisherEvent>): void {
    const whole = withLeaves(events, this.#log.next - 1);
    this.#log.append(whole, isoSeconds(this.now), (event) => this.#visit(event));
  }

  /** The next version. @returns its number. */
  async commitVersion(change: VersionChange): Promise<number> {
    const { added, removed, changeSet, approvedBy } = change;
    // Fails before anything is written where it could not be signed.
    await this.#ring.signers('targets');
    await this.finishVersion();
    const version = this.state.version + 1;
    const first = this.#log.next + removed.length;
    const addedUids = added.map((line, i) => [line, first + i] as const);
    const gone = new Set(removed.map(({ line }) => line));
    const inForce = this.state.inForce;
    const whole = function* (): Generator<readonly [string, number]> {
      for (const entry of inForce) if (!gone.has(entry[0])) yield entry;
      yield* addedUids;
    };
    const emitted = { added: addedUids, removed: Float64Array.from(removed, ({ uid }) => uid) };
    const results = await this.#emit(this.active, { version, change: emitted, whole });
    await writePending(this.folders, version, results);
    const events = function* (): Generator<PublisherEvent> {
      for (const { uid, line } of removed) yield { kind: 'removed', uid, line };
      for (const line of added) yield { kind: 'added', line };
      yield { kind: 'version', version, digests: digestsOf(results), changeSet, approvedBy: [...approvedBy] };
    };
    this.append(events());
    await this.bringUpToDate(results);
    return version;
  }

  /** A recipient that is not published to yet gets the list as it is. */
  async addRecipient(recipient: Recipient): Promise<void> {
    const { version, inForce } = this.state;
    this.recipients = [...this.recipients.filter(({ name }) => name !== recipient.name), recipient];
    const results = version === 0 ? [] : await this.#emit([recipient], { version, change: null, whole: () => inForce });
    this.append([{ kind: 'recipient', name: recipient.name, change: 'added', version, digests: digestsOf(results) }]);
    await this.bringUpToDate(results);
  }

  /**
   * Whatever the events and the settings say and a repository does not have yet is published to it.
   * @param results what was made for the version in force; what is missing is made.
   * Throws CleanfeedError `not_reached`, which names the recipients that did not get it; the others did.
   */
  async bringUpToDate(results: readonly EmitResult[] = []): Promise<void> {
    const pending = results.length === 0 ? await readPending(this.folders) : null;
    const known =
      pending?.version === this.state.version ? await this.repositories.stillThere(pending.results) : results;
    const late = this.active.filter(
      ({ name }) => this.#isLate(name) && !known.some(({ recipient }) => recipient === name),
    );
    const { version, inForce } = this.state;
    const made = late.length === 0 ? [] : await this.#emit(late, { version, change: null, whole: () => inForce });
    const targets = new Map([...known, ...made].map((result) => [result.recipient, result.targets]));
    const head = await this.head();
    const renewable = await this.#ring.signable(STORED_ROLES);
    await this.#each(async (recipient) => {
      const own = this.#isLate(recipient.name) ? (targets.get(recipient.name) ?? []) : null;
      await this.#publishDue(recipient, { targets: own, head, isRefresh: false, isRotated: true, renewable });
    });
    await dropPending(this.folders);
  }

  /** The version in force is published to whom it has not reached, and what REPO lacks is made again; only where there is any, keys are needed. */
  async finishVersion(): Promise<void> {
    const isWhole = this.active.every(({ name }) => this.repositories.isWhole(name));
    if (this.late.length > 0 || !isWhole) await this.bringUpToDate();
  }

  /**
   * What can be published with the keys that are always at hand: withdrawn entries and, on a refresh, fresh signatures.
   * Throws CleanfeedError `not_reached`, which names the recipients that did not get it; the others did.
   */
  async bringOnlineRolesUpToDate({ isRefresh }: { readonly isRefresh: boolean }): Promise<void> {
    // A removal waits for no signature but its own.
    const head = isRefresh ? await this.head() : null;
    const signable = await this.#ring.signable(STORED_ROLES);
    const renewable = isRefresh ? [...new Set([...ONLINE_ROLES, ...signable])] : signable;
    await this.#each(async (recipient) => {
      const before = this.repositories.published(recipient.name);
      if (before === null) return;
      // Its targets may not name the key of the log yet that has signed the head.
      const own = before.rotation < this.settings.rotation ? null : head;
      await this.#publishDue(recipient, { targets: null, head: own, isRefresh, isRotated: false, renewable });
    });
  }

  /** Of the log as it is, with what witnesses have signed of it; for them it lies beside the repositories. */
  async head(): Promise<Head> {
    const [signer] = await this.#ring.signers('log');
    if (signer === undefined) throw new Error('a role without signers');
    const head = await this.#heads.current(signer, this.now);
    await writeFileAtomic(logHeadPath(this.folders), head.fileWith([]), { mode: 0o644 });
    return head;
  }

  /** Nothing will follow: its timestamp expires now. */
  async endRepository(recipient: Recipient): Promise<void> {
    const before = this.repositories.published(recipient.name);
    if (before !== null) await this.#publish(recipient, { isLast: true, state: before });
  }

  #isLate(name: string): boolean {
    return this.repositories.isLate(name, this.state.version);
  }

  #visit(event: LoggedEvent): void {
    this.state.apply(event);
    this.#heads.visit(event);
  }

  async #each(act: (recipient: Recipient) => Promise<void>): Promise<void> {
    await eachRecipient(this.active, act, this.#options.signal);
  }

  async #publishDue(
    recipient: Recipient,
    { head, ...more }: Omit<Given, 'heads'> & { readonly head: Head | null },
  ): Promise<void> {
    const leaves = this.#heads.leavesOf(recipient.name);
    const heads = head === null ? null : [{ path: `log/${head.size}.head`, bytes: head.fileWith(leaves) }];
    const given: Given = { ...more, heads };
    const { folders, state, settings, now, repositories } = this;
    const before = repositories.published(recipient.name);
    const { version, withdrawn } = state;
    const lacking = repositories.lacking(recipient.name);
    const due = dueFor(before, { ...given, recipient, settings, now, version, withdrawn: withdrawn.size, lacking });
    if (due === null) return await repositories.publishDecided(recipient.name);
    const serial = (before?.serial ?? 0) + (due.isWithdrawnDue ? 1 : 0);
    const uids = [...state.withdrawn.keys()];
    await this.#publish(recipient, {
      ...(given.targets === null ? {} : { targets: given.targets }),
      ...(due.isWithdrawnDue ? { withdrawn: await writeWithdrawn(folders, recipient, { uids, serial, now }) } : {}),
      ...(due.heads === null ? {} : { log: await writeHeads(folders, recipient, due.heads) }),
      resign: due.resign,
      state: {
        version: given.targets === null ? (before?.version ?? 0) : state.version,
        withdrawn: due.isWithdrawnDue ? state.withdrawn.size : (before?.withdrawn ?? 0),
        serial,
      },
    });
  }

  async #publish(recipient: Recipient, change: RepositoryChange): Promise<void> {
    const { settings, now } = this;
    await this.repositories.publish({ settings, ring: this.#ring, now }, recipient, change);
  }

  async #emit(recipients: readonly Recipient[], emission: Emission): Promise<readonly EmitResult[]> {
    const { folders, now, state, repositories } = this;
    const { version, change, whole } = emission;
    const isNaming = recipients.some(({ names }) => names !== null);
    const named = isNaming ? linesOf(namedEntries(whole(), state.withdrawn)) : null;
    const jobs = recipients.map((recipient) =>
      emitJob(recipient, version, { folders, now, state, published: repositories.published(recipient.name), named }),
    );
    return await emitAll(jobs, {
      emitters: this.#options.emitters ?? emittersFor(whole()),
      entries: state.inForce.size + (change?.added.length ?? 0),
      change,
      whole,
      progress: (done) => this.#options.progress?.(done, jobs.length),
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
  }

  async #recover(): Promise<void> {
    this.recipients = await readRecipients(this.folders);
    for (const { name } of this.recipients) await this.repositories.read(name);
  }
}
