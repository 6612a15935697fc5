/** An import of a text in memory, as `list import` does it with files, and what its list says about addresses. */
import { IMPORT_FORMATS } from '../../../src/list/import/formats.ts';
import type { ImportFormat } from '../../../src/list/import/formats.ts';
import type { ImportFrom } from '../../../src/lib/list-formats.ts';
import { NO_IMPORT_GUARD } from '../../../src/list/import/import-guard.ts';
import { ListImport } from '../../../src/list/import/import-list.ts';
import type { ImportCounts, ImportFinding, ImportJob } from '../../../src/list/import/import-list.ts';
import { LineStream } from '../../../src/list/import/line-stream.ts';
import type { ReaderOptions } from '../../../src/lib/list-formats.ts';
import { parseTextList } from '../../../src/list/text/grammar.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { buildSegment, openSnapshot } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { splitUrl } from '../../../src/url/split.ts';
import { testKeys } from '../../match/support.ts';

export interface Imported {
  /** As they are written, comments too. */
  readonly list: string;
  readonly allow: string;
  readonly findings: readonly ImportFinding[];
  readonly counts: ImportCounts;
  readonly exceptionAnywhere: number | null;
  readonly endlessLine: number | null;
}

const TOLD: ReaderOptions = {
  match: '',
  sample: '',
  values: new Set(),
  ignoreCase: false,
  column: '1',
  separator: ',',
  subdomains: false,
  sinks: new Set(),
};
const JOB: Omit<ImportJob, 'open'> = {
  suffixes: 'refuse',
  guard: NO_IMPORT_GUARD,
  allowUntil: null,
  ignoresExceptions: false,
  permitsDns: false,
  steers: false,
  origin: 'file',
};
const TODAY = 20_000;

export interface ImportedOptions extends Partial<ReaderOptions>, Partial<Omit<ImportJob, 'open'>> {}

export function imported(from: ImportFrom, text: string, options: ImportedOptions = {}): Imported {
  const format: ImportFormat = IMPORT_FORMATS[from];
  let list = '';
  let allow = '';
  const findings: ImportFinding[] = [];
  const run = new ListImport(
    { ...JOB, ...options, open: () => format.open({ ...TOLD, ...options }) },
    {
      entry: (line) => void (list += line),
      allow: (line) => void (allow += line),
      finding: (finding) => void findings.push(finding),
    },
  );
  if (format.surveys > 0) eachLine(text, (line) => run.survey(line));
  if (format.surveys > 1) {
    run.beginNames();
    eachLine(text, (line) => run.surveyNames(line));
  }
  const refusal = run.surveyRefusal({ ignoring: 'ignoring', format: 'format' });
  eachLine(text, (line) => run.read(line));
  run.end();
  return {
    list,
    allow,
    findings,
    counts: run.counts,
    exceptionAnywhere: lineIn(refusal, /^line (\d+) is an exception/),
    endlessLine: lineIn(refusal, /^line (\d+) is longer than/),
  };
}

function lineIn(refusal: string | null, named: RegExp): number | null {
  const line = named.exec(refusal ?? '')?.[1];
  return line === undefined ? null : Number(line);
}

/** Addresses alone, and what is not carried over as it is: `LINE:COLUMN code`. */
export function summary({ list, findings }: Imported): { entries: string[]; said: string[] } {
  const lines = list.split('\n').filter((line) => line !== '');
  return {
    entries: lines.map((line) => line.replace(/ {2}# .*$/, '')),
    said: findings.map(({ line, column, code }) => `${line}:${column} ${code}`),
  };
}

/** Whether the list refuses a URL, with its allow list beside it. */
export function refuses({ list, allow }: Pick<Imported, 'list' | 'allow'>): (url: string) => boolean {
  const entries = [...entriesOf(list, 0), ...entriesOf(allow, 1)];
  const matcher = new Matcher({ cacheEntries: 10_000 });
  matcher.use(openSnapshot([buildSegment(entries, testKeys(1))]));
  const judge = new Judge(matcher, [{ action: 'block' }, { action: 'allow' }]);
  return (url) => {
    const split = splitUrl(url);
    const facts = split === null ? null : judge.matcher.lookup(split.host);
    if (split === null || facts === null) throw new Error(`no address: ${url}`);
    const { target } = split;
    const port = split.port ?? (split.scheme === 'https' ? 443 : 80);
    return judge.url(facts, target, { port, listMask: -1, today: TODAY }).action === 'block';
  };
}

function entriesOf(text: string, list: number): Entry[] {
  const options = { list, action: list === 0 ? 'block' : 'allow' } as const;
  return [...parseTextList(Buffer.from(text === '' ? '#\n' : text, 'latin1'), options)].flatMap((outcome) => {
    if (outcome.kind === 'error') throw new Error(`line ${outcome.diagnostic.line}: ${outcome.diagnostic.message}`);
    return outcome.kind === 'entry' ? [outcome.entry] : [];
  });
}

function eachLine(text: string, take: Parameters<typeof each>[1]): void {
  each(Buffer.from(text, 'latin1'), take);
}

function each(bytes: Buffer, take: (line: NonNullable<ReturnType<LineStream['end']>>) => void): void {
  const stream = new LineStream();
  for (const line of stream.push(bytes)) take(line);
  const last = stream.end();
  if (last !== null) take(last);
}
