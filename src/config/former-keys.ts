/**
 * What keys of the configuration were called before. Such a name is read until the next minor release, with a warning.
 * It must not read a key that stands there under both names: the former one is then unknown.
 */
import { keyText, type KeyPath } from './diagnostic.ts';
import type { ParsedDocument } from './document.ts';
import { at, changedAt } from './plain-data.ts';
import type { RenamedKey } from './types.ts';

/** The minor release that renamed them; with the next one they are gone from here. */
export const RENAMED_IN = '0.1';

/** As `schemaKeys` writes them; CHANGELOG.md has the same. */
export const FORMER_KEYS: ReadonlyMap<string, string> = new Map([
  ['lists[].maxBadShare', 'lists[].maxBadLineRatio'],
  ['clients.open', 'clients.openProxy'],
  ['forwarded.finIsAbort', 'clients.abortOnFin'],
  ['upstream.pool.perOrigin', 'upstream.pool.maxIdlePerOrigin'],
  ['upstream.pool.total', 'upstream.pool.maxIdle'],
  ['upstream.pool.idle', 'upstream.pool.idleTimeout'],
  ['upstream.pool.idleAfterBody', 'upstream.pool.idleTimeoutAfterBody'],
  ['limits.requestLine', 'limits.requestLineBytes'],
  ['limits.chunkExtension', 'limits.chunkExtensionBytes'],
  ['limits.bodyProgress', 'limits.minBodyProgress'],
  ['limits.drainBytes', 'limits.lingerBytes'],
  ['limits.informational', 'limits.informationalResponses'],
  ['timeouts.tunnelStart', 'timeouts.tunnelFirstByte'],
  ['supervision.hungAfter', 'supervision.hangTimeout'],
]);

interface PresentDocument extends ParsedDocument {
  readonly renamed: readonly RenamedKey[];
}

/** More than any instance has lists: each of them costs a copy of what is around it. */
const MAX_MOVES = 1000;

interface Move {
  readonly from: KeyPath;
  readonly to: KeyPath;
}

/** @returns the document as it would be under the names of now; places are those of what is written. */
export function withPresentNames(document: ParsedDocument): PresentDocument {
  const found = [...FORMER_KEYS].flatMap(([from, to]) => movesOf(document.data, [], parts(from), parts(to)));
  const moves = found.slice(0, MAX_MOVES);
  const rest = document.rest === null ? null : withPresentNames(document.rest);
  if (moves.length === 0) return { ...document, rest, renamed: [] };
  const written = (path: KeyPath): KeyPath => {
    const move = moves.find(({ to }) => to.every((part, i) => part === path[i]));
    return move === undefined ? path : [...move.from, ...path.slice(move.to.length)];
  };
  return {
    ...document,
    data: moves.reduce(moved, document.data),
    rest,
    locate: (path) => document.locate(written(path)),
    locateKey: (path) => document.locateKey(written(path)),
    renamed: moves.map(({ from, to }) => {
      const { line } = document.locateKey(from);
      return { former: keyText(from), now: keyText(to), line };
    }),
  };
}

/** Each place of the former key whose value can stand under its name of now. */
function movesOf(data: unknown, above: KeyPath, from: readonly string[], to: readonly string[]): readonly Move[] {
  const [first, ...inner] = from;
  if (first === ITEMS) {
    const list = atPath(data, above);
    return Array.isArray(list) ? list.flatMap((_, i) => movesOf(data, [...above, i], inner, to)) : [];
  }
  if (first !== undefined) return movesOf(data, [...above, first], inner, to);
  const now = to.map((part, i) => (part === ITEMS ? (above[i] ?? part) : part));
  const isGiven = atPath(data, above) !== undefined && atPath(data, now) === undefined;
  const around = atPath(data, now.slice(0, -1)) ?? {};
  return isGiven && typeof around === 'object' && !Array.isArray(around) ? [{ from: above, to: now }] : [];
}

const ITEMS = '[]';

function parts(key: string): readonly string[] {
  return key.replaceAll(ITEMS, `.${ITEMS}`).split('.');
}

function moved(data: unknown, { from, to }: Move): unknown {
  const value = atPath(data, from);
  const without = changedAt(data, from.slice(0, -1), (mapping) =>
    Object.fromEntries(Object.entries(mapping ?? {}).filter(([key]) => key !== from.at(-1))),
  );
  return changedAt(without, to, () => value);
}

function atPath(data: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, part) => at(inner, part), data);
}

/** @returns the name now: of a key of the same mapping its own, of another with the way to it; null: it is none that there was. */
export function presentName(path: KeyPath, key: string): string | null {
  const under = path.map((part) => (typeof part === 'number' ? '[]' : `.${part}`)).join('');
  const mapping = `${under.slice(1)}.`;
  const now = FORMER_KEYS.get(`${mapping}${key}`);
  if (now === undefined) return null;
  return now.startsWith(mapping) ? now.slice(mapping.length) : now;
}
