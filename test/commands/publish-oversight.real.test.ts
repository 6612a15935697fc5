/** Oversight on the command line: a clearing house, a witness, a court that has a proof and a key, an auditor, and Python beside them. */
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { verifyIndependently } from '../list/transparency/independent.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';
import type { Outcome } from './cli-process.ts';

const cleanfeed = commandsInOneProcess();

const LISTED = 'http://a.example/x';
let folder: string;
let logKey: string;
const file = (name: string): string => join(folder, name);
const run = async (...words: string[]): Promise<Outcome> => await cleanfeed(['publish', ...words], { cwd: folder });
const FOLDERS = ['-r', 'repo', '-k', 'keys'];

async function ok(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function commit(...lines: string[]): Promise<void> {
  writeFileSync(file('list.txt'), lines.map((line) => `${line}\n`).join(''));
  await ok('build', 'list.txt', '--commit', ...FOLDERS);
}

const NAME = ['--name', 'witness.example/1'];
const witness = async (head = 'repo/log_head.json'): Promise<Outcome> =>
  await run(
    'witness',
    head,
    ...NAME,
    '--key',
    'w.pem',
    '--log',
    logKey,
    '--seen',
    'seen',
    '-o',
    'keys/state/cosignatures/w',
  );

/** A clearing house as each test finds it. */
const made = temporaryDirectory();
beforeAll(async () => {
  folder = made.path;
  await ok('init', ...FOLDERS);
  await ok('recipient', 'add', 'isp-a', await identityToRecipient(await generateX25519Identity()), ...FOLDERS);
  await commit(LISTED, 'b.example');
  const { log } = JSON.parse(await ok('inspect', '--json', ...FOLDERS)) as { readonly log: { readonly key: string } };
  logKey = log.key;
});
beforeEach(async () => {
  folder = await folderWith({});
  cpSync(made.path, folder, { recursive: true });
});
afterEach(endAll);
afterAll(() => made[Symbol.dispose]());

describe('a witness', () => {
  test('has a key that is made once, cosigns each head once it extends the one before, and never another history', async () => {
    const key = (await ok('witness-key', ...NAME, '--key', 'w.pem')).trim();
    expect(key).toMatch(/^witness\.example\/1\+[0-9a-f]{8}\+/);
    expect(statSync(file('w.pem')).mode & 0o777).toBe(0o600);
    expect((await run('witness-key', ...NAME, '--key', 'w.pem')).stderr).toBe(
      'cleanfeed: w.pem exists; it is not replaced\n',
    );
    expect((await witness()).stdout).toMatch(
      /^keys\/state\/cosignatures\/w: cosigned, cleanfeed\/[0-9a-f]{16}, 192 leaves\n$/,
    );
    const before = readFileSync(file('repo/log_head.json'));
    await commit(LISTED);
    expect((await witness()).code).toBe(0);
    const seen = readFileSync(file('seen'), 'utf8');
    writeFileSync(file('before.json'), before);
    expect(await witness('before.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the publisher's log has two histories"),
    });
    expect(readFileSync(file('seen'), 'utf8')).toBe(seen);
    await ok('refresh', ...FOLDERS);
    expect(readFileSync(file('repo/log_head.json'), 'utf8')).toContain('witness.example/1');
  });

  test('is told what is wrong with its command line or files', async () => {
    await ok('witness-key', ...NAME, '--key', 'w.pem');
    expect((await run('witness-key', '--name', 'a name', '--key', 'v.pem')).code).toBe(64);
    expect(await witness('absent.json')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('there is no such file'),
    });
    writeFileSync(file('none.json'), '{}');
    expect(await witness('none.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not of a form that is known'),
    });
    const other = await run(
      'witness',
      'repo/log_head.json',
      ...NAME,
      '--key',
      'w.pem',
      '--log',
      'nonsense',
      '--seen',
      'seen',
      '-o',
      'out',
    );
    expect(other).toMatchObject({ code: 64, stderr: expect.stringContaining("'nonsense' is no key of a log") });
    expect(existsSync(file('seen'))).toBe(false);
  });
});

describe('a proof', () => {
  test('is checked with the key of the log, and is logged whether or not there was anything', async () => {
    await ok('withdraw', LISTED, ...FOLDERS);
    await ok('prove', LISTED, '--reason', 'case 7', '-o', 'proof.json', ...FOLDERS);
    const said = await ok('verify-proof', 'proof.json', '--log', logKey);
    expect(said).toMatch(
      /^the head of 256 leaves is signed by cleanfeed\/[0-9a-f]{16}\nleaf 64 is in the log: .*"kind":"added".*"seq":65,.*\nleaf \d+ is in the log: .*"kind":"withdrawn".*\n$/,
    );
    expect(await run('prove', 'nothing.example', '--reason', 'case 8', '-o', 'none.json', ...FOLDERS)).toMatchObject({
      code: 65,
    });
    expect(existsSync(file('none.json'))).toBe(false);
    const events = readFileSync(file('keys/state/events.jsonl'), 'utf8');
    expect(events).toMatch(/"kind":"proved","uids":\[65\],"reason":"case 7"/);
    expect(events).toMatch(/"kind":"proved","uids":\[\],"reason":"case 8"/);
  });

  test('proves nothing once it was altered, or without the witness that is asked for', async () => {
    const witnessKey = (await ok('witness-key', ...NAME, '--key', 'w.pem')).trim();
    await ok('prove', LISTED, '--reason', 'case 7', '-o', 'proof.json', ...FOLDERS);
    expect(await run('verify-proof', 'proof.json', '--log', logKey, '--witness', witnessKey)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not cosigned by witness.example/1'),
    });
    writeFileSync(file('proof.json'), readFileSync(file('proof.json'), 'utf8').replace('a.example', 'c.example'));
    expect(await run('verify-proof', 'proof.json', '--log', logKey)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not in the log'),
    });
    expect(await run('verify-proof', 'absent', '--log', logKey)).toMatchObject({ code: 65 });
    expect(await run('verify-proof', 'proof.json', '--log', 'x')).toMatchObject({ code: 64 });
  });

  describeWith(['python3'])('and Python', () => {
    test('finds what a node is given, and a proof, as the document says', async () => {
      const witnessKey = (await ok('witness-key', ...NAME, '--key', 'w.pem')).trim();
      await witness();
      await ok('refresh', ...FOLDERS);
      const heads = join(folder, 'repo/isp-a/targets/log');
      const cosigned = (await readdir(heads)).filter((name) =>
        readFileSync(join(heads, name), 'utf8').includes('witness.example'),
      );
      expect(cosigned).toHaveLength(1);
      const { exit, lines } = await verifyIndependently(join(heads, cosigned[0]!), logKey, witnessKey);
      expect(lines).toEqual([
        expect.stringMatching(/^signed: cleanfeed\/[0-9a-f]{16}, 192 leaves$/),
        'cosigned',
        expect.stringMatching(/^leaf \d+: .*"kind":"published","recipient":"isp-a"/),
      ]);
      expect(exit).toBe(0);
      await ok('prove', 'b.example', '--reason', 'case 9', '-o', 'proof.json', ...FOLDERS);
      expect((await verifyIndependently(file('proof.json'), logKey)).lines[1]).toMatch(
        /^leaf 65: .*"line":"b.example"/,
      );
    });
  });
});

describe('an audit', () => {
  test('is a dated report, and ends with 1 where anything differs', async () => {
    const said = await ok('audit', ...FOLDERS);
    expect(said).toMatch(/^audit of repo, \d{4}-\d\d-\d\dT[\d:.]+Z\n(same {7}.*\n){7}$/);
    const events = file('keys/state/events.jsonl');
    writeFileSync(events, readFileSync(events, 'utf8').replace('"line":"b.example"', '"line":"c.example"'));
    const { code, stdout, stderr } = await run('audit', '--json', ...FOLDERS);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ differences: 3, repository: 'repo' });
    expect(stderr).toBe('cleanfeed: 3 differences found\n');
  });
});
