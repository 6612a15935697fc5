/**
 * Every way in which an origin may read a path (design D11, requirement 59). One canonical form cannot be every origin's: they
 * decode once, twice or not at all, resolve `..` before or after it, take `\` and `;` for letters or not. A path on which they
 * differ is *ambiguous* and has a key for each reading; any other path has one. Pure, total, and bounded in number and work.
 *
 *   raw path ─▶ ambiguous? ─┬─ no ──▶ [canonical]
 *                           └─ yes ─▶ parameters × authority × `\` × `//` × layer × again ─▶ distinct keys, or too many
 *
 * Whatever the reading, its key ends in the form that entries have: fully decoded, `\` as `/`, no `//`. Only dot segments that
 * the reading leaves alone stay in it, and match nothing but the directories before them.
 */
import type { ByteString } from './bytes.ts';
import { decodedButSlashes, decodeFully, decodeOnce } from './bytes.ts';
import { startsWithTwoSlashes } from './characters.ts';
import { withoutParameters } from './fold.ts';
import { handedOn } from './handed-on.ts';
import { DIRECTORY_END, EMPTY_TEXT, MAX_PIECES, PathPieces } from './path-pieces.ts';
import { PathKeySet } from './path-key-set.ts';
import type { PathKeys } from './path-key-set.ts';
import { behindUserInfo, hidesAuthority } from './path-authority.ts';
import { resolvedDots } from './path.ts';
import { AXIS, STAGE } from './reading-axes.ts';
import type { Axes } from './reading-axes.ts';
import { stepsOfPass, stepsOfPieces, stepsOfWalk, type StepBudget } from './steps.ts';

/* oxlint-disable typescript/no-non-null-assertion -- pieces lie below the length of the path that is read; a table has a row for each stage */

/** Layer up to which cuts and dots show, by stage; the order of `STAGES` is that of names: the commonest first. */
const LAYER_OF_CUTS = [3, 0, 0, 0, 1, 2, 1, 0] as const;
const LAYER_OF_DOTS = [3, 0, 0, 1, 1, 2, 2, 2] as const;
const { once, rawEscapedDots, twice, onceEscapedDots, full, rawTwiceEscapedDots } = STAGE;
const STAGES = [once, STAGE.raw, rawEscapedDots, twice, onceEscapedDots, full, rawTwiceEscapedDots] as const;
const DEEPEST = 3;
export const QUESTION = 0x3f;
const NO_AXES = [0] as const;
const BACKSLASH_AXES = [AXIS.letter, 0] as const;
const BOTH_BACKSLASH_AXES = [AXIS.letter, 0, AXIS.escapedLetter] as const;
const MERGING_AXES = [0, AXIS.unmerged, AXIS.mergedLater] as const;

/** One for the thread; what it gives out is not its own. */
class Readings {
  readonly #pieces = new PathPieces();
  #keys = new PathKeySet(this.#pieces);
  #budget: StepBudget = { left: 0 };
  /** The path as it is being read: numbers of pieces. Two, because resolving reads one and writes the other. */
  #path = new Uint8Array(MAX_PIECES + 1);
  #resolved = new Uint8Array(MAX_PIECES + 1);
  #length = 0;
  /** The path ends in dots that were resolved. */
  #endsInDots = false;
  readonly #starts = new Uint8Array(MAX_PIECES + 1);

  /** @returns the keys of all readings of this text; null if it is too long, or there is too much of it. */
  of(raw: ByteString, axes: Axes, budget: StepBudget): PathKeys | null {
    this.#start(budget);
    return this.#readAll(raw, axes) ? this.#keys : null;
  }

  /**
   * A server in front hands on what it made of the text, with `;` as a letter (handed-on.ts); the one behind it drops `;…`.
   *
   * @param stripped the text without its `;…`, whose keys are known.
   * @returns null as `of`.
   */
  ofRewritten(raw: ByteString, stripped: ByteString, budget: StepBudget): PathKeys | null {
    this.#start(budget);
    if (!this.#decodedOnce(raw).includes(';')) return this.#keys;
    const known = [stripped];
    for (const text of handedOn(raw)) {
      // It is made, and stripped.
      this.#spend(2 * stepsOfPass(text.length));
      if (!this.#readHandedOn(text, known)) return null;
    }
    return this.#keys;
  }

  /** @returns as `#readAll`. */
  #readHandedOn(text: ByteString, known: ByteString[]): boolean {
    const stripped = withoutParameters(text);
    if (known.includes(stripped)) return true;
    known.push(stripped);
    return this.#readAll(stripped, AXIS.params | AXIS.decoded);
  }

  #start(budget: StepBudget): void {
    this.#budget = budget;
    this.#pieces.reset();
    this.#keys = new PathKeySet(this.#pieces);
  }

  /** @returns false if it is too long, or there is too much of it. */
  #readAll(raw: ByteString, axes: Axes): boolean {
    if (!this.#load(raw)) return false;
    const { hasBackslash, hasEmpty, hasEscapedBackslash } = this.#pieces;
    this.#readFrom(0, axes);
    this.#readWithoutDots(axes | AXIS.dropped);
    if (this.#keys.isFull) return false;
    if (startsWithTwoSlashes(raw)) this.#readBehindAuthority(raw, axes | AXIS.authority);
    this.#readBehindDecodedAuthority(raw, axes | AXIS.authority | AXIS.decoded);
    if (hasEmpty) this.#readBehindResolvedAuthority(raw, axes | AXIS.authority | AXIS.decoded);
    if (hasBackslash || hasEscapedBackslash) this.#readBehindLetters(raw, axes | AXIS.decoded);
    if (hasEscapedBackslash) this.#readWithKeptSlashes(raw, axes | AXIS.decoded);
    return !this.#keys.isFull;
  }

  #readBehindAuthority(raw: ByteString, axes: Axes): void {
    const behind = this.#behindAuthority(true);
    const behindLetters = this.#behindAuthority(false);
    this.#readFrom(behind, axes);
    if (behindLetters !== behind) this.#readFrom(behindLetters, axes);
    for (const rest of behindUserInfo(raw)) if (this.#load(rest)) this.#readFrom(0, axes);
  }

  /** Of the first decoding that shows one which did not show before, as the URL standard takes it apart; `%2F` may stay (`decodeURI`). */
  #readBehindDecodedAuthority(raw: ByteString, axes: Axes): void {
    if (this.#keys.isFull || !hidesAuthority(raw)) return;
    const keeping = this.#decodedButSlashes(raw);
    if (keeping !== raw) this.#readBehindShown(keeping, axes);
    let text = raw;
    for (let layer = 1; layer <= DEEPEST; layer += 1) {
      text = layer < DEEPEST ? this.#decodedOnce(text) : decodeFully(text, QUESTION);
      if (!startsWithTwoSlashes(text)) continue;
      if (text !== keeping) this.#readBehindShown(text, axes);
      return;
    }
  }

  #readBehindShown(text: ByteString, axes: Axes): void {
    if (startsWithTwoSlashes(text) && this.#load(text)) this.#readFrom(this.#behindAuthority(true), axes);
  }

  /** A server in front resolves dots and keeps `//`, and hands on what it made of that: `/.//x/page` is `/page` (nginx, `$uri`). */
  #readBehindResolvedAuthority(raw: ByteString, axes: Axes): void {
    if (this.#keys.isFull) return;
    const decoded = this.#decodedOnce(raw);
    for (const text of decoded === raw ? [raw] : [raw, decoded]) {
      if (this.#keys.isFull || !(text.includes('//') || text.includes('/\\'))) continue;
      const resolved = this.#resolvedDots(text, false);
      if (resolved !== text && startsWithTwoSlashes(resolved) && this.#load(resolved))
        this.#readBehindAuthority(resolved, axes);
    }
  }

  /** A server in front resolves dots to which `\` is a letter, and the one behind it takes it for a slash: `/a\b/../..\page` is `/page`. */
  #readBehindLetters(raw: ByteString, axes: Axes): void {
    if (this.#keys.isFull) return;
    const decoded = this.#decodedOnce(raw);
    for (const text of decoded === raw ? [raw] : [raw, decoded]) {
      for (const merged of text.includes('//') ? [true, false] : [true]) {
        if (this.#keys.isFull || !this.#mayHideDots(text)) break;
        const resolved = this.#resolvedDots(text, merged);
        if (resolved !== text && this.#mayHideDots(resolved) && this.#load(resolved)) this.#readFrom(0, axes);
      }
    }
  }

  /** Whether there may be a dot segment where `\` is a slash, and none where it is a letter. Either may be decoded later. */
  #mayHideDots(text: ByteString): boolean {
    const shown = text.includes('%') ? this.#decodedOnce(text) : text;
    return [text, shown].some((read) => read.includes('\\.') || read.includes('.\\'));
  }

  /** `decodeURI` shows `\`, a slash to the URL standard, and keeps `%2F`, a letter to it: `/x%2fy%5c../dir/` is `/dir/`. */
  #readWithKeptSlashes(raw: ByteString, axes: Axes): void {
    if (this.#keys.isFull) return;
    const escapes = raw.toLowerCase();
    if (!escapes.includes('%5c') || !escapes.includes('%2f')) return;
    const keeping = this.#decodedButSlashes(raw);
    if (!this.#load(keeping)) return;
    this.#readFrom(0, axes);
    if (startsWithTwoSlashes(keeping)) this.#readBehindAuthority(keeping, axes | AXIS.authority);
  }

  /** The piece after the authority; all slashes in front belong to it (WHATWG URL, "special authority ignore slashes state"). */
  #behindAuthority(backslashEnds: boolean): number {
    const { count, text, cutLayer, isBackslash } = this.#pieces;
    let piece = 0;
    while (piece + 1 < count && text[piece] === EMPTY_TEXT && cutLayer[piece + 1] === 0) piece += 1;
    for (piece += 1; piece < count; piece += 1)
      if (cutLayer[piece] === 0 && (backslashEnds || isBackslash[piece] === 0)) break;
    return piece;
  }

  #readFrom(first: number, axes: Axes): void {
    const { hasBackslash, hasEscapedBackslash, hasEmpty } = this.#pieces;
    const letters =
      hasBackslash && hasEscapedBackslash
        ? BOTH_BACKSLASH_AXES
        : hasBackslash || hasEscapedBackslash
          ? BACKSLASH_AXES
          : NO_AXES;
    for (const letter of letters) {
      for (const unmerged of hasEmpty ? MERGING_AXES : NO_AXES) {
        for (const stage of STAGES) {
          if (this.#keys.isFull) return;
          if (!this.#differs(stage)) continue;
          this.#begin(first);
          this.#resolveFrom(axes | letter | unmerged | stage);
        }
      }
    }
    this.#begin(first);
    this.#keys.add(this.#path, this.#length, axes | STAGE.never);
  }

  /** Dot segments are taken out, and nothing with them: `/deep/../er/page` is `/deep/er/page`; at the end they may leave a slash. In whatever layer: no listed path has dots. */
  #readWithoutDots(axes: Axes): void {
    const { count, dots, dotLayersUsed } = this.#pieces;
    if (dotLayersUsed === 0 || this.#keys.isFull) return;
    this.#spend(stepsOfWalk(count));
    this.#length = 0;
    for (let piece = 0; piece < count; piece += 1) if (dots[piece] === 0) this.#path[this.#length++] = piece;
    this.#keys.add(this.#path, this.#length, axes);
    if (dots[count - 1] === 0) return;
    this.#path[this.#length++] = DIRECTORY_END;
    this.#keys.add(this.#path, this.#length, axes);
  }

  /** Whether something in the path shows at this stage that does not show before. */
  #differs(stage: number): boolean {
    if (stage === STAGE.raw) return true;
    if (LAYER_OF_DOTS[stage]! > LAYER_OF_CUTS[stage]!)
      return (this.#pieces.dotLayersUsed & (1 << LAYER_OF_DOTS[stage]!)) !== 0;
    return (this.#pieces.layersUsed & (1 << LAYER_OF_CUTS[stage]!)) !== 0;
  }

  /** @returns false if it is too long. */
  #load(raw: ByteString): boolean {
    if (this.#keys.isFull) return false;
    const isLoaded = this.#pieces.load(raw);
    this.#spend(stepsOfPieces(raw.length, this.#pieces.count));
    return isLoaded;
  }

  #decodedOnce(text: ByteString): ByteString {
    this.#spend(stepsOfPass(text.length));
    return decodeOnce(text, QUESTION);
  }

  #decodedButSlashes(text: ByteString): ByteString {
    this.#spend(stepsOfPass(text.length));
    return decodedButSlashes(text);
  }

  #resolvedDots(text: ByteString, merged: boolean): ByteString {
    this.#spend(stepsOfPass(text.length));
    return resolvedDots(text, merged);
  }

  #spend(steps: number): void {
    this.#budget.left -= steps;
    if (this.#budget.left < 0) this.#keys.isFull = true;
  }

  #begin(first: number): void {
    const { count } = this.#pieces;
    for (let piece = first; piece < count; piece += 1) this.#path[piece - first] = piece;
    this.#length = Math.max(0, count - first);
  }

  /** Resolved at its stage and never again; then again after each decoding. */
  #resolveFrom(axes: Axes): void {
    const stage = axes & STAGE.mask;
    this.#resolve(LAYER_OF_CUTS[stage]!, LAYER_OF_DOTS[stage]!, axes);
    this.#addResolved(axes);
    const later = axes & ~AXIS.mergedLater;
    // Where no dots are left, in whatever layer, nothing can climb any more.
    for (let layer = LAYER_OF_CUTS[stage]! + 1; layer <= DEEPEST && this.#hasDots(); layer += 1) {
      if ((this.#pieces.layersUsed & (1 << layer)) === 0) continue;
      this.#resolve(layer, layer, later);
      this.#addResolved(axes | AXIS.again);
    }
  }

  #hasDots(): boolean {
    for (let i = 0; i < this.#length; i += 1) if (this.#pieces.dots[this.#path[i]!] !== 0) return true;
    return false;
  }

  #addResolved(axes: Axes): void {
    this.#keys.add(this.#path, this.#length, axes);
    if (this.#endsInDots) this.#keys.add(this.#path, this.#length - 1, axes | AXIS.noSlash);
  }

  /** One walk: segments end where a cut shows; `..` takes the last one that was kept (RFC 3986 §5.2.4). */
  // Long: all that a suspect path costs is spent in this loop (requirement 60), so that it keeps its state in local variables.
  #resolve(cutLayer: number, dotLayer: number, axes: Axes): void {
    this.#spend(stepsOfWalk(this.#length));
    const { cutLayer: cuts, isBackslash, dotLayer: dotsAt, dots: dotsOf, text } = this.#pieces;
    const path = this.#path;
    const count = this.#length;
    const out = this.#resolved;
    const starts = this.#starts;
    const merges = (axes & (AXIS.unmerged | AXIS.mergedLater)) === 0;
    // Backslashes that show in this layer or later are letters.
    const letterFrom = (axes & AXIS.letter) !== 0 ? 0 : (axes & AXIS.escapedLetter) !== 0 ? 1 : DEEPEST + 1;
    let kept = 0;
    let length = 0;
    let isDirectory = false;
    this.#endsInDots = false;
    for (let at = 0; at < count;) {
      let end = at + 1;
      for (; end < count; end += 1) {
        const piece = path[end]!;
        if (cuts[piece]! <= cutLayer && (isBackslash[piece] === 0 || cuts[piece]! < letterFrom)) break;
      }
      const first = path[at]!;
      const isAlone = end === at + 1;
      const dots = isAlone && dotsAt[first]! <= dotLayer ? dotsOf[first]! : 0;
      const isEmpty = isAlone && text[first] === EMPTY_TEXT;
      isDirectory = dots > 0 || isEmpty;
      this.#endsInDots = dots > 0;
      if (dots === 2) {
        if (kept > 0) length = starts[(kept -= 1)]!;
      } else if (dots === 0 && !(isEmpty && (merges || end === count))) {
        starts[kept] = length;
        kept += 1;
        for (let i = at; i < end; i += 1) out[length++] = path[i]!;
      }
      at = end;
    }
    if (isDirectory) out[length++] = DIRECTORY_END;
    this.#length = length;
    this.#path = out;
    this.#resolved = path;
  }
}

export const readings = new Readings();
