/**
 * What is asked of the path entries of a host: each reading of the path (url/readings.ts) under each fold that entries there have.
 * One list of questions serves the verdict and its explanation. It decides nothing.
 */
import type { PathHint } from '../match/segment.ts';
import { decodeFully } from '../url/bytes.ts';
import type { ByteString } from '../url/bytes.ts';
import { isAmbiguous } from '../url/dot-segments.ts';
import { foldedPath } from '../url/fold.ts';
import { canonicalQuery, decodedPath, splitTarget, unfoldedPath, unfoldedText } from '../url/path.ts';
import type { CanonicalTarget } from '../url/path.ts';
import { MAX_PATH_KEYS } from '../url/path-key-set.ts';
import type { PathKeys } from '../url/path-key-set.ts';
import { pathKeys, RawPath } from '../url/path-keys.ts';
import { STAGE } from '../url/reading-axes.ts';
import type { Axes } from '../url/reading-axes.ts';

export interface PathQuestion {
  readonly hint: PathHint;
  readonly target: CanonicalTarget;
  /** How the path is read: see `readingName`. */
  readonly axes: Axes;
}

/** @returns null if the path can be read in more ways than are looked up (requirement 59). */
export function pathQuestions(hints: readonly PathHint[], rawTarget: ByteString): readonly PathQuestion[] | null {
  const { path, query: rawQuery } = splitTarget(rawTarget);
  const query = canonicalQuery(rawQuery);
  const byFold = new Map<number, PathKeys>();
  const rawPath = new RawPath(path);
  const questions: PathQuestion[] = [];
  let count = 0;
  for (const hint of hints) {
    let keys = byFold.get(hint.fold) ?? null;
    if (keys === null) {
      keys = pathKeys(path, hint.fold, rawPath);
      if (keys === null) return null;
      count += keys.paths.length;
      // At once: eight folds read in full take eight times as long (bench/micro/readings.ts).
      if (count > MAX_PATH_KEYS) return null;
      byFold.set(hint.fold, keys);
    }
    for (const [i, key] of keys.paths.entries())
      questions.push({ hint, target: { path: key, query }, axes: keys.axes[i] ?? STAGE.full });
  }
  return questions;
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

/**
 * A query as every program takes it that parses it: decoded once, but for what ends a name or a value, `+` and `%`. Browsers and forms
 * escape `:` and `/`, so that an exception for a query as they send it would count for nobody. No router matches its raw text.
 */
function decodedQuery(query: ByteString): string {
  const decoded = query.replaceAll(/%(?!2[356b]|3[bdf])([0-9a-f]{2})/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return unfoldedText(decoded);
}
