/** Changes to a slow head that may make it slower. Random, from a seeded generator; the head never outgrows the limits much. */
import { seededRandom } from '../../../bench/data/seeded-random.ts';
import type { Piece, SlowHead } from '../../../bench/heads/pieces.ts';
import { DICTIONARY } from './seeds.ts';

/** A little over what the limits permit: what is just refused is interesting too. */
const MAX_BYTES = { request: 82_000, response: 132_000 } as const;
const MAX_PIECES = 24;
const MAX_UNIT = 400;

export class Mutator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** One to four changes. `other`: a head to borrow from. */
  changed(head: SlowHead, other: SlowHead): SlowHead {
    let pieces = [...head.pieces];
    for (let changes = 1 + this.below(4); changes > 0; changes -= 1) pieces = this.#change(pieces, other.pieces);
    return { ...head, pieces: fitted(pieces.slice(0, MAX_PIECES), MAX_BYTES[head.side]) };
  }

  /** 0 … limit-1. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #change(pieces: readonly Piece[], others: readonly Piece[]): Piece[] {
    const at = this.below(pieces.length);
    const [unit, times] = pieces[at]!;
    const word = DICTIONARY[this.below(DICTIONARY.length)]!;
    const put = (...changed: readonly Piece[]): Piece[] => [
      ...pieces.slice(0, at),
      ...changed,
      ...pieces.slice(at + 1),
    ];
    switch (this.below(12)) {
      case 0:
        return put([word, times]);
      case 1:
        return put([(unit + word).slice(-MAX_UNIT), times]);
      case 2:
        return put([(word + unit).slice(0, MAX_UNIT), times]);
      case 3:
        return put([unit, times * 2]);
      case 4:
        return put([unit, Math.max(1, times >> 1)]);
      case 5:
        return put([unit, times], [word, 1 << this.below(14)]);
      case 6:
        return pieces.length > 1 ? put() : [...pieces];
      case 7:
        return put([unit, times], others[this.below(others.length)]!);
      case 8: {
        const cut = this.below(unit.length + 1);
        return put([unit.slice(0, cut) + word + unit.slice(cut), times]);
      }
      case 9: {
        const cut = this.below(unit.length + 1);
        return unit.length > 1
          ? put([unit.slice(0, cut), 1], [word, 1 << this.below(12)], [unit.slice(cut), times])
          : put([unit, times + 1]);
      }
      case 10:
        return unit.length > 1
          ? put([unit.slice(1 + this.below(unit.length - 1)), times])
          : put([unit, 1 << this.below(16)]);
      default:
        return put([unit, Math.max(1, times + this.below(9) - 4)]);
    }
  }
}

/** The longest piece gives way. */
function fitted(pieces: readonly Piece[], most: number): readonly Piece[] {
  const length = pieces.reduce((sum, [unit, times]) => sum + unit.length * times, 0);
  if (length <= most) return pieces;
  const longest = pieces.reduce(
    (best, [unit, times], i) => (unit.length * times > pieces[best]![0].length * pieces[best]![1] ? i : best),
    0,
  );
  const [unit, times] = pieces[longest]!;
  const less = Math.max(1, times - Math.ceil((length - most) / Math.max(1, unit.length)));
  return pieces.map((piece, i) => (i === longest ? [unit, less] : piece));
}
