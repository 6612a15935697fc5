/**
 * `npm run bench:publish`: what a publication costs, as whole commands on the machine as it is (all cores): the first version of a list for a
 * few recipients, a change of it for many, one removal. Each result is checked before its time counts.
 *
 * Ends with 1 where a result is wrong, never because a figure is over its target: machines differ.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { urlList } from '../data/url-list.ts';
import type { ListedUrl } from '../data/url-list.ts';
import { describeMachine } from '../load/machine.ts';

const HELP = `npm run bench:publish -- [options]

  --entries N   of the list (1000000)
  --few N       recipients of the first version (2)
  --many N      recipients of a change and of a removal (40)
  --changes N   entries that it adds, and as many it takes away (500)
  --help
`;
const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const TARGETS = { first: 30, change: 60, withdraw: 10 } as const;

interface Taken {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
}

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    few: { type: 'string', default: '2' },
    many: { type: 'string', default: '40' },
    changes: { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else await measure(Number(values.entries), Number(values.few), Number(values.many), Number(values.changes));

async function measure(entries: number, few: number, many: number, changes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
  try {
    const urls = urlList(entries + changes);
    const [before, after] = [join(folder, 'before.txt'), join(folder, 'after.txt')];
    writeFileSync(before, urls.slice(0, entries).map(line).join(''));
    writeFileSync(after, urls.slice(changes).map(line).join(''));
    const load = loadavg();
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
    const { cpu, cores, memoryGB, node } = describeMachine();
    console.log(
      `${cpu}, ${cores} cores, ${memoryGB} GB, Node ${node}, ${new Date().toISOString().slice(0, 10)}; load before ${load[0]!.toFixed(1)}, after ${loadavg()[0]!.toFixed(1)}\n`,
    );
    console.log('| | wall, s | CPU, s | target, s | |\n|---|---|---|---|---|');
    row(`${entries} entries, first version, ${few} recipients`, first, TARGETS.first);
    row(`${2 * changes} changes, ${many} recipients`, change, TARGETS.change);
    row(`one removal, ${many} recipients`, withdraw, TARGETS.withdraw);
    console.log(`\nthe delta of a recipient: ${delta} bytes`);
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
  const { status, stderr } = spawnSync('bash', ['-c', 'time -p "$0" "$@"', process.execPath, CLI, ...words], {
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

function row(what: string, { wall, cpu }: Taken, target: number): void {
  console.log(`| ${what} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} | ${target} | ${wall <= target ? 'pass' : 'miss'} |`);
}
