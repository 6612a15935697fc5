/**
 * One pass of the relay: what the clearing house hands out becomes the next version of a protected list, if anything has changed and the gate
 * lets it pass.
 *
 *   flat file ─▶ text list ─▶ lint ─▶ change set ─▶ gate ─▶ version, published to every recipient
 *                                                    └─▶ held, until somebody accepts its digits
 *
 * It must not write the list anywhere but through the publisher, nor tell an address.
 */
import type { RelayConfig } from '../config/relay-types.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { throttledYield } from '../lib/pauses.ts';
import { isSanity, listError, type ListError } from '../list/list-error.ts';
import { utcDay } from '../list/text/compile.ts';
import { verdictAlone } from '../list/verdict-alone.ts';
import { approve, checkApprovals } from '../publish/approval.ts';
import { build, type Built } from '../publish/build.ts';
import { changeSetDigest, changeSetText, unchangedSet, type ChangeSet } from '../publish/change-set.ts';
import { isListOverdue, overdue } from '../publish/inspect.ts';
import { Publisher } from '../publish/publisher.ts';
import { readFlatList, type FlatList } from './flat-list.ts';
import { FlatFileSource } from './flat-source.ts';
import { placed } from './place.ts';

interface Change {
  readonly version: number;
  readonly entries: number;
  readonly additions: number;
  readonly removals: number;
}

export type RelayOutcome =
  | ({ readonly kind: 'published'; readonly leftOut: number } & Change)
  /** `digits`: by which just this change is accepted. */
  | ({ readonly kind: 'held'; readonly reason: string; readonly digits: string } & Change)
  | { readonly kind: 'unchanged' };

export interface Pass {
  readonly outcome: RelayOutcome;
  /** Signatures past half their life that only people can renew, in words; null: nobody has looked. */
  readonly overdue: readonly string[] | null;
}

/** Milliseconds. A timestamp lives for a week (publish/state/settings.ts). */
const REFRESH_MS = 6 * 3_600_000;
/** Of the digest of a change, to be read out and typed. */
const DIGITS = 12;

export class Relay {
  /**
   * By recipient: the version of a timestamp in REPO that KEYS did not know of. Nodes take nothing that is signed now. A pass that fails has replaced it
   * too, so that it stays here until whoever tells of it takes it out.
   */
  readonly outrun = new Map<string, number>();
  readonly #config: RelayConfig;
  readonly #now: () => number;
  readonly #source: FlatFileSource;
  readonly #signal: AbortSignal;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  /** The version in force has not reached every recipient. */
  #isLate = false;

  /**
   * @param now milliseconds since the epoch.
   * @param signal aborted: a pass under way fails soon. What it has begun to publish the next process brings to its end.
   */
  constructor(config: RelayConfig, now: () => number, signal: AbortSignal) {
    this.#config = config;
    this.#now = now;
    this.#signal = signal;
    this.#source = new FlatFileSource(config.source, config.maxBytes);
    signal.addEventListener('abort', () => this.close(), { once: true });
  }

  /**
   * One at a time.
   * @param accept digits of a held change, which is let pass; null: none.
   * @throws ListError, CleanfeedError; then what was published stays.
   */
  async pass(accept: string | null): Promise<Pass> {
    const file = await this.#source.open();
    const list = file === null ? null : await readFlatList(file, this.#config.format);
    const isRefreshDue = this.#now() - this.#refreshedAt >= REFRESH_MS;
    if (list === null && !isRefreshDue && !this.#isLate) return { outcome: { kind: 'unchanged' }, overdue: null };
    this.#signal.throwIfAborted();
    const publisher = await Publisher.open(this.#config.publish, { now: this.#now(), signal: this.#signal });
    for (const [recipient, version] of publisher.repositories.outrun) this.outrun.set(recipient, version);
    try {
      return await this.#passWith(publisher, list, { accept, isRefreshDue });
    } finally {
      this.#isLate = publisher.late.length > 0;
      await publisher[Symbol.asyncDispose]();
    }
  }

  close(): void {
    this.#source.close();
  }

  async #passWith(
    publisher: Publisher,
    list: FlatList | null,
    { accept, isRefreshDue }: { readonly accept: string | null; readonly isRefreshDue: boolean },
  ): Promise<Pass> {
    const outcome = await this.#published(publisher, list, { accept, isRefreshDue });
    if (isRefreshDue) await publisher.bringOnlineRolesUpToDate({ isRefresh: true });
    if (isRefreshDue) this.#refreshedAt = this.#now();
    // Whom a version has not reached fails the pass, and is tried again with the next.
    await publisher.finishVersion();
    // Where nothing was read, what was read last may be held, or may not have been usable.
    if (list !== null && outcome.kind !== 'held') this.#source.taken(outcome.kind === 'unchanged');
    return { outcome, overdue: isRefreshDue ? await overdue(publisher) : null };
  }

  /** One recipient that it does not reach fails the pass, and keeps no signature that is due from the others. */
  async #published(
    publisher: Publisher,
    list: FlatList | null,
    { accept, isRefreshDue }: { readonly accept: string | null; readonly isRefreshDue: boolean },
  ): Promise<RelayOutcome> {
    try {
      const found = list === null ? ({ kind: 'unchanged' } as const) : await this.#publish(publisher, list, accept);
      const again = isRefreshDue ? await this.#signedAgain(publisher) : null;
      // What is held stands on the version that was just made: other digits accept it.
      if (list !== null && found.kind === 'held' && again !== null) return await this.#publish(publisher, list, accept);
      return again ?? found;
    } catch (error) {
      const isOfSome = error instanceof CleanfeedError && error.code === 'not_reached';
      if (isOfSome && isRefreshDue) await publisher.bringOnlineRolesUpToDate({ isRefresh: true });
      throw error;
    }
  }

  /**
   * A list that does not change for long is signed again, by a version without changes: nodes would take nothing more, not even a removal.
   * @returns null if that is not due.
   */
  async #signedAgain(publisher: Publisher): Promise<RelayOutcome | null> {
    if (!isListOverdue(publisher)) return null;
    this.#signal.throwIfAborted();
    const changeSet = unchangedSet(publisher.state);
    await commit(publisher, changeSet, changeSetDigest(changeSetText(changeSet)));
    return { kind: 'published', ...figuresOf(changeSet), leftOut: 0 };
  }

  async #publish(publisher: Publisher, list: FlatList, accept: string | null): Promise<RelayOutcome> {
    // What covers a public suffix or a protected host is a matter of the gate: it may be accepted.
    const built = build(list.bytes, publisher.state, {
      today: utcDay(publisher.now),
      suffixes: 'warn',
      isRelisted: false,
    });
    if (!built.ok) throw badLines(built, list);
    const { changeSet } = built;
    const change = figuresOf(changeSet);
    if (change.additions + change.removals === 0) {
      // What was interrupted goes on.
      await publisher.bringUpToDate();
      return { kind: 'unchanged' };
    }
    const digest = changeSetDigest(changeSetText(changeSet));
    const digits = digest.slice(0, DIGITS);
    const reason = await this.#holdReason(publisher, list, accept === digits);
    if (reason !== null) return { kind: 'held', reason, digits, ...change };
    this.#signal.throwIfAborted();
    await commit(publisher, changeSet, digest);
    return { kind: 'published', ...change, leftOut: changeSet.leftOut.length };
  }

  /** @returns in words; null if the gate lets it pass. Throws ListError for what nobody can accept. */
  async #holdReason({ state, now }: Publisher, { bytes }: FlatList, isAccepted: boolean): Promise<string | null> {
    const { suffixes, gate } = this.#config;
    const before = state.version === 0 ? null : state.inForce.size;
    const verdict = await verdictAlone(
      { bytes, gate: isAccepted ? 'accepted' : 'ask', before },
      { action: 'block', maxBadLineRatio: 0, suffixes, gate },
      { today: utcDay(now), rest: throttledYield },
    );
    if (verdict.stage === 'passed') return null;
    if (!isSanity(verdict.error.code)) throw verdict.error;
    return verdict.error.message;
  }
}

async function commit(publisher: Publisher, { additions, removals }: ChangeSet, digest: string): Promise<void> {
  const { approval } = publisher.settings.roles;
  if (approval.threshold > 1)
    throw new CleanfeedError(
      'config',
      'relay_approvals',
      `the publisher asks for ${approval.threshold} approvals of each change, and a relay has one key; make one with --approvals 1`,
    );
  const signers = await publisher.ring.signers('approval');
  const approvals = signers.slice(0, 1).map((signer) => approve(digest, signer));
  const approvedBy = checkApprovals(digest, approvals, approval);
  await publisher.commitVersion({ added: additions, removed: removals, changeSet: digest, approvedBy });
}

function figuresOf({ version, entries, additions, removals }: ChangeSet): Change {
  return { version, entries, additions: additions.length, removals: removals.length };
}

/** The first of them, where it stands in the flat file. */
function badLines({ errors }: Extract<Built, { readonly ok: false }>, { placeOf }: FlatList): ListError {
  const [first] = errors;
  const where = first === undefined ? '' : `; the first is ${placed(placeOf(first.line, first.column), first.message)}`;
  return listError(
    'bad_lines',
    `${errors.length} ${errors.length === 1 ? 'address' : 'addresses'} cannot be published${where}`,
  );
}
