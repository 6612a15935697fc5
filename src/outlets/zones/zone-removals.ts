/**
 * What a zone may say while nobody knows what an allow list takes out: what its file blocks already and a list names still, less every exception of
 * either. So a removal goes through, and nothing is blocked that was not.
 *
 *   file ─▶ names with what is said of them ─┐
 *                                            ├─ in both orders at once ─▶ blocked by both, excepted by one
 *   lists ─▶ names, sorted ──────────────────┘
 *
 * It must not read or write a file.
 */
import { canonicalHost, type CanonicalHost } from '../../url/host.ts';
import { ALLOW_BELOW, ALLOW_NAME, BLOCK_BELOW, BLOCK_NAME } from './policy-rules.ts';
import { compareNames, flagsAt, isWithin, SortedNames, type PackedName } from './sorted-names.ts';
import { ZONE_END } from './zone-text.ts';

const RECORD = /^(\*\.)?([a-z0-9_.-]{1,253}) (CNAME|A|AAAA) (\S+)$/;
const PASS = 'rpz-passthru.';
const ALLOWS = ALLOW_NAME | ALLOW_BELOW;

/**
 * @param lines of a zone's file, without their ends, from the first record on.
 * @returns what it says, sorted; null if it does not end as a whole file does, or has a line that is none of ours.
 */
export async function namesInZone(lines: AsyncIterable<string>): Promise<SortedNames | null> {
  const names = new SortedNames();
  const isWhole = await eachRecord(lines, ({ name, isBelow, isPass }) => {
    const [own, below] = isPass ? [ALLOW_NAME, ALLOW_BELOW] : [BLOCK_NAME, BLOCK_BELOW];
    names.add(name, isBelow ? below : own);
  });
  names.sort();
  return isWhole ? names : null;
}

interface ZoneRecord {
  readonly name: CanonicalHost;
  /** Of all below the name, and not of the name itself. */
  readonly isBelow: boolean;
  /** An exception. */
  readonly isPass: boolean;
}

/** @param lines as of `namesInZone`. @returns false if it does not end as a whole file does, or has a line that is none of ours. */
export async function eachRecord(lines: AsyncIterable<string>, take: (record: ZoneRecord) => void): Promise<boolean> {
  let isWhole = false;
  for await (const line of lines) {
    if (isWhole) return false;
    if (`${line}\n` === ZONE_END) {
      isWhole = true;
      continue;
    }
    const [, star, written = '', type, data] = RECORD.exec(line) ?? [];
    const name = canonicalHost(written);
    if (name === null || name !== written) return false;
    take({ name, isBelow: star !== undefined, isPass: type === 'CNAME' && data === PASS });
  }
  return isWhole;
}

/** @param there what the zone says, and `wanted` what lists say, both sorted. @returns what it may say, sorted. */
export function lessRemoved(there: SortedNames, wanted: SortedNames): SortedNames {
  const left = new SortedNames();
  const walks = [new Walk(there), new Walk(wanted)] as const;
  for (let name = firstOf(walks); name !== null; name = firstOf(walks)) {
    let [blocked, allowed] = [BLOCK_NAME | BLOCK_BELOW, 0];
    for (const walk of walks) {
      const flags = walk.at(name);
      blocked &= flags;
      allowed |= flags & ALLOWS;
    }
    if ((blocked | allowed) !== 0) left.copy(name, blocked | allowed);
    for (const walk of walks) walk.pass(name);
  }
  left.sort();
  return left;
}

function firstOf([a, b]: readonly [Walk, Walk]): PackedName | null {
  if (a.name === null || b.name === null) return a.name ?? b.name;
  return compareNames(a.name, b.name) <= 0 ? a.name : b.name;
}

/** One order of names, from the first to the last. */
class Walk {
  readonly #names: SortedNames;
  #index = 0;
  /** Names above the present one of which something is said for all below. */
  readonly #above: { readonly name: PackedName; readonly isBlocked: boolean }[] = [];
  /** Null: there is none left. */
  name: PackedName | null = null;
  #flags = 0;

  constructor(names: SortedNames) {
    this.#names = names;
    this.#take();
  }

  /** @param name the first one that any walk has not passed. @returns what holds of it and of all below it here. */
  at(name: PackedName): number {
    let above = this.#above.at(-1);
    while (above !== undefined && !isWithin(name, above.name)) {
      this.#above.pop();
      above = this.#above.at(-1);
    }
    const inherited = above?.isBlocked === true;
    const flags = this.#isAt(name) ? this.#flags : 0;
    const isBlocked = (own: number, allow: number): boolean =>
      (flags & own) !== 0 || ((flags & allow) === 0 && inherited);
    return (
      (flags & ALLOWS) |
      (isBlocked(BLOCK_NAME, ALLOW_NAME) ? BLOCK_NAME : 0) |
      (isBlocked(BLOCK_BELOW, ALLOW_BELOW) ? BLOCK_BELOW : 0)
    );
  }

  pass(name: PackedName): void {
    if (this.name === null || !this.#isAt(name)) return;
    if ((this.#flags & (BLOCK_BELOW | ALLOW_BELOW)) !== 0)
      this.#above.push({ name: this.name, isBlocked: (this.#flags & BLOCK_BELOW) !== 0 });
    this.#take();
  }

  #isAt(name: PackedName): boolean {
    return this.name !== null && compareNames(this.name, name) === 0;
  }

  /** The next one, with all that is said of it. */
  #take(): void {
    const { bytes, count } = this.#names;
    this.name = null;
    this.#flags = 0;
    while (this.#index < count) {
      const start = this.#names.startOf(this.#index);
      const name = { bytes, start, end: flagsAt(bytes, start) };
      if (this.name !== null && compareNames(this.name, name) !== 0) return;
      this.name ??= name;
      this.#flags |= bytes[name.end] ?? 0;
      this.#index += 1;
    }
  }
}
