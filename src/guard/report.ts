/**
 * What the guard shows of itself: to `guard status`, to Prometheus and to the service manager. Values in, values out.
 * It must not decide anything.
 */
import { FLAG, NUMBER, TEXT, wordOf } from '../lib/json-shapes.ts';
import { listOf, mapping, type Output } from '../lib/shape.ts';
import type { Phase } from './health.ts';
import type { Direction, FilterStatus, Position, Reason } from './path.ts';
import type { ProbeResult } from './probe.ts';

interface ListenerReport {
  readonly listener: string;
  readonly state: Phase;
  /** A part of its connections fails: one of several workers is dead. */
  readonly isPartial: boolean;
  /** The filter itself refuses the page: an entry of a list covers it, or its configuration forbids it. */
  readonly isDenied: boolean;
  readonly probes: Readonly<Record<ProbeResult, number>>;
  /** What the last failed probe got; null: none has failed. */
  readonly lastFailure: string | null;
}

export interface GuardReport {
  readonly pid: number;
  readonly version: string;
  /** Milliseconds. */
  readonly uptimeMs: number;
  /** It may move the path; otherwise it only tells. */
  readonly hasActions: boolean;
  readonly position: Position;
  readonly running: Direction | null;
  readonly reason: Reason | null;
  /** Attempts in a row of the commands that failed. */
  readonly failedAttempts: number;
  readonly lastFault: string | null;
  readonly flaps: number;
  /** How long the filter must be healthy before it comes back. */
  readonly holdMs: number;
  /** It would be out of the path if the fleet were larger. */
  readonly isHeld: boolean;
  /** Other nodes that remained when they were last counted; null: not counted, or it cannot be known. */
  readonly othersRemaining: number | null;
  readonly filter: FilterStatus | null;
  /** Whether the listed page was refused; null: not asked, or not answered. */
  readonly listedRefused: boolean | null;
  readonly listeners: readonly ListenerReport[];
  readonly moves: {
    readonly out: MoveCounts;
    readonly back: MoveCounts;
    /** The commands out that succeeded, by why they were run. */
    readonly reasons: Readonly<Record<Reason, number>>;
  };
}

interface MoveCounts {
  readonly done: number;
  readonly failed: number;
}

/** What `guard status` reads of it; a guard of another release may say more. */
export const GUARD_REPORT = mapping({
  hasActions: FLAG,
  position: wordOf(['in', 'out', 'unknown']),
  running: TEXT.nullable(),
  reason: TEXT.nullable(),
  failedAttempts: NUMBER,
  lastFault: TEXT.nullable(),
  isHeld: FLAG,
  filter: mapping({ bypass: FLAG, draining: FLAG }).open().nullable(),
  listedRefused: FLAG.nullable(),
  listeners: listOf(
    mapping({ listener: TEXT, state: TEXT, isPartial: FLAG, isDenied: FLAG, lastFailure: TEXT.nullable() }).open(),
  ),
}).open();
export type ReadGuardReport = Output<typeof GUARD_REPORT>;

/** The state in one line. */
export function inOneLine(report: ReadGuardReport): string {
  return [
    pathWords(report),
    ...report.listeners.map(({ listener, state, isPartial, lastFailure }) =>
      state === 'healthy' || lastFailure === null
        ? `${listener} ${state}`
        : `${listener} ${isPartial ? 'partly ' : ''}${state} (${lastFailure})`,
    ),
    ...(report.listeners.some(({ isDenied }) => isDenied) ? ["the filter REFUSES the guard's page"] : []),
    ...(report.filter?.bypass === true ? ['the filter is in bypass'] : []),
    ...(report.filter?.draining === true ? ['the filter drains'] : []),
    ...(report.listedRefused === false ? ['the listed page is NOT refused'] : []),
  ].join('; ');
}

function pathWords({
  hasActions,
  position,
  running,
  reason,
  failedAttempts,
  lastFault,
  isHeld,
}: ReadGuardReport): string {
  if (!hasActions) return 'no actions: it only tells';
  const where = { in: 'in the path', out: `OUT of the path (${reason ?? 'start'})`, unknown: 'not yet known where' }[
    position
  ];
  const failing = failedAttempts === 0 ? '' : `, COMMANDS FAIL (${failedAttempts}): ${lastFault ?? ''}`;
  const held = isHeld ? ', HELD: too few other nodes' : '';
  return `${where}${running === null ? '' : `, going ${running}`}${held}${failing}`.replaceAll('\n', ' ');
}
