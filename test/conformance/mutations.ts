/** Small changes of a target: pieces put in, taken out, doubled, encoded once more or once less, exchanged. */
import { seededInteger } from '../../bench/data/seeded-random.ts';
import { HEADS, NAMES, SEPARATORS, STAYS, TAILS, UPS, spellings } from './tricks.ts';

type Mutation = (pieces: string[], other: readonly string[]) => void;

const MAX_REPEATS = 70;

export class Mutations {
  readonly #random: () => number;
  readonly #all: readonly Mutation[];

  constructor(random: () => number) {
    this.#random = random;
    this.#all = [
      (pieces) => pieces.splice(this.#at(pieces), 0, ...piecesOf(`/${this.#pick(NAMES)}/${this.#pick(UPS)}`)),
      (pieces) =>
        pieces.splice(
          this.#at(pieces),
          0,
          ...piecesOf(this.#pick(SEPARATORS) + this.#pick(NAMES) + this.#pick(SEPARATORS) + this.#pick(UPS)),
        ),
      (pieces) => pieces.splice(this.#at(pieces), 0, ...piecesOf(`/${this.#pick(STAYS)}`)),
      (pieces) => pieces.splice(this.#at(pieces), 0, ...piecesOf(`/${this.#pick(UPS)}`)),
      (pieces) => pieces.splice(this.#at(pieces), 0, this.#pick(SEPARATORS)),
      (pieces) => pieces.splice(this.#at(pieces), 0, this.#pick(UPS)),
      (pieces) => pieces.splice(this.#at(pieces), 0, this.#pick([';a', ';', '%3ba', ';a%2f', ';a/', '.', '..', '%2e'])),
      (pieces) => pieces.splice(this.#at(pieces), 1 + this.#below(3)),
      (pieces) => pieces.splice(this.#at(pieces), 1),
      (pieces) => this.#exchangeSeparator(pieces),
      (pieces) => this.#exchangeSeparator(pieces),
      (pieces) => this.#respell(pieces),
      (pieces) => this.#respell(pieces),
      (pieces) => this.#encodeFurther(pieces),
      (pieces) => this.#decodeOnce(pieces),
      (pieces) => this.#double(pieces),
      (pieces) => this.#cross(pieces),
      (pieces, other) => this.#cross(pieces, other),
      (pieces) => pieces.splice(0, 1, ...piecesOf(this.#pick(HEADS))),
      (pieces) => pieces.push(...piecesOf(this.#pick(TAILS))),
      (pieces) => this.#flipCase(pieces),
    ];
  }

  /** One change or some more, up to `most`; `other` gives pieces. */
  changed(target: string, other: string, most: number): string {
    const pieces = piecesOf(target);
    for (let changes = 1 + this.#below(most); changes > 0; changes -= 1) this.#pick(this.#all)(pieces, piecesOf(other));
    const text = pieces.join('');
    return text.startsWith('/') ? text : `/${text}`;
  }

  /** The same with a part of it many times over, towards the caps. */
  lengthened(target: string): string {
    const pieces = piecesOf(target);
    const from = this.#at(pieces);
    const part = pieces.slice(from, from + 1 + this.#below(12)).join('');
    return pieces.slice(0, from).join('') + part.repeat(1 + this.#below(MAX_REPEATS)) + pieces.slice(from).join('');
  }

  #exchangeSeparator(pieces: string[]): void {
    const places = [...pieces.keys()].filter((at) => /^(?:[/\\]|%(?:25)*(?:2f|5c))$/i.test(pieces[at]!));
    if (places.length > 0) pieces[this.#pick(places)] = this.#pick(SEPARATORS);
  }

  #respell(pieces: string[]): void {
    const at = this.#at(pieces);
    const piece = pieces[at];
    if (piece?.length === 1) pieces[at] = this.#pick(spellings(piece));
  }

  #encodeFurther(pieces: string[]): void {
    const everywhere = this.#below(3) === 0;
    const chosen = this.#at(pieces);
    for (const [at, piece] of pieces.entries())
      if (piece.startsWith('%') && (everywhere || at >= chosen)) {
        pieces[at] = `%25${piece.slice(1)}`;
        if (!everywhere) return;
      }
  }

  #decodeOnce(pieces: string[]): void {
    const places = [...pieces.keys()].filter((at) => /^%[\da-f]{2}/i.test(pieces[at]!));
    if (places.length === 0) return;
    const at = this.#pick(places);
    const piece = pieces[at]!;
    const char = String.fromCharCode(Number.parseInt(piece.slice(1, 3), 16)) + piece.slice(3);
    // What no request line takes stays as it is.
    if (/^[!-~]/.test(char)) pieces[at] = char;
  }

  #double(pieces: string[]): void {
    const from = this.#at(pieces);
    const part = pieces.slice(from, from + 1 + this.#below(6));
    pieces.splice(this.#at(pieces), 0, ...part);
  }

  /** The front of one and the end of the other, or of itself. */
  #cross(pieces: string[], other: readonly string[] = [...pieces]): void {
    pieces.splice(this.#at(pieces), pieces.length, ...other.slice(this.#at(other)));
  }

  #flipCase(pieces: string[]): void {
    const at = this.#at(pieces);
    const piece = pieces[at];
    if (piece !== undefined) pieces[at] = piece === piece.toUpperCase() ? piece.toLowerCase() : piece.toUpperCase();
  }

  #at(pieces: readonly string[]): number {
    return this.#below(pieces.length + 1);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #below(limit: number): number {
    return seededInteger(this.#random, limit);
  }
}

/** Escapes, however often encoded, and single characters. */
export function piecesOf(target: string): string[] {
  return target.match(/%(?:25)*(?:u[\da-f]{4}|[\da-f]{2})|./gis) ?? [];
}
