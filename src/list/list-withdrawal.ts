/**
 * What a removal changes of a list's state (list-life.ts): the figures of what it was withdrawn from, and since when that is in force. Whatever else
 * the list is doing goes on. It must do nothing itself.
 */
import { figuresOn } from './ends.ts';
import type { ListEffect, ListEvent } from './list-events.ts';
import { counted } from './list-state.ts';
import type { ListState } from './list-state.ts';
import { afterWithdrawal } from './turnover.ts';

/** @param event of the bytes in force, or about to be. What has expired since they were counted was not withdrawn. */
export function lessened(
  state: ListState,
  { bytes, stats, today }: Extract<ListEvent, { readonly on: 'withdrawn' }>,
): ListState {
  const { phase, current } = state;
  const isCurrent = current.kind !== 'nothing' && current.list.bytes === bytes;
  const isNext = phase.kind === 'publishing' && phase.candidate.bytes === bytes;
  return {
    ...state,
    turnover: isCurrent
      ? afterWithdrawal(state.turnover, figuresOn(current.list.stats, today).entries - stats.entries)
      : state.turnover,
    current: isCurrent ? { ...current, list: { ...current.list, stats } } : current,
    phase: isNext ? { ...phase, passed: { ...phase.passed, stats } } : phase,
  };
}

export function republished(
  state: ListState,
  generation: number,
  since: number,
): readonly [ListState, readonly ListEffect[]] {
  const { current } = state;
  if (current.kind !== 'served') return [state, []];
  const { stats } = current.list;
  return [
    { ...counted(state, 'updated'), current: { ...current, generation, since } },
    [{ do: 'log withdrawn', stats, generation }],
  ];
}
