/**
 * A publisher whose disks are full, as whole processes under real ones: what fails says which file it is about, changes nothing that is published, and goes
 * well once there is room.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { SmallDisk, describeWithSmallDisk } from '../support/small-disk.ts';
import { endAll, folderWith, ROOT } from './cli-process.ts';

const DISK_BYTES = 2 * 1024 * 1024;
const FULL = /^\/.*\/(?:keys\/state|repo\/isp-a)\/\S+: no space is left on the disk \(ENOSPC\)$/;
const LINES = Array.from({ length: 300 }, (_, i) => `h${i}.example/page\n`).join('');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describeWithSmallDisk(['age-keygen'])('publish on a full disk', () => {
  afterEach(endAll);

  /** Runs commands of a publisher whose folder of that name is a small disk, and who has published a list. */
  async function publisher(small: 'repo' | 'keys') {
    const cwd = await folderWith({ 'list.txt': LINES });
    mkdirSync(join(cwd, small));
    const disk = await SmallDisk.mount(join(cwd, small), DISK_BYTES);
    const cleanfeed = async (...words: readonly string[]): Promise<Ended> => {
      const [program, ...rest] = [...disk.under, process.execPath, join(ROOT, 'src', 'cli.ts'), ...words];
      return await new Promise((resolve) => {
        const env = { ...process.env, NODE_OPTIONS: '' };
        execFile(program, rest, { cwd, env }, (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
        );
      });
    };
    const publish = async (...words: readonly string[]): Promise<Ended> =>
      await cleanfeed('publish', ...words, '-r', 'repo', '-k', 'keys');
    const identity = execFileSync('age-keygen', { stdio: 'pipe', encoding: 'utf8' });
    const recipient = /age1[a-z0-9]+/.exec(identity)![0];
    for (const words of [['init'], ['recipient', 'add', 'isp-a', recipient], ['build', 'list.txt', '--commit']])
      expect(await publish(...words)).toMatchObject({ code: 0 });
    return { cwd, disk, publish, cleanfeed };
  }

  // Was a fault: the error named no file, so that nobody could tell which of the two disks was full.
  test('REPO: a withdrawal names the file, the audit is as before, and the next one is published', async () => {
    const { disk, publish } = await publisher('repo');
    await using _ = disk;
    disk.fill();
    expect(await publish('withdraw', 'h1.example/page')).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(
        /^cleanfeed: not published to isp-a: repo\/isp-a\/targets\/\S+: no space is left on the disk \(ENOSPC\)\n$/,
      ),
    });
    disk.empty();
    expect(await publish('audit')).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/^different/m) });
    expect(await publish('withdraw', 'h1.example/page')).toMatchObject({
      code: 0,
      stdout: '0 entries withdrawn (they were already), 1 in all, for 1 recipient\n',
    });
    expect(await publish('audit')).toMatchObject({ code: 0 });
  });

  test('KEYS: events for which there is no room name their file, and are none', async () => {
    const { cwd, disk, publish } = await publisher('keys');
    await using _ = disk;
    writeFileSync(join(cwd, 'list.txt'), LINES + LINES.replaceAll('page', 'other'));
    const { stdout: before } = await publish('inspect');
    const outcomes: string[] = [];
    // With more room from time to time: each file of the state has its turn.
    for (let room = 8 * 1024; room <= 128 * 1024; room += 8 * 1024) {
      disk.fill(room);
      const { code, stderr } = await publish('build', 'list.txt', '--commit');
      disk.empty();
      if (code === 0) break;
      expect(stderr).toMatch(/^cleanfeed: keys\/state\/\S+: no space is left on the disk \(ENOSPC\)\n$/);
      outcomes.push(/state\/(\w+)/.exec(stderr)![1]!);
      expect((await publish('inspect')).stdout).toBe(before);
    }
    expect(outcomes).toContain('events');
    expect(await publish('build', 'list.txt', '--commit')).toMatchObject({ code: 0 });
    expect(await publish('audit')).toMatchObject({ code: 0 });
  });

  // Was a fault: `internal`, and the place in the code: a relay on a full disk looked like one with a bug.
  test.each(['keys', 'repo'] as const)(
    'the relay, %s: it says which file, and publishes when there is room',
    async (small) => {
      const { cwd, disk, publish, cleanfeed } = await publisher(small);
      await using _ = disk;
      writeFileSync(join(cwd, 'list.txt'), LINES + LINES.replaceAll('page', 'other'));
      writeFileSync(join(cwd, 'relay.yaml'), 'source: ./list.txt\npublish: { repo: ./repo, keys: ./keys }\n');
      const relay = async (): Promise<{ readonly code: number; readonly said: unknown }> => {
        const ended = await cleanfeed('relay', '-c', 'relay.yaml', '--once');
        return { code: ended.code, said: JSON.parse(ended.stderr) };
      };
      disk.fill();
      expect(await relay()).toMatchObject({
        code: 78,
        said: { event: 'relay.failed', code: 'publisher_state', reason: expect.stringMatching(FULL) },
      });
      disk.empty();
      expect(await relay()).toMatchObject({ code: 0, said: { event: 'relay.published', version: 2, entries: 600 } });
      expect(await publish('audit')).toMatchObject({ code: 0 });
    },
  );
});
