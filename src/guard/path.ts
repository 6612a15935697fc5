/**
 * Where the filter belongs, in the path of the customers' traffic or out of it, and what is done about it: a pure reducer.
 *
 *   health of the listeners ──┐
 *   the filter drains, bypass ┼─▶ wanted: in, out, or as it is ─▶ one step: run the commands, count the fleet, or nothing
 *   commands, fleet, time ────┘
 *
 * One step at a time; a command that failed is run again until it succeeds or the opposite is wanted. It holds no clock, starts nothing and
 * must never put a filter into the path that has not answered.
 */
import type { Health } from './health.ts';
import type { PathTerms } from './settings.ts';

export type Position = 'unknown' | 'in' | 'out';
export type Direction = 'out' | 'back';
/** Why the filter is out of the path, or is to be. `start`: it has not answered since the guard was started. */
export type Reason = 'start' | 'down' | 'partial' | 'draining' | 'stop';

/** What the filter says of itself; null: it says nothing. */
export interface FilterStatus {
  readonly draining: boolean;
  readonly bypass: boolean;
}

export interface Path {
  /** What is known of it: by the last commands, or by what was kept or checked at the start. */
  readonly position: Position;
  /** Commands under way. */
  readonly running: Direction | null;
  /** Why the last commands out were run. */
  readonly reason: Reason | null;
  /** Attempts in a row that failed, and before when there is no other. */
  readonly failedAttempts: number;
  readonly notBefore: number;
  /** How often it went out of the path by a failure, since it was last calm. */
  readonly flaps: number;
  /** Since when every listener is healthy; null: not all are. */
  readonly healthySince: number | null;
  readonly inSince: number | null;
  /** Somebody else has put it into the path, and it has not been healthy since: that it goes out again says nothing new of the filter. */
  readonly isForeign: boolean;
  readonly filter: FilterStatus | null;
  /** Since when the filter says that it drains; null: it does not. */
  readonly drainingSince: number | null;
  /** Other nodes that remain: not asked, asked, or the number (null: it cannot be known) and when; `routes` has this node's own, if any. */
  readonly others:
    | 'unasked'
    | 'asked'
    | { readonly count: number | null; readonly routes: number | null; readonly at: number };
  /** The fleet was large enough when commands out were begun that have not yet succeeded. */
  readonly mayGo: boolean;
  /** It would be taken out, and the fleet is too small. */
  readonly isHeld: boolean;
  readonly isStopping: boolean;
}

export type PathEvent =
  | { readonly kind: 'look' }
  | { readonly kind: 'filter'; readonly says: FilterStatus | null }
  | { readonly kind: 'command'; readonly direction: Direction; readonly isDone: boolean }
  | { readonly kind: 'others'; readonly routes: number | null }
  /** It was out of the path, and is in it without a command of the guard. */
  | { readonly kind: 'found' }
  | { readonly kind: 'stop' };

/** What is to be done next. `end`: the guard may end. */
export type Step = { readonly kind: 'run'; readonly direction: Direction } | { readonly kind: 'count' | 'end' } | null;

/** Milliseconds to the next attempt after a failure; doubled with each. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
/** What was counted is true for so long. */
const COUNT_MS = 1000;
/** More doubles nothing that is not at its bound already. */
export const MAX_FLAPS = 20;
/** At its own end the guard does not try for ever. */
const LAST_ATTEMPTS = 3;

/** @param flaps as they were kept over a restart. @param now milliseconds of a clock that does not jump. */
export function startPath(position: Position, flaps: number, now: number): Path {
  return {
    position,
    running: null,
    reason: position === 'out' ? 'start' : null,
    failedAttempts: 0,
    notBefore: 0,
    flaps,
    healthySince: null,
    inSince: position === 'in' ? now : null,
    isForeign: false,
    filter: null,
    drainingSince: null,
    others: 'unasked',
    mayGo: false,
    isHeld: false,
    isStopping: false,
  };
}

interface Now {
  readonly terms: PathTerms;
  readonly now: number;
}

/** @returns the path after `event`, and what is to be done, which it then takes for begun. */
export function afterEvent(
  path: Path,
  event: PathEvent,
  { healths, terms, now }: { readonly healths: readonly Health[]; readonly terms: PathTerms; readonly now: number },
): { readonly path: Path; readonly step: Step } {
  const noted = calmed(withHealth(note(path, event, { healths, terms, now }), healths, now), terms, now);
  return begin(noted, wanted(noted, healths, { terms, now }), { terms, now });
}

/** How long the filter must have been healthy before it comes back. */
export function holdMs(flaps: number, { holdMs: first, maxHoldMs }: PathTerms): number {
  return flaps === 0 ? 0 : Math.min(maxHoldMs, first * 2 ** (flaps - 1));
}

function note(
  path: Path,
  event: PathEvent,
  { healths, terms, now }: Now & { readonly healths: readonly Health[] },
): Path {
  switch (event.kind) {
    case 'look':
      return path;
    case 'filter':
      return withFilter(path, event.says, { healths, now });
    case 'others':
      return { ...path, others: { ...othersOf(event.routes, terms), at: now } };
    case 'found':
      return path.position === 'out' && path.running === null
        ? { ...path, position: 'in', inSince: now, isForeign: true }
        : path;
    case 'stop':
      return { ...path, isStopping: true, failedAttempts: 0, notBefore: 0 };
    case 'command':
      return event.isDone ? moved(path, event.direction, now) : notMoved(path, now);
  }
}

function othersOf(
  routes: number | null,
  { fleet: { own } }: PathTerms,
): { count: number | null; routes: number | null } {
  return { count: routes === null ? null : Math.max(0, routes - own), routes };
}

/** One that drains and says nothing for a moment still drains, unless it has gone. */
function withFilter(
  path: Path,
  says: FilterStatus | null,
  { healths, now }: { readonly healths: readonly Health[]; readonly now: number },
): Path {
  const drains = path.filter?.draining === true && healths.every(({ phase }) => phase !== 'down');
  const filter = says ?? (drains ? path.filter : null);
  return { ...path, filter, drainingSince: filter?.draining === true ? (path.drainingSince ?? now) : null };
}

function moved(path: Path, direction: Direction, now: number): Path {
  const settled = {
    ...path,
    running: null,
    failedAttempts: 0,
    notBefore: 0,
    others: 'unasked',
    mayGo: false,
    isHeld: false,
    isForeign: false,
  } as const;
  if (direction === 'back') return { ...settled, position: 'in', inSince: now, reason: null };
  const isFailure = !path.isForeign && (path.reason === 'down' || path.reason === 'partial');
  const flaps = isFailure ? Math.min(path.flaps + 1, MAX_FLAPS) : path.flaps;
  return { ...settled, position: 'out', inSince: null, flaps };
}

/** Some of the commands may have done something. */
function notMoved(path: Path, now: number): Path {
  const failedAttempts = path.failedAttempts + 1;
  const notBefore = now + Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (failedAttempts - 1));
  return { ...path, running: null, position: 'unknown', inSince: null, failedAttempts, notBefore };
}

function withHealth(path: Path, healths: readonly Health[], now: number): Path {
  const isHealthy = healths.every(({ phase }) => phase === 'healthy');
  return {
    ...path,
    healthySince: isHealthy ? (path.healthySince ?? now) : null,
    isForeign: path.isForeign && !isHealthy,
  };
}

function calmed(path: Path, { calmMs }: PathTerms, now: number): Path {
  const isCalm = path.inSince !== null && path.healthySince !== null && now - path.inSince >= calmMs;
  return isCalm && path.flaps > 0 ? { ...path, flaps: 0 } : path;
}

type Wanted = { readonly position: 'out'; readonly reason: Reason } | { readonly position: 'in' } | null;

function wanted(
  path: Path,
  healths: readonly Health[],
  { terms, now }: { readonly terms: PathTerms; readonly now: number },
): Wanted {
  if (path.isStopping) return wantedAtTheEnd(terms);
  if (healths.some(({ phase }) => phase === 'down'))
    return { position: 'out', reason: path.position === 'unknown' && path.reason === null ? 'start' : 'down' };
  const drainsSince = terms.drain === 'withdraw' ? path.drainingSince : null;
  if (drainsSince !== null && now - drainsSince >= terms.drainAfterMs) return { position: 'out', reason: 'draining' };
  if (isPartial(healths, terms, now) && path.filter?.bypass !== true) return { position: 'out', reason: 'partial' };
  if (drainsSince !== null) return null;
  const isWelcome = path.healthySince !== null && now - path.healthySince >= holdMs(path.flaps, terms);
  return isWelcome ? { position: 'in' } : null;
}

function wantedAtTheEnd({ onStop }: PathTerms): Wanted {
  return onStop === 'leave' ? null : { position: 'out', reason: 'stop' };
}

function isPartial(healths: readonly Health[], { partialMs }: PathTerms, now: number): boolean {
  return healths.some(({ partialSince }) => partialSince !== null && now - partialSince >= partialMs);
}

function begin(path: Path, want: Wanted, at: Now): { readonly path: Path; readonly step: Step } {
  const rested =
    want?.position === 'out' ? path : { ...path, isHeld: false, mayGo: false, others: released(path.others) };
  if (path.running !== null) return { path: rested, step: null };
  const isSettled = want === null || want.position === path.position || path.failedAttempts >= LAST_ATTEMPTS;
  if (path.isStopping && isSettled) return { path: rested, step: { kind: 'end' } };
  if (want === null || want.position === path.position || at.now < path.notBefore) return { path: rested, step: null };
  if (want.position === 'in') return run(rested, 'back');
  return outNow({ ...rested, reason: want.reason }, at);
}

/** Once nothing is to be taken out, what was counted is forgotten; a count that is under way is awaited. */
function released(others: Path['others']): Path['others'] {
  return others === 'asked' ? others : 'unasked';
}

/**
 * The fleet is asked before a failure moves anything; a drain is somebody's decision. What was begun is finished without another question:
 * after commands that did a half nobody knows whether this node's own route is among those that are counted.
 */
function outNow(path: Path, { terms: { fleet }, now }: Now): { readonly path: Path; readonly step: Step } {
  const isAsked = fleet.minimum > 0 && path.reason !== 'draining' && path.reason !== 'stop' && !path.mayGo;
  if (!isAsked) return run(path, 'out');
  const { others } = path;
  if (others === 'asked') return { path, step: null };
  if (others === 'unasked' || now - others.at >= COUNT_MS)
    return { path: { ...path, others: 'asked' }, step: { kind: 'count' } };
  const mayGo = isEnough(others, path.position, fleet) ?? fleet.ifUnknown === 'act';
  return mayGo ? run({ ...path, mayGo: true }, 'out') : { path: { ...path, isHeld: true }, step: null };
}

/** @returns null if it cannot be known. */
function isEnough(
  { count, routes }: { readonly count: number | null; readonly routes: number | null },
  position: Position,
  { minimum }: PathTerms['fleet'],
): boolean | null {
  if (count === null || routes === null) return null;
  if (count >= minimum) return true;
  // Where nobody knows whether this node's own route is there, it may be that all of them are others'.
  return position === 'unknown' && routes >= minimum ? null : false;
}

function run(path: Path, direction: Direction): { readonly path: Path; readonly step: Step } {
  return { path: { ...path, running: direction }, step: { kind: 'run', direction } };
}
