/** How an attempt at a list has ended: what its state says of it, and what is logged. It must not decide what comes next (list-life.ts does). */
import { CleanfeedError } from '../lib/errors.ts';
import { reasonLabel } from '../observe/control-view.ts';
import { type ListError, reasonOf } from './list-error.ts';
import type { ListEffect } from './list-events.ts';
import { counted, goodOf } from './list-state.ts';
import type { ListState } from './list-state.ts';
import type { JudgedList, PassedList } from './staged-list.ts';
import { emptyStats } from './stats.ts';

export function wentWell(state: ListState, currentAt: number): ListState {
  return { ...state, currentAt, trouble: null, failuresInARow: 0 };
}

export function failed(state: ListState, result: 'rejected' | 'failed', error: unknown): ListState {
  const label = reasonLabel(reasonOf(error));
  const message = textOf(error);
  const refusal = result === 'rejected' ? message : state.trouble?.refusal;
  const isRefused = result === 'rejected' || state.trouble?.isRefused === true;
  return {
    ...counted(state, result),
    trouble: { message, isRefused, ...(refusal === undefined ? {} : { refusal }) },
    failuresInARow: state.failuresInARow + 1,
    rejections: { ...state.rejections, [label]: (state.rejections[label] ?? 0) + 1 },
  };
}

/** Of a fault that nobody foresaw with its kind (`TypeError: …`). */
function textOf(error: unknown): string {
  return error instanceof CleanfeedError ? error.message : String(error);
}

export function logFailedEffect(state: ListState, error: unknown): ListEffect {
  return { do: 'log failed', code: reasonOf(error), reason: textOf(error), servingLastGood: goodOf(state) !== null };
}

export function logLinesEffect(
  state: ListState,
  judged: JudgedList | PassedList,
  refusal: ListError | null,
): ListEffect {
  return { do: 'log lines', judged, refusal, servingLastGood: goodOf(state) !== null };
}

export function logLoadedEffect(state: ListState, generation: number): ListEffect {
  return { do: 'log loaded', stats: goodOf(state)?.stats ?? emptyStats(), generation };
}
