/** How many entries the versions of a list have added and removed, as far as versions can be compared. It must not know any entry. */
import { restingBetween } from '../lib/steps.ts';
import { turnoverSteps } from '../match/turnover.ts';
import type { Turnover } from '../match/turnover.ts';
import type { ListTurnover } from '../observe/control-view.ts';
import type { GateVerdict } from './gate.ts';
import type { GoodList } from './staged-list.ts';
import type { JudgeFrame } from './verdict-alone.ts';

export const NO_TURNOVER: ListTurnover = { added: 0, removed: 0, unknown: 0 };

/** Of a list with a segment of its own; of a text the run does the same in the thread that compiles. @param good what it would take the place of. */
export async function withTurnover(
  verdict: GateVerdict,
  good: GoodList | null,
  { today, rest }: Pick<JudgeFrame, 'today' | 'rest'>,
): Promise<GateVerdict> {
  if (verdict.stage !== 'passed' || verdict.segment.kind !== 'own' || good?.segment.kind !== 'own') return verdict;
  const steps = turnoverSteps(good.segment.bytes, verdict.segment.bytes, today);
  return { ...verdict, turnover: await restingBetween(steps, rest) };
}

/** A version has taken the place of another one. @param turnover null: they could not be compared. */
export function afterUpdate(sum: ListTurnover, turnover: Turnover | null): ListTurnover {
  if (turnover === null) return { ...sum, unknown: sum.unknown + 1 };
  return { ...sum, added: sum.added + turnover.added, removed: sum.removed + turnover.removed };
}

/** @param withdrawn how many entries less are in force; negative: the withdrawn set has lost some, and they are in force again. */
export function afterWithdrawal(sum: ListTurnover, withdrawn: number): ListTurnover {
  return {
    ...sum,
    added: sum.added + Math.max(0, -withdrawn),
    removed: sum.removed + Math.max(0, withdrawn),
  };
}
