/**
 * `npm run fuzz -- slowest-texts`: searches texts that whoever writes a file may make by mistake or on purpose (configurations, our lists, those of other
 * tools), and that come from elsewhere (outside-texts.ts), for one that takes more than twice and a half as long when it is twice as long (requirement 60).
 *
 *   head, what is repeated, tail ─▶ the text at one size and at twice that ─▶ times ─┬─ grows too fast: once more, and told
 *                                                                                   └─ else: forgotten
 *
 * It must not judge by one run: what else the machine does only adds, so the least of several counts.
 */
import { seededInteger, seededRandom } from '../../../bench/data/seeded-random.ts';
import { configKeys, parseConfig } from '../../../src/config/load.ts';
import { redacted } from '../../../src/config/redact.ts';
import { parseHosts } from '../../../src/forward/hosts-file.ts';
import { FORMAT_TERMS, IMPORT_NAMES } from '../../../src/lib/list-formats.ts';
import { lintList } from '../../../src/list/lint/lint-list.ts';
import { readRanges } from '../../../src/outlets/routes/range-file.ts';
import { withoutSecrets } from '../../../src/workers/without-secrets.ts';
import { imported } from '../../list/import/imported.ts';
import { outsideTargets, type Target } from './outside-texts.ts';

const MAX_GROWTH = 2.5;
/** Of four times as many rows, which are as many objects more for the collector: the square would be sixteen. */
const MAX_GROWTH_OF_ROWS = 10;
const MIN_MS_OF_ROWS = 100;
/** Below this a ratio of times is noise. */
const MIN_MS = 20;
const RUNS_TO_BE_SURE = 5;
/** Of a whole file, and of one line of it: a longer one is refused before it is read. */
const FILE_BYTES = 25_000;
const LINE_BYTES = 4000;
/** Twice, and twice again: what grows with the square takes sixteen times as long. */
const LONGER = 4;

/** The number of what is repeated stands in its place. */
const NUMBER = '§';

const PIECES = [
  'a',
  'a.',
  '.',
  '1',
  '11',
  '1.',
  ':',
  '::',
  '/',
  '//',
  '://',
  'a://',
  '@',
  '$',
  '$a=',
  '*',
  '^',
  '|',
  '||',
  '@@',
  '#',
  '##',
  '-',
  '_',
  '=',
  '~',
  ',',
  ';',
  '%',
  '%20',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '\\',
  '\\"',
  '&a',
  '*a',
  '?',
  '!',
  '<',
  '>',
  ' ',
  '  ',
  '\t',
  '\n',
  '\n ',
  '\n- ',
  '\r',
  '\u2028',
  '\u00e9',
  '\u4e00',
  '\u0301',
  'pass',
  'key',
  'key: ',
  'a: ',
  '- ',
  'a,',
  'a=',
  '0.0.0.0 ',
  '1.1.1.1,',
  ' CNAME .\n',
  '\n$ORIGIN a\n',
  'local-zone: ',
  'address=/',
  'https://',
  'A',
  'x-',
  '+',
  '..',
  '/../',
  '%2e',
  '1h',
  '1s',
  '\0',
  '\u0001',
  '\u00ff',
  '\u00c0\u000c',
  '\u0016\u0003\u0001\0\u0001',
  NUMBER,
] as const;

const STARTS: Readonly<Record<string, readonly string[]>> = {
  hosts: ['0.0.0.0 ', ':: '],
  rpz: ['$ORIGIN ', 'a CNAME . ;', ''],
  dnsmasq: ['address=/', 'host-record=', 'cname=', 'server=/'],
  unbound: ['local-zone: "', 'local-data: "', 'local-zone: '],
  adblock: ['||a.example/', '@@||a.example', '||', '/', ''],
};

/** @returns whether no text was found that grows too fast. */
export function searchSlowestTexts({ seconds, seed }: { readonly seconds: number; readonly seed: number }): boolean {
  const random = seededRandom(seed);
  const below = (limit: number): number => seededInteger(random, limit);
  const all = targets();
  const found = new Map<string, string>();
  const until = performance.now() + seconds * 1000;
  let tried = 0;
  for (; performance.now() < until; tried += 1) {
    const target = all[below(all.length)]!;
    const [head, unit, tail] = (target.rows === undefined ? someText : someRows)(target, below);
    const text = (bytes: number): string => head + repeated(unit, Math.ceil(bytes / Buffer.byteLength(unit))) + tail;
    const isText = target.rows === undefined;
    const [least, most] = isText ? [MIN_MS, MAX_GROWTH * MAX_GROWTH] : [MIN_MS_OF_ROWS, MAX_GROWTH_OF_ROWS];
    const long = (runs: number): number => time(target, text(LONGER * target.bytes), runs);
    const growsTooFast = (runs: number): boolean => {
      const ms = long(runs);
      return ms > least && ms > most * time(target, text(target.bytes), runs);
    };
    if (found.has(target.name) || ![1, RUNS_TO_BE_SURE, RUNS_TO_BE_SURE].every(growsTooFast)) continue;
    found.set(target.name, `${long(RUNS_TO_BE_SURE).toFixed(0)} ms: ${JSON.stringify([head, unit, tail])}`);
  }
  process.stdout.write(
    `slowest-texts: ${tried.toLocaleString('en')} texts tried (seed ${seed}); ${found.size} grow too fast\n`,
  );
  for (const [name, words] of found) process.stdout.write(`${name}: ${words}\n`);
  return found.size === 0;
}

type Parts = readonly [head: string, unit: string, tail: string];

function someText({ name }: Target, below: (limit: number) => number): Parts {
  const starts = STARTS[name.split(' ')[1] ?? ''] ?? [''];
  return [starts[below(starts.length)]! + pieces(below, 2), pieces(below, 3) || 'a', pieces(below, 2)];
}

function someRows({ rows }: Target, below: (limit: number) => number): Parts {
  const { before = '', all = [], behind = '' } = rows ?? {};
  const some = (): string => all[below(all.length)]!;
  const [first, unit, last] = [some(), Array.from({ length: 1 + below(2) }, () => `,${some()}`).join(''), some()];
  return [before + first, unit, `,${last}${behind}`];
}

function repeated(unit: string, times: number): string {
  if (!unit.includes(NUMBER)) return unit.repeat(times);
  return Array.from({ length: times }, (_, i) => unit.replaceAll(NUMBER, String(i))).join('');
}

function pieces(below: (limit: number) => number, most: number): string {
  return Array.from({ length: below(most + 1) }, () => PIECES[below(PIECES.length)]!).join('');
}

function time({ read }: Target, text: string, runs: number): number {
  let least = Infinity;
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    read(text);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function targets(): readonly Target[] {
  const keys = configKeys();
  const values = keys.map((key): Target => {
    const path = key.replaceAll('[]', '.0').split('.');
    const config = (text: string): unknown =>
      path.reduceRight<unknown>((inner, part) => (part === '0' ? [inner] : { [part]: inner }), text);
    return {
      name: `value of ${key}`,
      bytes: FILE_BYTES,
      read: (text) => parseConfig(JSON.stringify(config(text)), 'f', {}),
    };
  });
  const imports = IMPORT_NAMES.flatMap((from) =>
    (FORMAT_TERMS[from].matches.length === 0 ? [''] : FORMAT_TERMS[from].matches).flatMap((match): Target[] => {
      const sample = FORMAT_TERMS[from].samples[0] ?? '';
      const read = (text: string): unknown =>
        imported(from, `${Buffer.from(text).toString('latin1')}\n`, { match, sample, sinks: new Set(['192.0.2.7']) });
      const name = `import ${from} ${match}`;
      return [
        { name: `${name}, one line`, bytes: LINE_BYTES, read: (text) => read(text.replaceAll(/[\n\r]/g, '')) },
        { name: `${name}, a file`, bytes: FILE_BYTES, read },
      ];
    }),
  );
  const lint = (text: string): unknown => [...lintList(Buffer.from(`${text}\n`), { action: 'block', today: 20_000 })];
  return [
    ...values,
    ...imports,
    // As often as one of the others is chosen.
    ...Array.from({ length: 20 }, (): Target => ({
      name: 'configuration',
      bytes: FILE_BYTES,
      read: (text) => parseConfig(text, 'f', {}),
    })),
    ...Array.from({ length: 10 }, (): Target => ({ name: 'list lint', bytes: FILE_BYTES, read: lint })),
    { name: 'list lint, one line', bytes: LINE_BYTES, read: (text) => lint(text.replaceAll(/[\n\r]/g, '')) },
    { name: 'hosts file', bytes: FILE_BYTES, read: parseHosts },
    { name: 'ranges', bytes: FILE_BYTES, read: (text) => readRanges(text, 'f') },
    { name: 'text that may be shown', bytes: FILE_BYTES, read: redacted },
    { name: 'status text', bytes: FILE_BYTES, read: withoutSecrets },
    ...Array.from({ length: 5 }, outsideTargets).flat(),
  ];
}
