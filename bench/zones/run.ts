/**
 * `npm run bench:zones`: what it costs to write a policy zone: the whole command (the list is read, compiled and judged, as `check` does), and the
 * writer as `serve` runs it, in a thread with names that are in force: changed, and with nothing changed. Wall and CPU time, median of several.
 * Each file is checked before its time counts.
 *
 * Ends with 1 where a result is wrong, never because a figure is over its target: machines differ.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utcDay } from '../../src/list/text/compile.ts';
import { PUBLIC_SUFFIXES } from '../../src/list/sanity/suffix-rows.ts';
import { runZoneJob } from '../../src/outlets/zones/zone-job.ts';
import type { WrittenZone } from '../../src/outlets/zones/zone-file.ts';
import { COMMAND } from '../command-cost.ts';
import { FLAG, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { loadText, machineLine } from '../load/machine.ts';

const HELP = `npm run bench:zones -- [options]

  --names N   of the list, a third of them with subdomains (1000000)
  --runs N    of each (3)
  --help
`;
const TARGET_SECONDS = 5;
const ZONE = 'block.rpz.example';

interface Taken {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
}

await runBench({ help: HELP, parse: parseOptions, run: measure });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]) {
  const { values } = readCommandLine({
    args: [...args],
    options: { names: TEXT, runs: TEXT, help: FLAG },
    strict: true,
  });
  if (values.help === true) return null;
  return {
    names: wholeNumber('names', values.names ?? '1000000', 1),
    runs: wholeNumber('runs', values.runs ?? '3', 1),
  };
}

async function measure({ names, runs }: NonNullable<ReturnType<typeof parseOptions>>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
  try {
    console.log(`${machineLine()}\n`);
    const file = join(folder, 'thread.zone');
    const all = names + Math.ceil(names / 3);
    const changed: Taken[] = [];
    const same: Taken[] = [];
    const before = process.memoryUsage().rss;
    for (let run = 0; run < runs; run += 1) {
      const text = listText(names, run);
      changed.push(await timed(async () => expectZone(await writeInThread(file, text), all, true)));
      same.push(await timed(async () => expectZone(await writeInThread(file, text), all, false)));
    }
    const peak = process.resourceUsage().maxRSS * 1024 - before;
    writeFileSync(join(folder, 'list.txt'), listText(names, 0));
    const commands = Array.from({ length: runs }, () => command(folder, all));
    console.log(
      `| ${names} names, median of ${runs} | wall, s | from, to | CPU, s | target, s |\n|---|---|---|---|---|`,
    );
    row('written, as `serve` does', changed);
    row('nothing has changed', same);
    row('`cleanfeed zone write`, the list judged too', commands);
    console.log(
      `\n${(readFileSync(file).length / 1e6).toFixed(0)} MB of file; memory over that of the bench: ${(peak / 1e6).toFixed(0)} MB at most; load after ${loadText()}`,
    );
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names that are as alike as those of real lists: many below a few thousand domains. */
function listText(names: number, run: number): Buffer {
  const lines: string[] = [];
  for (let i = 0; i < names; i += 1) {
    const label = (Math.imul(i + run, 2_654_435_761) >>> 0).toString(36);
    lines.push(`${i % 3 === 0 ? '*.' : ''}host-${label}-${i}.site${i % 50_000}.example dns\n`);
  }
  return Buffer.from(lines.join(''));
}

async function writeInThread(file: string, bytes: Uint8Array): Promise<WrittenZone> {
  const names = { list: 'bench', action: 'block', form: 'text', bytes, withdrawn: [], version: '' } as const;
  const now = Date.now();
  return await runZoneJob({
    terms: { name: ZONE, ttlSeconds: 60, answer: 'nxdomain' },
    file,
    lists: [{ names, guarded: [] }],
    today: utcDay(now),
    now: Math.floor(now / 1000),
    suffixes: PUBLIC_SUFFIXES,
  });
}

async function timed(work: () => Promise<void>): Promise<Taken> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / 1000, cpu: (user + system) / 1e6 };
}

function expectZone({ blocked, changed }: WrittenZone, want: number, isChanged: boolean): void {
  if (blocked !== want || changed !== isChanged)
    throw new Error(`${blocked} names of ${want}, ${changed ? 'changed' : 'unchanged'}`);
}

function command(folder: string, all: number): Taken {
  const config = join(folder, 'c.yaml');
  const zones = [{ name: ZONE, file: './command.zone', lists: ['bench'] }];
  writeFileSync(config, JSON.stringify({ lists: [{ name: 'bench', source: './list.txt' }], resolver: { zones } }));
  rmSync(join(folder, 'command.zone'), { force: true });
  const [before, used] = [performance.now(), childSeconds()];
  const { stdout, status } = spawnSync(COMMAND, ['zone', 'write', '-c', config], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0 || !stdout.includes(`${all} names and wildcards blocked`)) throw new Error(`zone write: ${stdout}`);
  return { wall: (performance.now() - before) / 1000, cpu: childSeconds() - used };
}

/** CPU time of the children that have ended (proc(5): cutime and cstime, in hundredths). */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function row(what: string, taken: readonly Taken[]): void {
  const walls = taken.map(({ wall }) => wall).toSorted((a, b) => a - b);
  const cpus = taken.map(({ cpu }) => cpu).toSorted((a, b) => a - b);
  const at = Math.floor(taken.length / 2);
  const cells = [
    what,
    walls[at]?.toFixed(2),
    `${walls[0]?.toFixed(2)}, ${walls.at(-1)?.toFixed(2)}`,
    cpus[at]?.toFixed(2),
    TARGET_SECONDS,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
