/**
 * A list of 1,000,000 URLs as a file: compiled, loaded, swapped a hundred times, and what others take to hold the same.
 * Each sample is a process of its own, in turns, so every load is a first load and no memory is left from another.
 */
import { join } from 'node:path';
import { urlList } from '../data/url-list.ts';
import type { ListedUrl } from '../data/url-list.ts';
import { Workspace } from '../load/workspace.ts';
import { haproxyVersion, holdInHaproxy } from './compared/haproxy.ts';
import type { RunOptions } from './harness.ts';
import { runNode } from './processes/child.ts';
import { combined, figure } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const URLS = 1_000_000;
const SWAPS = 100;
/** Swaps at the beginning and at the end that are compared: resident memory moves with each collection. */
const WINDOW = 20;
const MAX_SWAP_GROWTH_MB = 20;
const MB = 1e6;
const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const script = (name: string): string => join(import.meta.dirname, 'processes', `${name}-process.ts`);

interface Files {
  readonly text: string;
  readonly compiled: string;
  readonly haproxy: string;
  readonly listed: ListedUrl;
}

export async function figures({ rounds }: RunOptions): Promise<readonly Figure[]> {
  const workspace = new Workspace();
  try {
    const files = writeLists(workspace);
    const times = Math.max(1, Math.ceil(rounds / 3));
    return [
      ...(await compile(files, times)),
      ...(await hold(workspace, files, times)),
      ...(await swaps(workspace, files)),
    ];
  } finally {
    workspace.remove();
  }
}

function writeLists(workspace: Workspace): Files {
  const urls = urlList(URLS);
  return {
    text: workspace.write('urls.txt', urls.map(({ host, path }) => `http://${host}${path}\n`).join('')),
    haproxy: workspace.write('haproxy-urls.txt', urls.map(({ host, path }) => `${host}${path}\n`).join('')),
    compiled: workspace.path('urls.list'),
    listed: urls.at(-1)!,
  };
}

async function compile({ text, compiled }: Files, times: number): Promise<readonly Figure[]> {
  const runs = await inTurn(times, async () => await runNode([CLI, 'list', 'compile', text, '-o', compiled]));
  const note =
    'the whole command, from start to end of the process, on one core; memory: the most that was resident (VmHWM)';
  return [
    figure(
      { bench: 'list-file', name: 'list compile of 1,000,000 lines', unit: 's', target: 10, note },
      runs.map(({ seconds }) => seconds),
    ),
    figure(
      { bench: 'list-file', name: 'list compile of 1,000,000 lines: peak memory', unit: 'MB', note },
      runs.map(({ peakBytes }) => peakBytes / MB),
    ),
  ];
}

const HOLDERS = [
  { how: 'compiled', name: 'the compiled file', file: 'compiled', target: 200 },
  { how: 'set', name: 'a Set of strings, from text', file: 'text', target: null },
  { how: 'sha256', name: 'SHA-256 of each, from text', file: 'text', target: null },
] as const;

async function hold(workspace: Workspace, files: Files, times: number): Promise<readonly Figure[]> {
  const url = `http://${files.listed.host}${files.listed.path}`;
  const rounds = await inTurn(times, async () => ({
    holders: await inTurn(HOLDERS.length, async (i) =>
      parsed(await runNode(['--expose-gc', script('hold'), HOLDERS[i]!.how, files[HOLDERS[i]!.file], url])),
    ),
    haproxy:
      haproxyVersion() === null
        ? null
        : {
            without: await holdInHaproxy(workspace, null, files.listed),
            with: await holdInHaproxy(workspace, files.haproxy, files.listed),
          },
  }));
  const ours = HOLDERS.flatMap(({ name, target }, i) => [
    figure(
      { bench: 'list-file', name: `load of 1,000,000 URLs: ${name}`, unit: 'ms', target },
      rounds.map(({ holders }) => holders[i]!['milliseconds']!),
    ),
    figure(
      { bench: 'list-file', name: `resident for 1,000,000 URLs: ${name}`, unit: 'MB', note: GROWTH },
      rounds.map(({ holders }) => holders[i]!['grownBytes']! / MB),
    ),
  ]);
  const pairs = rounds.flatMap(({ haproxy }) => (haproxy === null ? [] : [haproxy]));
  return [...ours, ...haproxyFigures(pairs)];
}

const GROWTH =
  'growth of resident memory, after a collection: what it holds, once a process for ours and HAProxy, once a thread for a Set or table in JavaScript';

function haproxyFigures(
  pairs: readonly Readonly<Record<'with' | 'without', Awaited<ReturnType<typeof holdInHaproxy>>>>[],
): readonly Figure[] {
  const version = haproxyVersion();
  const note =
    version === null
      ? 'not measured: haproxy, taskset or setpriv is not on this machine'
      : `HAProxy ${version}, acl base -m str -f; time from start of the process until it listens`;
  const known = (name: string, unit: 'ms' | 'MB'): Pick<Figure, 'bench' | 'name' | 'unit' | 'note'> => ({
    bench: 'list-file',
    name,
    unit,
    note,
  });
  const whole = figure(
    known('resident for 1,000,000 URLs: HAProxy, whole process', 'MB'),
    pairs.map((pair) => pair.with.residentBytes / MB),
  );
  const empty = figure(
    known('resident without a list: HAProxy, whole process', 'MB'),
    pairs.map((pair) => pair.without.residentBytes / MB),
  );
  return [
    figure(
      known('load of 1,000,000 URLs: HAProxy, from text', 'ms'),
      pairs.map((pair) => pair.with.milliseconds),
    ),
    combined(known('resident for 1,000,000 URLs: HAProxy', 'MB'), whole, empty, (a, b) => a - b),
    whole,
    empty,
  ];
}

async function swaps(workspace: Workspace, { text, compiled }: Files): Promise<readonly Figure[]> {
  const other = workspace.path('other.list');
  await runNode([CLI, 'list', 'compile', text, '-o', other]);
  const list = workspace.path('in-force.list');
  await runNode([CLI, 'list', 'compile', text, '-o', list]);
  const config = workspace.write('swap.yaml', configuration());
  const { output } = await runNode([script('swap'), config, list, compiled, other, String(SWAPS)]);
  const { resident, milliseconds } = JSON.parse(output) as {
    readonly resident: readonly number[];
    readonly milliseconds: readonly number[];
  };
  const early = resident.slice(1, 1 + WINDOW).map((bytes) => bytes / MB);
  const late = resident.slice(-WINDOW).map((bytes) => bytes / MB);
  const note = `control thread and two data threads, ${SWAPS} reloads of a compiled list of 1,000,000; the limit of ${MAX_SWAP_GROWTH_MB} MB is ours, the issue says "where it was"`;
  return [
    figure({ bench: 'list-file', name: 'a swap: read, check, copy, all threads over', unit: 'ms', note }, milliseconds),
    figure({ bench: 'list-file', name: `resident after swaps 1 to ${WINDOW}, whole process`, unit: 'MB', note }, early),
    figure(
      {
        bench: 'list-file',
        name: `resident after swaps ${SWAPS - WINDOW + 1} to ${SWAPS}, whole process`,
        unit: 'MB',
        note,
      },
      late,
    ),
    figure(
      {
        bench: 'list-file',
        name: `${SWAPS} swaps: growth of the least that is resident`,
        unit: 'MB',
        target: MAX_SWAP_GROWTH_MB,
        note,
      },
      [Math.min(...late) - Math.min(...early)],
    ),
    figure(
      {
        bench: 'list-file',
        name: `${SWAPS} swaps: growth of the most that is resident`,
        unit: 'MB',
        target: MAX_SWAP_GROWTH_MB,
        note,
      },
      [Math.max(...late) - Math.max(...early)],
    ),
  ];
}

function configuration(): string {
  return `
listeners: [{ name: explicit, mode: explicit, address: 127.0.0.1, port: 0 }]
admin: { address: 127.0.0.1, port: 0 }
lists: [{ name: urls, source: ./in-force.list, action: block }]
state: { directory: ./state }
workers: 2
`;
}

async function inTurn<T>(times: number, one: (i: number) => Promise<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for (let i = 0; i < times; i += 1) all.push(await one(i));
  return all;
}

function parsed({ output }: { readonly output: string }): Readonly<Record<string, number>> {
  return JSON.parse(output) as Readonly<Record<string, number>>;
}
