/**
 * Targets that were served with listed content, sorted by kind: two targets are of one kind when they differ in letters
 * and digits alone. Picked by kind first, so that a thousand spellings of one trick do not hide the rare ones.
 */
import { seededInteger } from '../../bench/data/seeded-random.ts';

const PER_KIND = 4;
const MAX_KINDS = 30_000;
/** Longer ones are rarely better, and every change of them costs more. */
const LONGEST = 400;
/** New kinds are tried more often than old ones, of a hundred. */
const RECENT = 40;
const RECENT_KINDS = 200;

export class Breed {
  /** Ever added. */
  kinds = 0;
  readonly #random: () => number;
  readonly #kinds = new Map<string, string[]>();
  readonly #order: string[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  add(target: string): void {
    if (target.length > LONGEST) return;
    const kind = kindOf(target);
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      if (this.#order.length >= MAX_KINDS) this.#forgetOne();
      this.#kinds.set(kind, [target]);
      this.#order.push(kind);
      this.kinds += 1;
    } else if (known.length < PER_KIND) known.push(target);
  }

  /** The last takes its place. */
  #forgetOne(): void {
    const at = seededInteger(this.#random, this.#order.length);
    this.#kinds.delete(this.#order[at]!);
    const last = this.#order.pop()!;
    if (at < this.#order.length) this.#order[at] = last;
  }

  /** Null: none yet. */
  pick(): string | null {
    const count = this.#order.length;
    if (count === 0) return null;
    const recent = seededInteger(this.#random, 100) < RECENT ? Math.min(count, RECENT_KINDS) : count;
    const kind = this.#order[count - 1 - seededInteger(this.#random, recent)]!;
    const targets = this.#kinds.get(kind)!;
    return targets[seededInteger(this.#random, targets.length)]!;
  }
}

/** Structure alone: escapes of what has a meaning stay, words become one letter, the query is left out. */
export function kindOf(target: string): string {
  const [path = ''] = target.split('?', 1);
  return path
    .toLowerCase()
    .replaceAll(/%(?:25)*(?:2[0ef]|5c|3[abf]|2[35]|00)|%(?:25)*[\da-f]{2}|[a-z\d_]+/g, (piece) =>
      /^%(?:25)*(?:2[0ef]|5c|3[abf]|2[35]|00)$/.test(piece) ? piece : 'n',
    );
}
