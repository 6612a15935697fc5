/**
 * `npm run bench:publish`: what a publication costs, as whole commands on the machine as it is (all cores): the first version of a list for a
 * few recipients, a change of it for many, one removal. Each result is checked before its time counts.
 *
 * Ends with 1 where a result is wrong, never because a figure is over its target: machines differ.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { COMMAND } from '../command-cost.ts';
import { FLAG, readCommandLine, runBench, TEXT, wholeNumber } from '../command-line.ts';
import { urlList } from '../data/url-list.ts';
import type { ListedUrl } from '../data/url-list.ts';
import { loadText, machineLine } from '../load/machine.ts';
import { spread } from '../load/statistics.ts';

const HELP = `npm run bench:publish -- [options]

  --entries N   of the list (1000000)
  --few N       recipients of the first version (2)
  --many N      recipients of a change and of a removal (40)
  --changes N   entries that it adds, and as many it takes away (500)
  --runs N      of all of it; medians are shown, and the spread (3)
  --help
`;
const TARGETS = { first: 30, change: 60, withdraw: 10 } as const;

interface Taken {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
}

interface Options {
  readonly entries: number;
  readonly few: number;
  readonly many: number;
  readonly changes: number;
  readonly runs: number;
}

interface Publication {
  readonly first: Taken;
  readonly change: Taken;
  readonly withdraw: Taken;
  /** Bytes for one recipient. */
  readonly delta: number;
}

await runBench({ help: HELP, parse: parseOptions, run: measure });

/** Null: help is wanted. */
function parseOptions(args: readonly string[]): Options | null {
  const options = { entries: TEXT, few: TEXT, many: TEXT, changes: TEXT, runs: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  return {
    entries: wholeNumber('entries', values.entries ?? '1000000', 1),
    few: wholeNumber('few', values.few ?? '2', 1),
    many: wholeNumber('many', values.many ?? '40', 1),
    changes: wholeNumber('changes', values.changes ?? '500', 1),
    runs: wholeNumber('runs', values.runs ?? '3', 1),
  };
}

async function measure(options: Options): Promise<number> {
  const { entries, few, many, changes, runs } = options;
  console.log(`${machineLine()}\n`);
  const all: Publication[] = [];
  for (let run = 0; run < runs; run += 1) all.push(await published(options));
  console.log(`| ${runs} runs | wall, s | from, to | CPU, s | target, s | |\n|---|---|---|---|---|---|`);
  const told = (what: string, of: (one: Publication) => Taken, target: number): void => row(what, all.map(of), target);
  told(`${entries} entries, first version, ${few} recipients`, ({ first }) => first, TARGETS.first);
  told(`${2 * changes} changes, ${many} recipients`, ({ change }) => change, TARGETS.change);
  told(`one removal, ${many} recipients`, ({ withdraw }) => withdraw, TARGETS.withdraw);
  console.log(`\nthe delta of a recipient: ${all[0]?.delta ?? 0} bytes; load after ${loadText()}`);
  return 0;
}

async function published({ entries, few, many, changes }: Options): Promise<Publication> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
  try {
    const urls = urlList(entries + changes);
    const [before, after] = [join(folder, 'before.txt'), join(folder, 'after.txt')];
    writeFileSync(before, urls.slice(0, entries).map(line).join(''));
    writeFileSync(after, urls.slice(changes).map(line).join(''));
    const publish = (...words: readonly string[]): Taken =>
      run(['publish', ...words, '-r', join(folder, 'repo'), '-k', join(folder, 'keys')]);
    publish('init');
    for (let i = 1; i <= few; i += 1) publish('recipient', 'add', `isp-${i}`, await newRecipient());
    const first = publish('build', before, '--commit');
    expectVersion(folder, few, 1);
    for (let i = few + 1; i <= many; i += 1) publish('recipient', 'add', `isp-${i}`, await newRecipient());
    const change = publish('build', after, '--commit');
    expectVersion(folder, many, 2);
    const withdraw = publish('withdraw', line(urls[changes]!).trim());
    const delta = sizes(folder, 'isp-1').find(({ name }) => name.endsWith('.2.delta'))?.bytes ?? 0;
    return { first, change, withdraw, delta };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function line({ host, path }: ListedUrl): string {
  return `http://${host}${path}\n`;
}

async function newRecipient(): Promise<string> {
  return await identityToRecipient(await generateX25519Identity());
}

/** Whole commands, from start to end of the process; CPU is that of all its threads. */
function run(words: readonly string[]): Taken {
  process.stderr.write(`${words.slice(1, 3).join(' ')} …\n`);
  const { status, stderr } = spawnSync('bash', ['-c', 'time -p "$0" "$@"', COMMAND, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
  const seconds = (name: string): number => Number(new RegExp(`^${name} ([\\d.]+)$`, 'm').exec(stderr)?.[1]);
  return { wall: seconds('real'), cpu: seconds('user') + seconds('sys') };
}

function expectVersion(folder: string, recipients: number, version: number): void {
  for (let i = 1; i <= recipients; i += 1) {
    const found = sizes(folder, `isp-${i}`).some(
      ({ name, bytes }) => new RegExp(`\\.${version}\\.(?:full|delta)$`).test(name) && bytes > 60_000,
    );
    if (!found) throw new Error(`isp-${i} has no version ${version}`);
  }
}

function sizes(folder: string, recipient: string): readonly { readonly name: string; readonly bytes: number }[] {
  const targets = join(folder, 'repo', recipient, 'targets', 'match', '1', '1');
  return readdirSync(targets).map((name) => ({ name, bytes: statSync(join(targets, name)).size }));
}

function row(what: string, taken: readonly Taken[], target: number): void {
  const wall = spread(taken.map(({ wall }) => wall)) ?? { median: NaN, min: NaN, max: NaN };
  const cpu = spread(taken.map(({ cpu }) => cpu))?.median ?? NaN;
  const cells = [
    what,
    wall.median.toFixed(1),
    `${wall.min.toFixed(1)}, ${wall.max.toFixed(1)}`,
    cpu.toFixed(1),
    target,
    wall.median <= target ? 'pass' : 'miss',
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
