/**
 * What is known of one list: where its next version is on its way, what is in force, how the attempts went. Values only; list-life.ts has
 * the transitions. It must hold no entry but in the list's own bytes.
 */
import type { ListConfig } from '../config/list-types.ts';
import type { ListAction } from '../lib/types.ts';
import type { ListStatus, ListTurnover, RejectedReason, SyncResult } from '../observe/control-view.ts';
import type { GoodList, ListVersion, PassedList, ReadList } from './staged-list.ts';
import { formatOf } from './format/formats.ts';
import { isSanity, type ListError } from './list-error.ts';
import type { ListSource } from './source/source.ts';
import { figuresOn } from './ends.ts';
import { emptyStats } from './stats.ts';
import { contentNumber } from './text/content.ts';
import { isMassWithdrawal } from './mass-withdrawal.ts';
import { NO_TURNOVER } from './turnover.ts';

/** Where the next version is. `again`: a change was reported meanwhile, and the source is read once more afterwards. */
export type Phase =
  /** The source tells when it is worth reading; after a failure a timer is set besides. */
  | { readonly kind: 'resting'; readonly isRetrying: boolean }
  | { readonly kind: 'reading'; readonly again: boolean }
  /** For the next run. */
  | { readonly kind: 'waiting'; readonly candidate: ReadList; readonly again: boolean }
  | { readonly kind: 'judging'; readonly candidate: ReadList; readonly again: boolean }
  /** It has passed the gate. */
  | { readonly kind: 'publishing'; readonly candidate: ReadList; readonly passed: PassedList; readonly again: boolean }
  /**
   * The source is told what is current, and may write it to disk for the next start. `entered`: with which generation it has just come into
   * force. `isBehind`: the source is away, and it was read from such a copy.
   */
  | { readonly kind: 'caching'; readonly entered: number | null; readonly isBehind: boolean; readonly again: boolean };

/** Whatever becomes of the next version, this stays until one is published in its place. */
type Current =
  | { readonly kind: 'nothing' }
  /** In force as soon as every other list is good. */
  | { readonly kind: 'good'; readonly list: GoodList }
  /** `since`: when it came into force, milliseconds since the epoch. */
  | { readonly kind: 'served'; readonly list: GoodList; readonly generation: number; readonly since: number };

/** Why what is current is not known to be what the source has. */
interface Trouble {
  /** In words, without any text of the list. */
  readonly message: string;
  /** The source's last version was refused, and it has nothing newer until it says so. */
  readonly isRefused: boolean;
  /** Why that one was refused, in words: the message again once it is known that there is nothing newer. Left out: none was. */
  readonly refusal?: string;
}

/** A sanity rule of the gate has refused it; an operator may accept it. */
interface HeldVersion {
  readonly label: string;
  readonly code: RejectedReason;
  /** In words, without any text of the list. */
  readonly reason: string;
}

export interface ListState {
  readonly phase: Phase;
  readonly current: Current;
  /** What is wrong since the last attempt; null where that went well, or there was none. */
  readonly trouble: Trouble | null;
  /** Null once another version is in force. */
  readonly held: HeldVersion | null;
  readonly failuresInARow: number;
  /** When the source was last found to have what is current; milliseconds since the epoch. */
  readonly currentAt: number | null;
  /** The copy on disk is what is current. */
  readonly isCached: boolean;
  /** The text of what is current, which is kept no longer than until that copy is written; null: it is gone, or no text. */
  readonly uncached: Uint8Array | null;
  /** No longer wanted: nothing begins any more, and what is still on its way comes to nothing. */
  readonly isClosed: boolean;
  readonly syncs: Readonly<Record<SyncResult, number>>;
  readonly rejections: Readonly<Partial<Record<RejectedReason, number>>>;
  readonly turnover: ListTurnover;
}

/** But for what an operator has switched off, and how often it is asked for, which the control side knows. */
export interface ListDetails extends Omit<ListStatus, 'offUntil' | 'intervalSeconds'> {
  /** Generation with which the list in force came; 0: not in force yet. */
  readonly version: number;
  readonly badLines: number;
}

export const NEW_LIST: ListState = {
  phase: { kind: 'resting', isRetrying: false },
  current: { kind: 'nothing' },
  trouble: null,
  held: null,
  failuresInARow: 0,
  currentAt: null,
  isCached: false,
  uncached: null,
  isClosed: false,
  syncs: { updated: 0, unchanged: 0, rejected: 0, failed: 0 },
  rejections: {},
  turnover: NO_TURNOVER,
};

/** What is held once a version was refused. */
export function heldAfter(
  { held }: ListState,
  version: ListVersion | null,
  { code, message: reason }: ListError,
): HeldVersion | null {
  if (version?.isBehindHeld === true && held !== null) return held;
  return version !== null && isSanity(code) ? { label: version.label, code, reason } : null;
}

/** A list that has come this far by itself, beside the others (change.ts). */
export function publishingList(candidate: ReadList, passed: PassedList): ListState {
  return { ...NEW_LIST, phase: { kind: 'publishing', candidate, passed, again: false } };
}

/** An attempt has ended like this. */
export function counted(state: ListState, result: SyncResult): ListState {
  return { ...state, syncs: { ...state.syncs, [result]: state.syncs[result] + 1 } };
}

/** @returns null if no version of it is good. */
export function goodOf({ current }: ListState): GoodList | null {
  return current.kind === 'nothing' ? null : current.list;
}

/** @returns null if none is on its way, or it is still being read. */
export function candidateOf({ phase }: ListState): ReadList | null {
  return 'candidate' in phase ? phase.candidate : null;
}

/** @param today UTC days since 1970-01-01. */
export function detailsOf(
  { name, action }: ListConfig,
  state: ListState,
  { hasCache, versions }: Pick<ListSource, 'hasCache' | 'versions'>,
  today: number,
): ListDetails {
  const { current, trouble, held, currentAt, syncs, rejections, isCached, turnover } = state;
  const good = goodOf(state);
  const stats = good?.stats ?? emptyStats();
  const { leftOut: entriesLeftOut, notCarried = null } = stats;
  const { entries, publicSuffixes, enforceable, expired } = figuresOn(stats, today);
  return {
    name,
    action,
    loaded: current.kind !== 'nothing',
    entries,
    publicSuffixes,
    entriesLeftOut,
    notCarried,
    enforceable,
    currentAt,
    syncs,
    rejections,
    lastError: trouble?.message ?? null,
    cacheCurrent: hasCache ? isCached : null,
    content: good === null ? null : contentOf(good, action),
    turnover,
    massWithdrawal: isMassWithdrawal(stats),
    versions: {
      inForce: good?.version?.label ?? null,
      held: held === null ? null : { version: held.label, code: held.code, reason: held.reason },
      ...versions,
    },
    version: current.kind === 'served' ? current.generation : 0,
    loadedAt: current.kind === 'served' ? current.since : null,
    expired,
    badLines: stats.badLines,
  };
}

/** Of a text the list's action is a part of it: the same lines do something else. */
function contentOf({ segment, bytes }: GoodList, action: ListAction): number | null {
  if (segment.kind === 'own') return formatOf(bytes).contentOf(bytes);
  const content = segment.kept?.content ?? null;
  return content === null ? null : contentNumber(content, action);
}
