/**
 * What a policy zone has to say so that exactly those names are blocked that an entry covers and no exception does: one pass over the sorted
 * names.
 *
 *   *.a.example blocked                       ─▶ a.example, *.a.example block
 *     b.a.example blocked                     ─▶ nothing: it is covered
 *     y.x.a.example allowed                   ─▶ x.a.example, *.x.a.example block; y.x.a.example pass; *.y.x.a.example block
 *
 * A wildcard ends at every name that is there below it (RFC 4592 §2.2.1), the empty ones in between too; some engines apply that to policies and some
 * do not. So below a wildcard each name on the way to an exception has rules of its own, and its own wildcard. It must not write anything.
 */
import { flagsAt, type SortedNames } from './sorted-names.ts';

/** What is said of a name: the name itself, what is below it; blocked, or excepted. */
export const BLOCK_NAME = 1;
export const BLOCK_BELOW = 2;
export const ALLOW_NAME = 4;
export const ALLOW_BELOW = 8;

/** Of a name in packed form. The object is the same each time. */
export interface Rule {
  start: number;
  /** Behind the last separator. */
  end: number;
  /** Of everything below the name, not of the name. */
  below: boolean;
  blocked: boolean;
}

/** A name above the present one, below which something holds. */
interface Above {
  readonly start: number;
  readonly end: number;
  /** What is below is blocked; excepted otherwise. */
  readonly blocked: boolean;
}

/** @param names sorted. */
export function* policyRules(names: SortedNames): Generator<Rule, void> {
  const { bytes, count } = names;
  const above: Above[] = [];
  const rule: Rule = { start: 0, end: 0, below: false, blocked: true };
  let index = 0;
  while (index < count) {
    const start = names.startOf(index);
    const end = flagsAt(bytes, start);
    let flags = bytes[end] ?? 0;
    for (index += 1; index < count && isSame(bytes, start, end, names.startOf(index)); index += 1)
      flags |= bytes[names.startOf(index) + end - start] ?? 0;
    while (above.length > 0 && !isBelow(bytes, above.at(-1), start)) above.pop();
    const under = above.at(-1);
    if (under?.blocked === false) continue;
    if (under === undefined) yield* free(flags, { start, end }, above, rule);
    else yield* exception(flags, { start, end }, { bytes, above, under }, rule);
  }
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Of a name below which nothing is blocked yet. An exception has a rule here too: the name may be an alias of one that is blocked. */
function* free(flags: number, { start, end }: Place, above: Above[], rule: Rule): Generator<Rule> {
  if ((flags & ALLOW_NAME) !== 0) yield set(rule, start, end, false, false);
  else if ((flags & BLOCK_NAME) !== 0) yield set(rule, start, end, false, true);
  if ((flags & ALLOW_BELOW) !== 0) {
    yield set(rule, start, end, true, false);
    above.push({ start, end, blocked: false });
  } else if ((flags & BLOCK_BELOW) !== 0) {
    yield set(rule, start, end, true, true);
    above.push({ start, end, blocked: true });
  }
}

interface Under {
  readonly bytes: Buffer;
  readonly above: Above[];
  readonly under: Above;
}

/** Of a name below a blocked one: only an exception needs rules. */
function* exception(flags: number, { start, end }: Place, { bytes, above, under }: Under, rule: Rule): Generator<Rule> {
  if ((flags & ALLOW_NAME) === 0) return;
  for (let at = start + under.end - under.start; at < end - 1; at += 1) {
    if (bytes[at] !== 0) continue;
    yield set(rule, start, at + 1, false, true);
    yield set(rule, start, at + 1, true, true);
    above.push({ start, end: at + 1, blocked: true });
  }
  const blocked = (flags & ALLOW_BELOW) === 0;
  yield set(rule, start, end, false, false);
  yield set(rule, start, end, true, blocked);
  above.push({ start, end, blocked });
}

function set(rule: Rule, start: number, end: number, below: boolean, blocked: boolean): Rule {
  rule.start = start;
  rule.end = end;
  rule.below = below;
  rule.blocked = blocked;
  return rule;
}

function isSame(bytes: Buffer, start: number, end: number, other: number): boolean {
  // Flags come directly behind the last separator, and no name has them anywhere else.
  return startsAlike(bytes, start, end, other) && (bytes[other + end - start] ?? 0) <= ALL;
}

function isBelow(bytes: Buffer, above: Above | undefined, start: number): boolean {
  return above !== undefined && startsAlike(bytes, above.start, above.end, start);
}

function startsAlike(bytes: Buffer, start: number, end: number, other: number): boolean {
  for (let i = start, j = other; i < end; i += 1, j += 1) if (bytes[i] !== bytes[j]) return false;
  return true;
}

const ALL = BLOCK_NAME | BLOCK_BELOW | ALLOW_NAME | ALLOW_BELOW;
