/**
 * What is known to get through and is said so, before it is met: the table under `## Not covered` of
 * docs/canonical-form.md, one row for each reading that no key covers.
 *
 *   | id | origins | targets | why |
 *   | `path-info` | `php-static`, `apache-*` | text behind a listed page | … |
 *
 * `origins`: names of configurations, `*` for any text in them. The prose of `targets` is for people; here each id has the
 * exact test of a target. It must be narrow: what it excuses is not found any more.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FOLD } from '../../src/url/fold.ts';
import { splitTarget } from '../../src/url/path.ts';
import { pathKeys } from '../../src/url/path-keys.ts';
import { LISTED_PAGES, routed } from './site.ts';
import type { Served } from './site.ts';

export interface Row {
  readonly id: string;
  readonly origins: readonly string[];
}

export type Predicate = (target: string, served: Served | null) => boolean;

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'canonical-form.md');
const HEADING = '## Not covered';
const FOLDS = [0, FOLD.params, FOLD.slash];

/** By id of the row. */
export const PREDICATES: Readonly<Record<string, Predicate>> = {
  'path-info': (target, served) =>
    served === 'listed page' &&
    readingsOf(target).some((path) => LISTED_PAGES.some((page) => path.startsWith(`${page}/`))),
  'end-of-name': isCutAtEnd,
  'end-of-segment': isCutInSegments,
  'decoded-delimiter': isCutByDelimiter,
  'decoded-query': isCutByQuery,
};

/** In every reading, whatever the entries fold: in lower case. */
function readingsOf(target: string): readonly string[] {
  const { path } = splitTarget(target);
  return FOLDS.flatMap((fold) => pathKeys(path, fold)?.paths ?? []).map((key) => key.toLowerCase());
}

/** Without the dots and spaces at its end it is read as the content that was served. */
function isCutAtEnd(target: string, served: Served | null): boolean {
  const { path } = splitTarget(target);
  const cut = path.replace(/(?:\.|%2e|%20)+$/i, '');
  return cut !== path && isServedAsReading(cut, served);
}

/** Without the dots at the end of its segments. */
function isCutInSegments(target: string, served: Served | null): boolean {
  const { path } = splitTarget(target);
  const cut = path.replaceAll(/(?<![/\\.]|%2f|%5c|%2e)(?:\.|%2e)+(?=[/\\]|%2f|%5c|%00|$)/gi, '');
  return cut !== path && isServedAsReading(cut, served);
}

/** What stands before a `?`, `#` or space that is escaped once is read as the content that was served. */
function isCutByDelimiter(target: string, served: Served | null): boolean {
  return [...pathOf(target).matchAll(/%(?:3f|23|20)/gi)].some(({ index }) =>
    isServedAsReading(target.slice(0, index), served),
  );
}

/** What stands before the first `?` that is escaped once is read as the content that was served. */
function isCutByQuery(target: string, served: Served | null): boolean {
  const at = pathOf(target).search(/%3f/i);
  return at >= 0 && isServedAsReading(target.slice(0, at), served);
}

/** Behind the query no delimiter ends a path. */
function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

function isServedAsReading(target: string, served: Served | null): boolean {
  return readingsOf(target).some((path) => routed(path) === served);
}

/** Rows of the document; none while it has no such table. */
export function notCoveredRows(text: string = readFileSync(DOCUMENT, 'utf8')): readonly Row[] {
  const [, section = ''] = text.split(`\n${HEADING}\n`);
  const [own = ''] = section.split('\n## ');
  const cells = own
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return cells.flatMap(([id = '', origins = '']) => {
    const [name] = quoted(id);
    return name === undefined ? [] : [{ id: name, origins: quoted(origins) }];
  });
}

/** The row that says of an origin that it reads so; null: nobody said it. */
export class NotCovered {
  /** Targets that each row excused, by id. */
  readonly excused: Map<string, number>;
  readonly #rows: readonly Row[];

  constructor(rows: readonly Row[] = notCoveredRows()) {
    this.#rows = rows;
    this.excused = new Map(rows.map(({ id }) => [id, 0]));
    const missing = rows.filter(({ id }) => PREDICATES[id] === undefined);
    if (missing.length > 0)
      throw new Error(
        `rows of "${HEADING}" without a test in test/conformance/not-covered.ts: ${missing.map(({ id }) => id).join(', ')}`,
      );
  }

  rowFor(origin: string, target: string, served: Served | null): string | null {
    return (
      this.#rows.find(
        ({ id, origins }) => origins.some((pattern) => matches(pattern, origin)) && PREDICATES[id]!(target, served),
      )?.id ?? null
    );
  }

  count(id: string): void {
    this.excused.set(id, (this.excused.get(id) ?? 0) + 1);
  }
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
}

function matches(pattern: string, name: string): boolean {
  const [front = '', ...rest] = pattern.split('*');
  const back = rest.at(-1);
  return back === undefined
    ? name === front
    : name.length >= front.length + back.length && name.startsWith(front) && name.endsWith(back);
}
