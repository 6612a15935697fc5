/**
 * Fuzz target: the readings of a path. The input is a raw path as bytes; its first byte chooses a fold. Throws where a promise of
 * docs/canonical-form.md ("Readings") is broken.
 */
import { decodeFully, decodeOnce } from '../../../src/url/bytes.ts';
import { isAmbiguous } from '../../../src/url/dot-segments.ts';
import { ALL_FOLDS, FOLD, foldedPath, withoutParameters } from '../../../src/url/fold.ts';
import { canonicalPath, rootedPath, splitTarget } from '../../../src/url/path.ts';
import { MAX_PATH_KEYS } from '../../../src/url/path-key-set.ts';
import { pathKeys } from '../../../src/url/path-keys.ts';
import { MAX_PAGES_BEFORE } from '../../../src/url/program-pages.ts';
import { inAllCases } from '../../support/reference/letter-case.ts';
import { slowReadings } from '../../support/reference/path-readings.ts';

export function fuzz(data: Buffer): void {
  if (data.length === 0) return;
  const fold = data[0]! & ALL_FOLDS;
  const { path: raw } = splitTarget(data.toString('latin1', 1));
  const keys = pathKeys(raw, fold);
  const isOrdinary =
    !isAmbiguous(decodeFully(raw)) &&
    // As it came, and as a server in front hands it on that has decoded it.
    [raw, raw.replaceAll('%25', '%')].every(
      (text) => !/%u[0-9a-f]{4}|%0[09ad]|%[0-9a-f]?(?:%|$)|(?:%(?!00)[01][0-9a-f]|%20)$|(?:\.|%2e){3}/i.test(text),
    ) &&
    !(raw.includes('%25') && /%(?![0-9a-f]{2})/i.test(decodeOnce(raw))) &&
    ![raw, raw.replaceAll('%25', '%')].some((text) => /\/index\.php[^]/.test(decodeOnce(text)));
  if (isOrdinary) {
    // `;…` may end at a slash as sent, at one that was decoded, at a backslash of either, be decoded where slashes are not, or take all behind it.
    const drops = (fold & FOLD.params) !== 0 && decodeFully(raw).includes(';');
    const letters = (fold & FOLD.case) === 0 ? 1 : inAllCases(canonicalPath(raw)).size;
    const pages = (fold & FOLD.info) === 0 ? 1 : 1 + MAX_PAGES_BEFORE;
    const most = letters * (drops ? 7 : 1) * pages;
    demand(
      keys === null ? most > MAX_PATH_KEYS : keys.paths.length <= most,
      'a path that everybody reads alike has one key',
      raw,
    );
  }
  const kept = (fold & FOLD.params) === 0 ? raw : withoutParameters(raw);
  if (keys === null) return;
  demand(keys.paths[0] === foldedPath(canonicalPath(kept), fold), 'the canonical form comes first', raw);
  demand(
    keys.paths.length <= MAX_PATH_KEYS && new Set(keys.paths).size === keys.paths.length,
    'keys are distinct and few',
    raw,
  );
  demand(!keys.axes.includes(0, 1), 'the canonical form alone has its name', raw);
  demand(
    keys.paths.every((path) => /^\/[!-~]*$/.test(path) && !path.includes('//')),
    'a key is printable and has no double slash',
    raw,
  );
  // No request has a path without a slash in front, and the two put it there at different times.
  if (raw.length > 256 || !/^[/\\]/.test(raw)) return;
  const slow = new Set(
    [...slowReadings(raw, (fold & FOLD.params) === 0 ? 'both' : 'params')].flatMap((path) =>
      [...((fold & FOLD.case) === 0 ? [path] : inAllCases(path))].flatMap((text) =>
        withPages(foldedPath(rootedPath(text), fold), fold),
      ),
    ),
  );
  demand(
    slow.size === keys.paths.length && keys.paths.every((path) => slow.has(path)),
    'readings by pieces and by whole strings agree',
    raw,
  );
}

/** As `FOLD.info` is told in docs/canonical-form.md. */
function withPages(path: string, fold: number): readonly string[] {
  if ((fold & FOLD.info) === 0) return [path];
  const segments = path.split('/');
  const pages = segments
    .map((_, i) => segments.slice(0, i).join('/'))
    .filter((page) => /\.(?:php|cgi|pl|jsp|asp|aspx)$/i.test(page));
  const split = /^(.*?\.php)[^]+\.php$/i.exec(path)?.[1];
  const all = split === undefined || pages.includes(split) ? pages : [split, ...pages];
  return [...all.slice(0, MAX_PAGES_BEFORE), path];
}

function demand(holds: boolean, promise: string, got: string): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
