/**
 * The life of one list, as a pure function: (state, event) → (state, effects).
 *
 *               changed               read                 run           passed (the gate)          published
 *   resting ──────────────▶ reading ───────▶ waiting ───▶ judging ────────────────────▶ publishing ──────────▶ current
 *      ▲                       │                             │ refused (judge, gate)        │ run failed         │
 *      │  unchanged, the same, │                             ▼                              ▼                    ▼ caching, if the
 *      └───────────────────────┴◀────────────────────────────┴◀─────────────────────────────┴◀───────────────────┘ source has a cache
 *
 * A change that is reported on the way is remembered (`again`): the source is read once more at the end, never in between, so that a list
 * takes memory at most twice. What is current stays whatever happens: only `published` puts another in its place. After a failure there
 * is a next attempt: a timer, or, for what was refused, the source's own word that it has something newer.
 *
 * Of a text its records are current, and the text itself goes as soon as its copy is on disk, or at once where there is none.
 *
 *                       refused by a sanity rule of the gate
 *   a version ─────────────────────────────────────────────▶ held ─▶ accepted by an operator: read again, past those rules, once
 *                                                               └──▶ another version is in force, or the source gives what is: forgotten
 *
 * It must do nothing itself: whoever dispatches an event carries out its effects, in their order.
 */
import { failed, logFailedEffect, logLinesEffect, logLoadedEffect, wentWell } from './list-attempt.ts';
import { isSanity, listError, ListError, type ListReason, reasonOf } from './list-error.ts';
import type { ListEffect, ListEvent } from './list-events.ts';
import { candidateOf, counted, goodOf, heldAfter } from './list-state.ts';
import type { ListState, Phase } from './list-state.ts';
import { lessened, republished } from './list-withdrawal.ts';
import { goodList, keptOf } from './staged-list.ts';
import { afterUpdate } from './turnover.ts';
import type { PassedList, ReadList, RefusedList } from './staged-list.ts';

export type ListStep = readonly [ListState, readonly ListEffect[]];

const RESTING: Phase = { kind: 'resting', isRetrying: false };
/**
 * What happened to a list on its way to us, or to a file that the gate needs, may not happen again, and the source would only say that it has
 * not changed.
 */
const DAMAGE: ReadonlySet<ListReason> = new Set<ListReason>(['truncated', 'corrupt', 'unreadable']);

/** It is as long as the list of events: a case for each. */
export function listStep(state: ListState, event: ListEvent): ListStep {
  switch (event.on) {
    case 'changed':
      return changed(state);
    case 'looked':
      return [
        state.trouble === null && state.current.kind !== 'nothing' ? { ...state, currentAt: event.at } : state,
        [],
      ];
    case 'read':
      return read(state, event.list);
    case 'same':
      return upToDate({ ...state, held: null }, event.at);
    case 'unchanged':
      return state.trouble?.isRefused === true ? stillRefused(state) : upToDate(state, event.at);
    case 'pinned':
      return pinned(state);
    case 'read failed':
      return readFailed(state, event.error);
    case 'run began':
      return state.phase.kind === 'waiting'
        ? [{ ...state, phase: { ...state.phase, kind: 'judging' } }, []]
        : [state, []];
    case 'passed':
      return passed(state, event.list);
    case 'refused':
      return refused(state, event.list);
    case 'published':
      return published(state, event.generation, event.at);
    case 'run failed':
      return runFailed(state, event.error);
    case 'stalled':
      return stalled(state, event.error);
    case 'withdrawn':
      return [lessened(state, event), []];
    case 'republished':
      return republished(state, event.generation, event.at);
    case 'cached':
      return cached(state, event.warning);
    case 'closed':
      return closed(state);
    case 'removed':
      return removed(state);
  }
}

function changed(state: ListState): ListStep {
  const { phase } = state;
  if (state.isClosed) return [state, []];
  if (phase.kind !== 'resting') return [{ ...state, phase: { ...phase, again: true } }, []];
  const timer: readonly ListEffect[] = phase.isRetrying ? [{ do: 'cancel retry' }] : [];
  return [reading(state), [...timer, { do: 'read' }]];
}

function read(state: ListState, candidate: ReadList): ListStep {
  const { phase } = state;
  if (state.isClosed || phase.kind !== 'reading')
    return after([{ do: 'discard', bytes: candidate.bytes }], rest(state));
  return [{ ...state, phase: { kind: 'waiting', candidate, again: phase.again } }, []];
}

function upToDate(state: ListState, at: number): ListStep {
  if (state.isClosed) return rest(state);
  const next = wentWell(counted(state, 'unchanged'), at);
  const good = goodOf(state);
  if (good === null || state.isCached) return rest(next);
  return cache(next, { bytes: state.uncached ?? good.bytes, entered: null });
}

/** When it was found to be current is not known anew; that it could not be read is over. */
function pinned(state: ListState): ListStep {
  if (state.trouble?.isRefused === true) return stillRefused(state);
  return rest({ ...counted(state, 'unchanged'), trouble: null, failuresInARow: 0 });
}

/** No new trouble, and the old one is not over; what has kept the source from saying so is. */
function stillRefused(state: ListState): ListStep {
  const next = counted(state, 'unchanged');
  const { trouble } = state;
  if (trouble?.refusal === undefined) return rest(next);
  return rest({ ...next, trouble: { ...trouble, message: trouble.refusal } });
}

function readFailed(state: ListState, fault: unknown): ListStep {
  if (state.isClosed) return rest(state);
  const error = withWhyHeld(state, fault);
  const next = failed(state, 'failed', error);
  return after([logFailedEffect(next, error)], rest(next, true));
}

/** The source knows which version is held, and not why. */
function withWhyHeld({ held }: ListState, error: unknown): unknown {
  if (held === null || !(error instanceof ListError) || error.code !== 'version_refused') return error;
  return listError(error.code, `${error.message}: ${held.reason}`, error);
}

function passed(state: ListState, list: PassedList): ListStep {
  const { phase } = state;
  if (phase.kind !== 'judging') return [state, []];
  return [{ ...state, phase: { ...phase, kind: 'publishing', passed: list } }, [logLinesEffect(state, list, null)]];
}

function refused(state: ListState, { error, judged }: RefusedList): ListStep {
  const { phase } = state;
  if (phase.kind !== 'judging') return [state, []];
  const { bytes, version } = phase.candidate;
  const isHeld = version !== null && isSanity(error.code);
  const next: ListState = { ...failed(state, 'rejected', error), held: heldAfter(state, version, error) };
  const namesLines = judged !== null && judged.badLines.length + judged.suffixLines.length > 0;
  return after(
    [
      ...(judged === null ? [] : [logLinesEffect(state, judged, error)]),
      ...(DAMAGE.has(reasonOf(error)) ? [{ do: 'forget' } as const] : []),
      ...(namesLines ? [] : [logFailedEffect(next, error)]),
      ...(isHeld ? [{ do: 'hold', version, error } as const] : []),
      { do: 'discard', bytes },
    ],
    rest(next),
  );
}

function published(state: ListState, generation: number | null, at: number): ListStep {
  const { phase, current } = state;
  if (phase.kind === 'publishing') return entered(state, phase, generation, at);
  if (generation === null || current.kind !== 'good') return [state, []];
  const next: ListState = { ...state, current: { ...current, kind: 'served', generation, since: at } };
  return [next, [logLoadedEffect(next, generation)]];
}

/** Its next version is current now, and the one before is nobody's. */
function entered(
  state: ListState,
  { candidate, passed: list }: Extract<Phase, { readonly kind: 'publishing' }>,
  generation: number | null,
  at: number,
): ListStep {
  const before = goodOf(state);
  const current = goodList(list, candidate);
  const next: ListState = {
    ...state,
    held: null,
    turnover: before === null ? state.turnover : afterUpdate(state.turnover, list.turnover ?? null),
    uncached: current.bytes === candidate.bytes ? null : candidate.bytes,
    current:
      generation === null ? { kind: 'good', list: current } : { kind: 'served', list: current, generation, since: at },
  };
  const released: readonly ListEffect[] = [
    ...(before === null ? [] : [{ do: 'release', bytes: before.bytes } as const]),
    ...discarded(state.uncached),
  ];
  const { sourceFault: message, currentAt } = candidate;
  if (message === null) {
    const well = wentWell(counted(next, 'updated'), currentAt);
    return after(released, cache(well, { bytes: candidate.bytes, entered: generation }));
  }
  // It was read from the copy on disk.
  const fromCopy: ListState = {
    ...counted(next, 'failed'),
    currentAt,
    trouble: { message, isRefused: false },
    failuresInARow: next.failuresInARow + 1,
    isCached: true,
  };
  return after(
    [...released, { do: 'log failed', code: 'cached_copy', reason: message, servingLastGood: true }],
    cache(fromCopy, { bytes: candidate.bytes, entered: generation, isBehind: true }),
  );
}

function runFailed(state: ListState, error: unknown): ListStep {
  const { phase } = state;
  if (phase.kind !== 'judging' && phase.kind !== 'publishing') return [state, []];
  const records = phase.kind === 'publishing' ? (keptOf(phase.passed)?.records ?? null) : null;
  const discard = [...discarded(phase.candidate.bytes), ...discarded(records)];
  if (state.isClosed) return after(discard, rest(state));
  const next = failed(state, 'failed', error);
  return after([{ do: 'forget' }, logFailedEffect(next, error), ...discard], rest(next, true));
}

/** Nobody can tell what is slow from what never ends, so that it is told, and nothing is given up. */
function stalled(state: ListState, error: ListError): ListStep {
  if (state.isClosed || state.phase.kind === 'resting') return [state, []];
  const next = failed(state, 'failed', error);
  return [next, [logFailedEffect(next, error)]];
}

function cached(state: ListState, warning: string | null): ListStep {
  const { phase } = state;
  if (phase.kind !== 'caching') return [state, []];
  const isCached = phase.isBehind || warning === null;
  // That writing it took long is over with it.
  const trouble = phase.isBehind ? state.trouble : null;
  const next = { ...state, trouble, isCached, uncached: isCached ? null : state.uncached };
  return after(
    [
      ...(isCached ? discarded(state.uncached) : []),
      ...(warning === null ? [] : [{ do: 'log not cached', reason: warning } as const]),
      ...(phase.entered === null ? [] : [logLoadedEffect(next, phase.entered)]),
    ],
    rest(next, phase.isBehind),
  );
}

function closed(state: ListState): ListStep {
  if (state.isClosed) return [state, []];
  const { phase } = state;
  const timer: readonly ListEffect[] = phase.kind === 'resting' && phase.isRetrying ? [{ do: 'cancel retry' }] : [];
  const next = phase.kind === 'resting' ? rest(state)[0] : state;
  return [{ ...next, isClosed: true }, [...timer, { do: 'close' }]];
}

/** Lists are taken out between two runs. */
function removed(state: ListState): ListStep {
  const [next, effects] = closed(state);
  const good = goodOf(state);
  const candidate = candidateOf(state);
  return [
    { ...next, current: { kind: 'nothing' }, uncached: null, phase: candidate === null ? next.phase : RESTING },
    [
      ...effects,
      // It may be being written: then it goes with the next collection of garbage.
      ...(state.phase.kind === 'caching' ? [] : discarded(state.uncached)),
      ...(good === null ? [] : [{ do: 'release', bytes: good.bytes } as const]),
      ...(candidate === null ? [] : [{ do: 'discard', bytes: candidate.bytes } as const]),
    ],
  ];
}

/** The end of an attempt: the next one is at once if there was a change meanwhile, later if this one failed, or up to the source. */
function rest(state: ListState, hasFailed = false): ListStep {
  const { phase, failuresInARow, isClosed } = state;
  if (isClosed) return [{ ...state, phase: RESTING }, []];
  if (phase.kind !== 'resting' && phase.again) return [reading(state), [{ do: 'read' }]];
  if (!hasFailed) return [{ ...state, phase: RESTING }, []];
  return [{ ...state, phase: { kind: 'resting', isRetrying: true } }, [{ do: 'retry', failuresInARow }]];
}

function reading(state: ListState): ListState {
  return { ...state, phase: { kind: 'reading', again: false } };
}

interface Cached {
  readonly bytes: Uint8Array;
  /** The generation with which they have just come into force; null if they have not. */
  readonly entered: number | null;
  readonly isBehind?: boolean;
}

function cache(state: ListState, { bytes, entered, isBehind = false }: Cached): ListStep {
  const again = state.phase.kind !== 'resting' && state.phase.again;
  return [{ ...state, phase: { kind: 'caching', entered, isBehind, again } }, [{ do: 'cache', bytes }]];
}

function discarded(bytes: Uint8Array | null): readonly ListEffect[] {
  return bytes === null ? [] : [{ do: 'discard', bytes }];
}

function after(effects: readonly ListEffect[], [state, more]: ListStep): ListStep {
  return [state, [...effects, ...more]];
}
