/** What a command prints into a file is there as a whole, or the command fails; what it cannot say on standard error does not end it. As whole processes, on real disks. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { endAll, folderWith, ROOT } from './cli-process.ts';

const CONFIG =
  'admin: { pac: { proxies: [filter.example:3128], failOver: none } }\nlists: [{ name: own, source: ./own.txt }]\n';
const FILES = {
  'cleanfeed.yaml': CONFIG,
  'faulty.yaml': 'workerz: 1\n',
  'own.txt': 'listed.example/page\n',
  // None of them can be carried over: a line of the report for each.
  'hosts.txt': Array.from({ length: 5000 }, (_, i) => `0.0.0.0 h${i}_$\n`).join(''),
};
const ADDRESSES = Array.from({ length: 3000 }, (_, i) => `http://h${i}.example/page\n`).join('');
const UNWRITTEN = 'cleanfeed: standard output cannot be written: no space is left on the disk (ENOSPC)\n';

/** @param command with redirections, for a shell. */
function run(cwd: string, command: string, under: readonly [string, ...string[]] = ['env']) {
  const script = `exec "$NODE" "$CLI" ${command}`;
  const [program, ...words] = [...under, 'sh', '-c', script] as const;
  const env = { ...process.env, NODE_OPTIONS: '', NODE: process.execPath, CLI: join(ROOT, 'src', 'cli.ts') };
  const { status, stderr } = spawnSync(program, words, { cwd, env, input: ADDRESSES, encoding: 'utf8' });
  return { status, stderr };
}

afterEach(endAll);

// Were faults: all but the last ended as if the file were there, and the last with an internal fault.
test.each([
  { command: 'pac -c cleanfeed.yaml', status: 73 },
  { command: 'check -c cleanfeed.yaml', status: 73 },
  { command: 'list lint own.txt --json', status: 73 },
  { command: '--version', status: 73 },
  { command: 'explain -c cleanfeed.yaml http://other.example/', status: 2 },
  { command: 'explain -c cleanfeed.yaml http://listed.example/page', status: 2 },
  { command: 'explain -c cleanfeed.yaml -', status: 2 },
  { command: 'check -c faulty.yaml --json', status: 78 },
  { command: 'list import --from hosts hosts.txt -o own.txt --json', status: 65 },
])('$command > a full disk: $status', async ({ command, status }) => {
  const ended = run(await folderWith(FILES), `${command} > /dev/full`);
  expect(ended).toEqual({ status, stderr: expect.stringContaining(UNWRITTEN) });
  expect(ended.stderr).not.toContain('internal');
});

// Were faults: each ended with 1, which is the answer of `explain` for an address that is blocked.
test.each([
  { command: 'check -c faulty.yaml', status: 78 },
  { command: 'serve -c faulty.yaml', status: 78 },
  { command: 'explain -c faulty.yaml http://other.example/', status: 2 },
  { command: 'nonsense', status: 64 },
])('$command 2> a full disk: $status', async ({ command, status }) => {
  expect(run(await folderWith(FILES), `${command} 2> /dev/full`)).toMatchObject({ status });
});

test('a reader that leaves early is no fault', async () => {
  const command = 'list import --from hosts hosts.txt -o new.txt --json | true';
  expect(run(await folderWith(FILES), `list lint own.txt | true`)).toEqual({ status: 0, stderr: '' });
  expect(run(await folderWith(FILES), command).stderr).not.toContain('standard output');
});

describeWithSmallDisk()('a disk that is nearly full', () => {
  // Was a fault: 4,096 bytes of 90,000, and the exit code 0.
  test('half of what is printed is not taken for all', async () => {
    const cwd = await folderWith(FILES);
    mkdirSync(join(cwd, 'disk'));
    await using disk = await SmallDisk.mount(join(cwd, 'disk'), 64 * 1024);
    disk.fill(4096);
    const command = 'explain -c cleanfeed.yaml - > disk/verdicts';
    expect(run(cwd, command, disk.under)).toEqual({ status: 2, stderr: UNWRITTEN });
    expect(statSync(disk.path('verdicts')).size).toBe(4096);
  });

  // Was a fault: `- cannot be read: no space is left on the disk`, and 65, as if the input were at fault.
  test.each([0, 4096, 65_536])(
    'list import of standard input, %d bytes: it is the list that cannot be written',
    async (room) => {
      const cwd = await folderWith(FILES);
      mkdirSync(join(cwd, 'disk'));
      await using disk = await SmallDisk.mount(join(cwd, 'disk'), 256 * 1024);
      writeFileSync(disk.path('new.txt'), 'before.example\n');
      disk.fill(room);
      expect(run(cwd, 'list import --from csv --column 1 - -o disk/new.txt', disk.under)).toMatchObject({
        status: 73,
        stderr: 'cleanfeed: disk/new.txt cannot be written: no space is left on the disk (ENOSPC)\n',
      });
      expect(readdirSync(disk.path('.')).toSorted()).toEqual(['filler', 'new.txt']);
      expect(readFileSync(disk.path('new.txt'), 'utf8')).toBe('before.example\n');
    },
  );
});
