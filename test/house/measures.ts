/**
 * What is counted in `src` so that it does not grow unnoticed (ratchets.json has the numbers, ratchets.test.ts compares). Each measure gives
 * the places that it counts, for whoever is to bring the number down. It must not know the numbers.
 */
import { dirname } from 'node:path';
import type { Line, SourceFile } from './source-text.ts';

export interface Measure {
  /** What is counted, exactly. */
  readonly counts: string;
  /** What to do instead of raising it. */
  readonly remedy: string;
  /** A capability may raise it, with a reason (`npm run ratchets -- --raise KEY REASON`). */
  readonly mayRise: boolean;
  /** How far a number may lie below the one that is written down, so that not each change of a line touches it. */
  readonly slack: number;
  readonly places: (files: readonly SourceFile[]) => readonly string[];
}

const MAX_SMALL = 30;
const COLUMNS = 120;
const MODES = /mode\b[^=\n]{0,12} [!=]== '(?:explicit|steered|transparent|dns)'/gi;
const PREPOSITIONS =
  'about above across after against along among around as at before behind below beneath beside besides between beyond by despite down during except for from in inside into like near of off on onto out outside over past per since through throughout till to toward towards under until up upon via with within without';
const RELATIVES = 'how that what whatever when where whether which who whoever whom whose why';
const OPENING = new RegExp(`^(?:${`${PREPOSITIONS} ${RELATIVES}`.split(' ').join('|')})\\b(?![-.(\`'])`, 'i');

export const MEASURES = {
  codeLines: {
    counts: 'lines of src that are neither blank nor comment',
    remedy: 'delete what nobody needs, or say what a thing is once',
    mayRise: true,
    slack: 250,
    places: linesThat(({ isComment }) => !isComment),
  },
  commentLines: {
    counts: 'lines of src that are comment and nothing else',
    remedy: 'say it in fewer words, or in code',
    mayRise: true,
    slack: 250,
    places: linesThat(({ isComment }) => isComment),
  },
  smallFilesBesideTheirImporter: {
    counts: `files of src with at most ${MAX_SMALL} lines of code that one other file of src imports, which lies in the same folder`,
    remedy: 'move what the file holds into its importer',
    mayRise: true,
    slack: 0,
    places: smallFilesBesideTheirImporter,
  },
  exportsForOneFile: {
    counts:
      'exports of src, types included, that exactly one other file of src names in an import (tests are not asked)',
    remedy: 'move the export to where it is used',
    mayRise: true,
    slack: 0,
    places: exportsForOneFile,
  },
  modeComparisons: {
    counts: "comparisons of a listener's mode with one of its names (`mode === 'dns'`); a switch or a table is none",
    remedy: 'ask a table by mode, `Record<ListenerMode, …>`, or a switch over all modes',
    mayRise: false,
    slack: 0,
    places: (files) => matching(files, MODES),
  },
  docsThatOpenWithAPreposition: {
    counts:
      'doc comments of src whose first word is a preposition or a relative or interrogative word (Of, For, What, Where, Who …)',
    remedy: 'begin with an article, a noun, a verb or @',
    mayRise: false,
    slack: 0,
    places: (files) =>
      files.flatMap(({ path, docs }) =>
        docs
          .filter(({ text }) => OPENING.test(text))
          .map(({ line, text }) => `${path}:${line}: ${text.replaceAll(/[\s*]+/g, ' ').slice(0, 60)}`),
      ),
  },
  longCommentLines: {
    counts: `lines of comment in src that are longer than ${COLUMNS} columns`,
    remedy: 'break the line, or say less',
    mayRise: false,
    slack: 0,
    places: linesThat(({ isComment, text }) => isComment && text.length > COLUMNS),
  },
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;

function linesThat(holds: (line: Line) => boolean): Measure['places'] {
  return (files) =>
    files.flatMap(({ path, lines }) =>
      lines.filter(holds).map(({ number, text }) => `${path}:${number}: ${text.trim()}`),
    );
}

function matching(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap(({ isComment, number, text }) =>
      isComment ? [] : [...text.matchAll(pattern)].map(([found]) => `${path}:${number}: ${found}`),
    ),
  );
}

function smallFilesBesideTheirImporter(files: readonly SourceFile[]): readonly string[] {
  const importers = collected(files.flatMap(({ path, imports }) => imports.map((each) => [each.path, path] as const)));
  return files.flatMap(({ path, lines }) => {
    const [importer, ...others] = importers.get(path) ?? [];
    const isAlone = importer !== undefined && others.length === 0 && dirname(importer) === dirname(path);
    return isAlone && lines.filter(({ isComment }) => !isComment).length <= MAX_SMALL ? [`${path}: ${importer}`] : [];
  });
}

function exportsForOneFile(files: readonly SourceFile[]): readonly string[] {
  const users = collected(
    files.flatMap(({ path, imports }) =>
      imports.flatMap((each) => each.names.map((name) => [`${each.path}: ${name}`, path] as const)),
    ),
  );
  return [...users].flatMap(([name, [user, ...others]]) => (others.length === 0 ? [`${name}, by ${user}`] : []));
}

/** @returns by key, the values that it has; each once. */
function collected(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const [key, value] of pairs) values.set(key, (values.get(key) ?? new Set()).add(value));
  return values;
}
