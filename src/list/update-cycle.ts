/**
 * All lists together, as a pure function: (state, event) → (state, effects). Each list has its own life (list-life.ts); what they share is
 * the run that judges and publishes them, of which there is one at a time, over every version that waits by then:
 *
 *          a version waits, others      250 ms, or nobody
 *          are still being read         reads any more        run ended
 *   idle ──────────────────────▶ gathering ─────────▶ running ─────────▶ idle
 *     │ another configuration        │ likewise          │ likewise, when the run has ended
 *     └──────────▶ changing ◀────────┘                   └─▶ last run ─▶ changing ─────────▶ idle
 *
 * Nothing is published while the lists themselves change. It must do nothing itself (updater.ts does).
 */
import type { ListEffect, ListEvent } from './list-events.ts';
import { listStep } from './list-life.ts';
import { NEW_LIST } from './list-state.ts';
import type { ListState } from './list-state.ts';
import type { PassedList, RefusedList } from './staged-list.ts';

/** Stays the same as long as the list is in the configuration; no other list ever has it. */
export type ListId = number;

export interface ListEntry {
  readonly id: ListId;
  readonly state: ListState;
}

export interface UpdateState {
  readonly phase: 'idle' | 'gathering' | 'running' | 'last run' | 'changing';
  /** In the order of the configuration. */
  readonly lists: readonly ListEntry[];
  /** The last that came into force; 0: none yet. */
  readonly generation: number;
  readonly isClosed: boolean;
}

/** `at` is in milliseconds since the epoch. */
export type UpdateEvent =
  | { readonly on: 'list'; readonly id: ListId; readonly event: ListEvent }
  /** Somebody asks for every list to be read. */
  | { readonly on: 'asked' }
  /** Who has not answered by now is not waited for. */
  | { readonly on: 'gathered' }
  /** Those that had a version waiting when the run began. */
  | { readonly on: 'judged'; readonly verdicts: ReadonlyMap<ListId, PassedList | RefusedList> }
  /** `generation` is null where there was nothing to publish, or other lists are missing. */
  | { readonly on: 'published'; readonly generation: number | null; readonly at: number }
  | { readonly on: 'run failed'; readonly error: unknown }
  /** What is in force was published once more, whatever else is under way: something was withdrawn from that list. */
  | { readonly on: 'republished'; readonly id: ListId; readonly generation: number; readonly at: number }
  | { readonly on: 'run ended' }
  | { readonly on: 'change asked' }
  /** These lists take the place of the present ones; what stays is as it is by now, what is new has a version that is being published. */
  | { readonly on: 'replaced'; readonly lists: readonly ListEntry[] }
  | { readonly on: 'change ended' }
  | { readonly on: 'closed' };

export type UpdateEffect =
  | { readonly do: 'list'; readonly id: ListId; readonly effect: ListEffect }
  | { readonly do: 'gather' }
  | { readonly do: 'stop gathering' }
  /** Of every list that is being judged. */
  | { readonly do: 'run' }
  | { readonly do: 'begin change' }
  /** Nothing is left to do until a source or somebody says so. */
  | { readonly do: 'settled' };

export type UpdateStep = readonly [UpdateState, readonly UpdateEffect[]];

/** Of a list that is gone: what its source still gives is nobody's. */
const GONE: ListState = { ...NEW_LIST, isClosed: true };

/** @param ids of the lists, in the order of the configuration. */
export function newUpdates(ids: readonly ListId[]): UpdateState {
  return { phase: 'idle', lists: ids.map((id) => ({ id, state: NEW_LIST })), generation: 0, isClosed: false };
}

export function updateStep(state: UpdateState, event: UpdateEvent): UpdateStep {
  switch (event.on) {
    case 'list':
      return proceed(ofOne(state, event.id, event.event));
    case 'asked':
      return proceed(ofEach(state, () => ({ on: 'changed' })));
    case 'gathered':
      return state.phase === 'gathering' && !state.isClosed ? run(state) : [state, []];
    case 'judged':
      return ofEach(state, ({ id }) => verdictEvent(event.verdicts.get(id)));
    case 'published':
      return published(state, event);
    case 'run failed':
      return ofEach(state, () => event);
    case 'republished':
      return ofOne({ ...state, generation: event.generation }, event.id, event);
    case 'run ended':
      if (state.phase === 'last run') return [{ ...state, phase: 'changing' }, [{ do: 'begin change' }]];
      return proceed([{ ...state, phase: 'idle' }, []]);
    case 'change asked':
      return changeAsked(state);
    case 'replaced':
      return replaced(state, event.lists);
    case 'change ended':
      // It was given up before its turn: the run before it has not ended.
      if (state.phase === 'last run') return [{ ...state, phase: 'running' }, []];
      return proceed([{ ...state, phase: 'idle' }, []]);
    case 'closed':
      return closed(state);
  }
}

/** Starts a run if there is something to judge and nothing else to wait for. */
function proceed([state, effects]: UpdateStep): UpdateStep {
  if (state.isClosed || (state.phase !== 'idle' && state.phase !== 'gathering')) return [state, effects];
  const [next, more] = nextRun(state);
  return [next, [...effects, ...more]];
}

function nextRun(state: UpdateState): UpdateStep {
  const isReading = state.lists.some(({ state: { phase } }) => phase.kind === 'reading' || phase.kind === 'caching');
  const isWaiting = state.lists.some(({ state: { phase } }) => phase.kind === 'waiting') || lacksFirst(state);
  if (!isReading && isWaiting) return run(state);
  if (!isReading) return [state, [{ do: 'settled' }]];
  return isWaiting && state.phase === 'idle' ? [{ ...state, phase: 'gathering' }, [{ do: 'gather' }]] : [state, []];
}

/** A configuration without lists has a snapshot too. */
function lacksFirst({ lists, generation }: UpdateState): boolean {
  return lists.length === 0 && generation === 0;
}

function run(state: UpdateState): UpdateStep {
  const timer: readonly UpdateEffect[] = state.phase === 'gathering' ? [{ do: 'stop gathering' }] : [];
  const [next] = ofEach(state, () => ({ on: 'run began' }));
  return [{ ...next, phase: 'running' }, [...timer, { do: 'run' }]];
}

function published(state: UpdateState, event: UpdateEvent & { readonly on: 'published' }): UpdateStep {
  return ofEach({ ...state, generation: event.generation ?? state.generation }, () => event);
}

function verdictEvent(verdict: PassedList | RefusedList | undefined): ListEvent | null {
  if (verdict === undefined) return null;
  return verdict.stage === 'passed' ? { on: 'passed', list: verdict } : { on: 'refused', list: verdict };
}

function changeAsked(state: UpdateState): UpdateStep {
  if (state.phase === 'running') return [{ ...state, phase: 'last run' }, []];
  const timer: readonly UpdateEffect[] = state.phase === 'gathering' ? [{ do: 'stop gathering' }] : [];
  return [{ ...state, phase: 'changing' }, [...timer, { do: 'begin change' }]];
}

function replaced(state: UpdateState, lists: readonly ListEntry[]): UpdateStep {
  const ids = new Set(lists.map(({ id }) => id));
  const [, effects] = ofEach(state, ({ id }) => (ids.has(id) ? null : { on: 'removed' }));
  const present = new Map(state.lists.map((list) => [list.id, list]));
  const next = { ...state, lists: lists.map((list) => present.get(list.id) ?? list) };
  if (!state.isClosed) return [next, effects];
  const [ended, more] = ofEach(next, () => ({ on: 'closed' }));
  return [ended, [...effects, ...more]];
}

function closed(state: UpdateState): UpdateStep {
  const [next, effects] = ofEach(state, () => ({ on: 'closed' }));
  return [{ ...next, isClosed: true }, [{ do: 'stop gathering' }, ...effects, { do: 'settled' }]];
}

function ofOne(state: UpdateState, id: ListId, event: ListEvent): UpdateStep {
  if (state.lists.some((list) => list.id === id)) return ofEach(state, (list) => (list.id === id ? event : null));
  const [, effects] = listStep(GONE, event);
  return [state, effects.map((effect) => ({ do: 'list', id, effect }))];
}

/** @param eventOf null: nothing happens to that list. */
function ofEach(state: UpdateState, eventOf: (list: ListEntry) => ListEvent | null): UpdateStep {
  const effects: UpdateEffect[] = [];
  const lists = state.lists.map((list) => {
    const event = eventOf(list);
    if (event === null) return list;
    const [next, more] = listStep(list.state, event);
    for (const effect of more) effects.push({ do: 'list', id: list.id, effect });
    return { id: list.id, state: next };
  });
  return [{ ...state, lists }, effects];
}

/** Whether other lists may be in force afterwards, or less of them. */
export function bringsNames({ on }: UpdateEvent): boolean {
  return on === 'published' || on === 'republished';
}
