/**
 * The keys of a path, under a fold: one for a path that everybody reads alike, one for each reading of an ambiguous one. What the
 * folds of one path have in common is made once. It must not know how paths are read (readings.ts).
 */
import { decodedButSlashes, decodeFully, decodeOnce, type ByteString } from './bytes.ts';
import { isAmbiguous, mayBeAmbiguous } from './dot-segments.ts';
import { FOLD, beforeParameters, foldedPath, hasBackslashInParameters, withoutParameters } from './fold.ts';
import { mayHaveCases, otherCases } from './letter-case.ts';
import { otherTexts } from './other-texts.ts';
import { KeyList, MAX_PATH_KEYS, type PathKeys } from './path-key-set.ts';
import { canonicalOfDecoded, canonicalPath, withSlashes, type CanonicalPath } from './path.ts';
import { pagesBefore } from './program-pages.ts';
import { AXIS, STAGE, type Axes } from './reading-axes.ts';
import { QUESTION, readings } from './readings.ts';
import { MAX_STEPS, stepsOfCanonicalForm, stepsOfOtherText, stepsOfPass, type StepBudget } from './steps.ts';

/**
 * @param raw path of a target, as `splitTarget` gives it.
 * @returns null if there are more readings, pieces, bytes or steps than there may be: the request is to be refused.
 */
export function pathKeys(raw: ByteString, fold: number): PathKeys | null {
  return new RawPath(raw).keysUnder(fold);
}

/** What the folds of one path have in common, made once: readings are made with `;…` or without it, and then folded. */
export class RawPath {
  readonly #raw: ByteString;
  readonly #keys: [kept: PathKeys | null | undefined, dropped: PathKeys | null | undefined] = [undefined, undefined];
  readonly #budget: StepBudget;
  /** Whether it was made of what came. What came has its canonical form whatever that takes: an ordinary address may be long. */
  readonly #isOther: boolean;
  /** Whether the steps of more than that count. */
  readonly #counts: boolean;
  #knownDecoded: ByteString | null = null;
  #canonical: CanonicalPath | null = null;
  /** Of both, in the order of `#keys`. */
  readonly #inAllCases: [kept: PathKeys | null | undefined, dropped: PathKeys | null | undefined] = [
    undefined,
    undefined,
  ];
  /** What a few servers make of it first. */
  readonly #others: readonly { readonly path: RawPath; readonly axis: Axes }[];
  /** Of the path without its `;…`, which both have. */
  #ofStripped: PathKeys | null | undefined = undefined;
  /** Of the path before its first `;`, likewise. */
  #ofCut: PathKeys | null | undefined = undefined;

  /**
   * @param earlier how it was made of what came (`otherTexts`).
   * @param budget what is left of the steps of the request.
   * @param counts whether its steps count though it is not ambiguous; if it is not said, where servers are known that read it differently.
   */
  constructor(raw: ByteString, earlier: Axes = 0, budget: StepBudget = { left: MAX_STEPS }, counts?: boolean) {
    // The first character is the root in every reading (`http://host\page`).
    this.#raw = raw.startsWith('\\') ? `/${raw.slice(1)}` : raw;
    this.#budget = budget;
    this.#isOther = counts === true;
    const hasMore = raw.includes('%25');
    if (this.#isOther) budget.left -= stepsOfOtherText(raw.length, hasMore);
    const others = budget.left < 0 ? [] : otherTexts(this.#raw, earlier);
    // What came is looked through whatever that takes, and what is odd about it counts: a long one would take longest beside all else.
    if (counts === undefined && hasMore && others.some(({ axis }) => axis !== AXIS.script))
      budget.left -= stepsOfOtherText(raw.length, true);
    // An ordinary address may have the name of a program in it: what is behind that counts where it would alone.
    const counted = (axis: Axes): boolean | undefined => (axis === AXIS.script && counts !== true ? undefined : true);
    this.#others = others.map(({ text, axis }) => ({ path: new RawPath(text, axis, budget, counted(axis)), axis }));
    this.#counts = counts ?? !this.isOrdinary;
  }

  /** Until nothing is left to decode; made once. */
  get #decoded(): ByteString {
    return (this.#knownDecoded ??= decodeFully(this.#raw));
  }

  /** Whether no server is known that reads it differently, but for parameters, the case of letters and the name of a program. */
  get isOrdinary(): boolean {
    return (
      this.#others.every(({ axis, path }) => axis === AXIS.script && path.isOrdinary) && !isAmbiguous(this.#decoded)
    );
  }

  /** Whether nobody makes dots that climb of it, nor an authority in front, whatever else is odd about it: then few readings decide where more do not fit. */
  get isLevel(): boolean {
    return !mayBeAmbiguous(this.#decoded) && this.#others.every(({ path }) => path.isLevel);
  }

  /** Where there are too many keys: the canonical form, and what is known of the others by now. At most as many as are looked up. */
  fittingUnder(fold: number): PathKeys {
    const dropsParameters = (fold & FOLD.params) !== 0;
    const fitting = new KeyList();
    const own = canonicalPath(dropsParameters ? withoutParameters(this.#raw) : this.#raw);
    addFolded(fitting, { path: own, axes: STAGE.full | AXIS.partial }, fold);
    const known = [this.#known(dropsParameters), ...this.#others.map(({ path }) => path.#known(dropsParameters))];
    for (const keys of known)
      for (const [i, path] of (keys?.paths ?? []).entries()) {
        if (fitting.paths.length === MAX_PATH_KEYS) return fitting;
        addFolded(fitting, { path, axes: (keys?.axes[i] ?? 0) | AXIS.partial }, fold);
      }
    return fitting;
  }

  #known(dropsParameters: boolean): PathKeys | null {
    return this.#keys[this.#indexOf(dropsParameters)] ?? null;
  }

  /** @returns null if there are too many. */
  keysUnder(fold: number): PathKeys | null {
    const dropsParameters = (fold & FOLD.params) !== 0;
    const keys = (fold & FOLD.case) === 0 ? this.keys(dropsParameters) : this.keysInAllCases(dropsParameters);
    return keys === null || (fold & ~FOLD.params) === 0 ? keys : foldedKeys(keys, fold);
  }

  /** @returns null if there are too many. */
  keys(dropsParameters: boolean): PathKeys | null {
    if (this.#budget.left < 0) return null;
    const at = this.#indexOf(dropsParameters);
    let keys = this.#keys[at];
    if (keys === undefined)
      keys = this.#keys[at] = this.#withOthers(this.#read(at === 1, this.#decoded), dropsParameters);
    return keys;
  }

  /** @returns 0 where it makes no difference: nothing is dropped. */
  #indexOf(dropsParameters: boolean): 0 | 1 {
    if (!dropsParameters) return 0;
    return this.#decoded.includes(';') || this.#others.some(({ path }) => path.#indexOf(true) === 1) ? 1 : 0;
  }

  /** As origins read them that fold the case of all letters. @returns null if there are too many. */
  keysInAllCases(dropsParameters: boolean): PathKeys | null {
    const keys = this.keys(dropsParameters);
    if (keys === null) return null;
    const at = this.#indexOf(dropsParameters);
    let all = this.#inAllCases[at];
    if (all === undefined) {
      all = keys.paths.some(mayHaveCases) ? keysInAllCases(keys, this.#counts ? this.#budget : null) : keys;
      this.#inAllCases[at] = all;
    }
    return all;
  }

  #withOthers(own: PathKeys | null, dropsParameters: boolean): PathKeys | null {
    if (own === null || this.#others.length === 0) return own;
    const keys = new KeyList();
    keys.addAll(own);
    for (const { path, axis } of this.#others) {
      const other = path.keys(dropsParameters);
      if (other === null) return null;
      if (!keys.addAll({ paths: other.paths, axes: other.axes.map((axes) => axes | axis) })) return null;
    }
    return keys;
  }

  #read(dropsParameters: boolean, decoded: ByteString): PathKeys | null {
    const raw = this.#raw;
    const stripped = withoutParameters(raw);
    const isStripped = dropsParameters && stripped !== raw;
    if (this.#isOther) this.#spend(isStripped ? stepsOfCanonicalForm(raw.length) : stepsOfPass(raw.length));
    const canonical = isStripped ? canonicalPath(stripped) : (this.#canonical ??= canonicalOf(raw, decoded));
    if (isAmbiguous(decoded)) return this.#readAmbiguous(dropsParameters, canonical, stripped);
    if (!dropsParameters) return { paths: [canonical], axes: [STAGE.full] };
    const keys = new KeyList();
    keys.addText(canonical, STAGE.full);
    const once = decodeOnce(raw, QUESTION);
    this.#spend(stepsOfPass(raw.length));
    // What nobody drops anything from has the canonical form alone.
    if (!once.includes(';')) return keys;
    const handed = [once, decodedButSlashes(raw)];
    this.#spend(stepsOfPass(raw.length));
    // A server in front to which `\` is a slash: a parameter ends there for the one behind it. A `/` of one text may be none of another.
    for (const text of [raw, ...handed]) {
      if (!hasBackslashInParameters(text)) continue;
      this.#spend(stepsOfPass(text.length));
      handed.push(withSlashes(text));
    }
    const known = new Set([stripped]);
    for (const text of handed.map(withoutParameters)) {
      this.#spend(stepsOfPass(raw.length));
      if (this.#budget.left < 0) return null;
      if (!known.has(text)) this.#addCanonical(keys, text, AXIS.params | AXIS.decoded | STAGE.raw);
      known.add(text);
    }
    this.#addCanonical(keys, beforeParameters(raw), AXIS.cut);
    return this.#budget.left < 0 ? null : keys;
  }

  #addCanonical(keys: KeyList, text: ByteString, axes: Axes): void {
    this.#spend(stepsOfCanonicalForm(text.length));
    keys.addText(canonicalPath(text), axes);
  }

  #spend(steps: number): void {
    if (this.#counts) this.#budget.left -= steps;
  }

  #readAmbiguous(dropsParameters: boolean, canonical: CanonicalPath, stripped: ByteString): PathKeys | null {
    const raw = this.#raw;
    const keys = new KeyList();
    keys.addText(canonical, STAGE.full);
    if (!dropsParameters && !keys.addAll(readings.of(raw, 0, this.#budget))) return null;
    if (!dropsParameters && stripped === raw) return keys;
    this.#ofStripped =
      this.#ofStripped === undefined ? readings.of(stripped, AXIS.params, this.#budget) : this.#ofStripped;
    if (!keys.addAll(this.#ofStripped)) return null;
    const cut = beforeParameters(raw);
    if (cut !== stripped) {
      this.#ofCut = this.#ofCut === undefined ? readings.of(cut, AXIS.cut, this.#budget) : this.#ofCut;
      if (!keys.addAll(this.#ofCut)) return null;
    }
    return !dropsParameters || keys.addAll(readings.ofRewritten(raw, stripped, this.#budget)) ? keys : null;
  }
}

/** @param decoded the path decoded until nothing is left: no second time where no `?` shows in it, which the canonical form leaves escaped. */
function canonicalOf(raw: ByteString, decoded: ByteString): CanonicalPath {
  return decoded.includes('?') ? canonicalPath(raw) : canonicalOfDecoded(decoded);
}

/** Distinct again: what differs in case, in a slash at the end, or in what stands behind a page may be one key. @returns null if there are too many. */
function foldedKeys({ paths, axes }: PathKeys, fold: number): PathKeys | null {
  const keys = new KeyList();
  for (const [i, path] of paths.entries()) addFolded(keys, { path, axes: axes[i] ?? 0 }, fold);
  return keys.isFull ? null : keys;
}

/** And the pages of programs that it has text behind, where that does not count. */
function addFolded(
  keys: KeyList,
  { path, axes }: { readonly path: CanonicalPath; readonly axes: Axes },
  fold: number,
): void {
  const folded = foldedPath(path, fold);
  keys.addText(folded, axes);
  if ((fold & FOLD.info) !== 0) for (const page of pagesBefore(folded)) keys.addText(page, axes | AXIS.info);
}

/** With the other cases of letters beyond ASCII, each behind the key that has them. @param budget null: an ordinary address, which may be long. @returns null if there are too many, or they take too long. */
function keysInAllCases(keys: PathKeys, budget: StepBudget | null): PathKeys | null {
  const all = new KeyList();
  for (const [i, path] of keys.paths.entries()) {
    const axes = keys.axes[i] ?? 0;
    all.addText(path, axes);
    if (!mayHaveCases(path)) continue;
    // The path that everybody reads is not counted.
    if (budget !== null && i > 0) budget.left -= stepsOfCanonicalForm(path.length);
    if (budget !== null && budget.left < 0) return null;
    for (const other of otherCases(path)) all.addText(other, axes | AXIS.otherCase);
  }
  return all.isFull ? null : all;
}
