/**
 * Other lists in place of those in force, prepared to the last step but one: read, judged, built, not yet in force.
 *
 *   same name and source ─▶ what is in force, judged again ─┐
 *   new ─▶ its own source ─▶ read ──────────────────────────┴▶ one run over all ─▶ images
 *
 * Everything is judged afresh, because positions and rules of the lists are part of what is built; a compiled list that
 * stays is served from where it lies, and a text that stays is judged by its records. It must not change a list that is in force.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ListConfig } from '../config/list-types.ts';
import { messageOf } from '../lib/errors.ts';
import { throttledYield } from '../lib/pauses.ts';
import type { Rest } from '../lib/steps.ts';
import { imageOf } from '../match/segment-records.ts';
import { candidateFor } from './gate.ts';
import type { GateVerdict } from './gate.ts';
import { ListError, listError } from './list-error.ts';
import { giveBack } from './list-memory.ts';
import type { ListMemory } from './list-memory.ts';
import type { ListSlot } from './list-slot.ts';
import { candidateOf as candidateIn, goodOf, publishingList } from './list-state.ts';
import type { ListState } from './list-state.ts';
import type { PresentList } from './present-lists.ts';
import { ListRun } from './run.ts';
import type { ListRunOptions, RunInput, RunOutcome } from './run.ts';
import { findingsIn } from './sanity/findings.ts';
import { keptOf } from './staged-list.ts';
import type { GoodList, PassedList, ReadList } from './staged-list.ts';
import { afterUpdate } from './turnover.ts';
import { guardedFor } from './verdict-alone.ts';

export interface ChangeOptions extends ListRunOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** UTC days since 1970-01-01. */
  readonly today: () => number;
  readonly newSlot: (config: ListConfig) => ListSlot;
}

/** A list of the next configuration. `present` is null if it is new. */
interface NextList {
  readonly config: ListConfig;
  readonly present: PresentList | null;
  /** The present list of its name, from another source perhaps. */
  readonly named: PresentList | null;
  readonly slot: ListSlot;
  /** What its source gave; of a new list only. */
  read: ReadList | null;
}

export interface ListChange {
  readonly lists: readonly (PresentList & { readonly config: ListConfig; readonly isNew: boolean })[];
  readonly run: ListRun;
  readonly outcome: RunOutcome;
  readonly images: RunOutcome['images'];
  /** It is not going to be in force. */
  discard(): void;
}

/** Throws ListError that names every list which cannot be used. */
export async function prepareChange(
  present: readonly PresentList[],
  configs: readonly ListConfig[],
  options: ChangeOptions,
): Promise<ListChange> {
  const { memory, today, newSlot } = options;
  const lists: NextList[] = [];
  for (const config of configs) lists.push(await nextList(present, config, { newSlot, today: today() }));
  const run = new ListRun(options);
  let outcome: RunOutcome | null = null;
  const discard = (): void => {
    outcome?.discardAll();
    for (const list of lists) if (list.present === null) dismiss(list, memory);
  };
  try {
    await readAll(lists, memory);
    const inputs = lists.map((list) => ({ config: list.config, ...asked(list), good: null }));
    outcome = await run.judge(inputs, today(), throttledYield);
    const verdicts = allPassed(configs, outcome.lists);
    const changed = lists.map((list, i) => ({
      slot: list.slot,
      config: list.config,
      isNew: list.present === null,
      state: nextState(list, verdicts[i] ?? null),
    }));
    return { lists: changed, run, outcome, images: outcome.images, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

/**
 * Before the change is in force: what was withdrawn since its new lists were read.
 * @returns those from which something was.
 */
export async function withdrawFromNew({ lists }: ListChange, rest: Rest): Promise<readonly ListSlot[]> {
  const lessened: ListSlot[] = [];
  for (const { slot, state, isNew } of lists) {
    const next = candidateIn(state);
    if (isNew && next !== null && (await slot.source.withdraw(next.bytes, rest))) lessened.push(slot);
  }
  return lessened;
}

/** A list that has never loaded starts anew: its source may be in the middle of a read. */
async function nextList(
  present: readonly PresentList[],
  config: ListConfig,
  { newSlot, today }: { readonly newSlot: ChangeOptions['newSlot']; readonly today: number },
): Promise<NextList> {
  const alike = present.find(
    ({ slot, state }) =>
      goodOf(state) !== null &&
      slot.config.name === config.name &&
      isDeepStrictEqual(slot.config.source, config.source) &&
      canBeJudged(goodOf(state), config) &&
      isReadAlike(slot.config, config),
  );
  const good = alike === undefined ? null : goodOf(alike.state);
  const same = good !== null && (await isOnNewlyProtected(good, config, today)) ? undefined : alike;
  const named = present.find(({ slot }) => slot.config.name === config.name) ?? null;
  return { config, present: same ?? null, named, slot: same?.slot ?? newSlot(config), read: null };
}

/** A text that is compiled was read by one grammar, and its names are kept where something asks for them, and nowhere else. */
function canBeJudged(good: GoodList | null, { action, named }: ListConfig): boolean {
  const kept = good === null ? null : keptOf(good);
  if (good === null || kept === null) return true;
  return (action === 'allow') === (good.judgedBy.grammar === 'allow') && named === (kept.names !== null);
}

/** What was left out of a text is not in its records: by other rules it is read anew. */
function isReadAlike(before: ListConfig, next: ListConfig): boolean {
  return ![before, next].some(leavesOut) || isDeepStrictEqual(readingRules(before), readingRules(next));
}

function leavesOut({ gate, conversion }: ListConfig): boolean {
  return conversion !== undefined || gate.protectedEntries === 'leaveOut';
}

/** Hosts were protected since, and only the list's text can do without its entries on them. */
async function isOnNewlyProtected(good: GoodList, config: ListConfig, today: number): Promise<boolean> {
  if (keptOf(good) === null || !leavesOut(config)) return false;
  const guarded = await guardedFor({ gate: 'ask' }, config);
  return !(guarded instanceof ListError) && findingsIn(imageOf(good.bytes, 0), guarded, today).protectedHosts !== null;
}

function readingRules({ action, conversion, gate, suffixes }: ListConfig): unknown {
  return { action, conversion, gate, suffixes };
}

async function readAll(lists: readonly NextList[], memory: ListMemory): Promise<void> {
  const reads = await Promise.allSettled(lists.map(async (list) => await readNew(list, memory)));
  const errors = reads.flatMap((read, i) =>
    read.status === 'rejected' ? [`list ${lists[i]?.config.name}: ${messageOf(read.reason)}`] : [],
  );
  if (errors.length > 0) throw listError('unreadable', errors.join('; '));
}

async function readNew(list: NextList, memory: ListMemory): Promise<void> {
  if (list.present !== null) return;
  const event = await list.slot.read({ memory, rest: throttledYield, inForce: null });
  if (event.on === 'read failed') throw event.error;
  if (event.on !== 'read') throw listError('internal', 'a source that was never read says that nothing has changed');
  list.read = event.list;
}

/** Without a candidate there is nothing of it: then reading it has failed. */
function asked({ present, read }: NextList): Pick<RunInput, 'candidate' | 'again'> {
  const good = present === null ? null : goodOf(present.state);
  if (good !== null && keptOf(good) !== null) return { candidate: null, again: good };
  const list = good ?? read;
  return { candidate: list === null ? null : candidateFor(list, null) };
}

/** Of a list that stays nothing changes but what it is called and where it stands. */
function nextState({ present, named, read }: NextList, passed: PassedList | null): ListState {
  if (present !== null) return present.state;
  if (read === null || passed === null) throw listError('internal', 'a new list was not judged');
  const state = publishingList(read, passed);
  return named === null || goodOf(named.state) === null
    ? state
    : { ...state, turnover: afterUpdate(named.state.turnover, null) };
}

function allPassed(configs: readonly ListConfig[], verdicts: readonly (GateVerdict | null)[]): readonly PassedList[] {
  // Every list has a candidate, or is judged again, so that every one has been judged.
  const refusals = verdicts.flatMap((verdict, i) =>
    verdict?.stage === 'refused' ? [{ error: verdict.error, name: configs[i]?.name }] : [],
  );
  const [first] = refusals;
  if (first !== undefined)
    throw new ListError(
      first.error.code,
      refusals.map(({ name, error }) => `list ${name}: ${error.message}`).join('; '),
    );
  return verdicts.flatMap((verdict) => (verdict?.stage === 'passed' ? [verdict] : []));
}

/** The list was never taken. */
function dismiss({ slot, read }: NextList, memory: ListMemory): void {
  slot.source.close();
  if (read !== null) giveBack(read.bytes, memory);
}
