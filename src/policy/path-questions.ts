/**
 * What is asked of the path entries of a host: each reading of the path (url/readings.ts) under each fold that entries there have.
 * One list of questions serves the verdict and its explanation. It decides nothing.
 */
import { MAX_KEY_BYTES } from '../match/probe.ts';
import type { PathHint } from '../match/segment.ts';
import { decodeFully, decodeOnce } from '../url/bytes.ts';
import type { ByteString } from '../url/bytes.ts';
import { isAmbiguous } from '../url/dot-segments.ts';
import { FOLD, foldedPath } from '../url/fold.ts';
import { canonicalQuery, decodedPath, splitTarget, unfoldedPath } from '../url/path.ts';
import type { CanonicalTarget } from '../url/path.ts';
import { MAX_PATH_KEYS } from '../url/path-key-set.ts';
import type { PathKeys } from '../url/path-key-set.ts';
import { decodedQuery } from './decoded-query.ts';
import { RawPath } from '../url/path-keys.ts';
import { AXIS, STAGE } from '../url/reading-axes.ts';
import type { Axes } from '../url/reading-axes.ts';
import { QUESTION } from '../url/readings.ts';
import { MAX_STEPS, stepsOfLookUp, type StepBudget } from '../url/steps.ts';

export interface PathQuestion {
  readonly hint: PathHint;
  readonly target: CanonicalTarget;
  /** How the path is read: see `readingName`. */
  readonly axes: Axes;
}

/**
 * @returns null if the path can be read in more ways than are looked up (requirement 59). Where no dots climb in it and no authority may stand in front,
 * the readings that fit are asked for (requirement 84), marked `partial`.
 */
export function pathQuestions(hints: readonly PathHint[], rawTarget: ByteString): readonly PathQuestion[] | null {
  const { path, query } = splitTarget(rawTarget);
  const budget: StepBudget = { left: MAX_STEPS };
  const raw = new RawPath(path, STAGE.full, budget);
  const counted = raw.isOrdinary ? null : budget;
  const own = new AskedTargets([new AskedTarget(raw, query, STAGE.full)], counted);
  let cut: AskedTargets | null = null;
  const questions: PathQuestion[] = [];
  const cutOf = (): AskedTargets =>
    (cut ??= new AskedTargets(cutTargets(path, query, { budget, counts: counted !== null }), counted));
  const isWhole = hints.every(
    (hint) => own.ask(hint, questions) && (!asksForCut(hint) || cutOf().ask(hint, questions)),
  );
  if (isWhole) return questions;
  if (!raw.isLevel) return null;
  return hints.flatMap((hint) => [...own.fitting(hint), ...(asksForCut(hint) ? cutOf().fitting(hint) : [])]);
}

/** Only to URLs with a query of their own it matters what the query is. */
function asksForCut({ fold, query }: PathHint): boolean {
  return query && (fold & FOLD.params) !== 0;
}

/**
 * Where the first `;` begins the query, `/page;id=5` is `/page?id=5`; also where a server in front has decoded it. These paths are among those of the target
 * itself.
 */
function cutTargets(
  path: ByteString,
  query: ByteString | null,
  { budget, counts }: { readonly budget: StepBudget; readonly counts: boolean },
): AskedTarget[] {
  const raw = path.indexOf(';');
  const escaped = path.toLowerCase().indexOf('%3b');
  const texts = [
    ...(raw < 0 ? [] : [path]),
    ...(escaped >= 0 && (raw < 0 || escaped < raw) ? [decodeOnce(path, QUESTION)] : []),
  ];
  return texts.map((text) => {
    const at = text.indexOf(';');
    const behind = text.slice(at + 1) + (query === null ? '' : `?${query}`);
    // Few other texts are made of it (url/other-texts.ts): nobody is known who reads it both ways.
    return new AskedTarget(new RawPath(text.slice(0, at), AXIS.manyDots, budget, counts), behind, AXIS.cut);
  });
}

/** What is asked under each fold, with a bound on the keys of all of them together. */
class AskedTargets {
  readonly #targets: readonly AskedTarget[];
  readonly #budget: StepBudget | null;
  #lookUps = 0;
  /** Folds have most keys in common. */
  readonly #distinct: Set<string> = new Set<string>();

  /** @param budget null: looked up whatever it takes, since an ordinary address may be long. */
  constructor(targets: readonly AskedTarget[], budget: StepBudget | null) {
    this.#targets = targets;
    this.#budget = budget;
  }

  /** @returns false if there are more keys than are looked up, or they take too long. */
  ask(hint: PathHint, questions: PathQuestion[]): boolean {
    for (const target of this.#targets) {
      const known = target.byFold.get(hint.fold);
      const keys = known ?? target.keys(hint.fold);
      if (keys === null) return false;
      // At once: eight folds read in full take eight times as long (bench/micro/readings.ts).
      if (known === undefined && this.#isTooMuch(hint, target, keys)) return false;
      for (const [i, key] of keys.paths.entries())
        questions.push({ hint, target: { path: key, query: target.query }, axes: target.axesOf(keys, i) });
    }
    return true;
  }

  /** What is asked where there is more than is looked up. */
  fitting(hint: PathHint): readonly PathQuestion[] {
    return this.#targets.flatMap((target) => {
      const keys = target.fitting(hint.fold);
      return keys.paths.map((path, i) => ({
        hint,
        target: { path, query: target.query },
        axes: target.axesOf(keys, i),
      }));
    });
  }

  /** Counted once for each fold: how many lists ask under it does not depend on who sends the path. */
  #isTooMuch(hint: PathHint, { query }: AskedTarget, keys: PathKeys): boolean {
    this.#lookUps += keys.paths.length;
    // No steps bound an ordinary address.
    if (this.#budget === null) return this.#lookUps > MAX_PATH_KEYS;
    for (const key of keys.paths) this.#distinct.add(key);
    if (this.#distinct.size > MAX_PATH_KEYS) return true;
    const behind = hint.query && query !== null ? query.length : 0;
    for (const key of keys.paths) this.#budget.left -= stepsOfLookUp(Math.min(key.length + behind, MAX_KEY_BYTES));
    return this.#budget.left < 0;
  }
}

/** A path and the query behind it, and the keys of the path. */
class AskedTarget {
  readonly query: string | null;
  readonly byFold: Map<number, PathKeys> = new Map<number, PathKeys>();
  readonly #fitting: Map<number, PathKeys> = new Map<number, PathKeys>();
  readonly #raw: RawPath;
  readonly #axes: Axes;

  /** @param axes how path and query were told apart, beside how the path is read. */
  constructor(raw: RawPath, query: ByteString | null, axes: Axes) {
    this.query = canonicalQuery(query);
    this.#raw = raw;
    this.#axes = axes;
  }

  /** @returns null if there are too many. */
  keys(fold: number): PathKeys | null {
    const keys = this.#raw.keysUnder(fold);
    if (keys !== null) this.byFold.set(fold, keys);
    return keys;
  }

  /** At least one, however long the path is; made once for each fold. */
  fitting(fold: number): PathKeys {
    let keys = this.#fitting.get(fold);
    if (keys === undefined) this.#fitting.set(fold, (keys = this.#raw.fittingUnder(fold)));
    return keys;
  }

  axesOf({ axes }: PathKeys, key: number): Axes {
    return (axes[key] ?? STAGE.full) | this.#axes;
  }
}

/**
 * The target as it came, escaped where it must be: an entry that allows has to cover this too, since not every origin folds.
 *
 * @returns null if dots climb in it and something else is folded besides, so that this text does not say where they lead.
 */
export function unfoldedTarget(rawTarget: ByteString, fold: number): CanonicalTarget | null {
  const { path, query } = splitTarget(rawTarget);
  // Parameters stay: not everybody drops those of directories.
  const unfolded = unfoldedPath(path);
  if (unfolded !== decodedPath(path) && isAmbiguous(decodeFully(path))) return null;
  return { path: foldedPath(unfolded, fold), query: query === null || query === '' ? null : decodedQuery(query) };
}
