/** A clearing house's day on the command line; nginx serves what it publishes, python3-tuf fetches it, Debian's `age` opens it. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readPayloadHeader } from '../../src/list/protected/payload-header.ts';
import { decodeWithdrawn } from '../../src/list/protected/withdrawn.ts';
import { lockState } from '../../src/publish/state/lock.ts';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { describeWith } from '../support/programs.ts';
import { hasPythonTuf, pythonTuf } from '../support/python-tuf.ts';
import { DAY, Publishing } from '../publish/publishing.ts';
import { endAll, folderWith, start } from './cli-process.ts';
import type { Outcome } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

const LIST = 'http://a.example/x\nb.example/dir/*  count\n*.c.example dns\n';
let folder: string;
const file = (name: string): string => join(folder, name);
const publish = async (...words: string[]): Promise<Outcome> =>
  await cleanfeed(['publish', ...words, '-r', file('repo'), '-k', file('keys')]);
const ok = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await publish(...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
/** @returns its age recipient. */
const identity = (name: string): string => {
  execFileSync('age-keygen', ['-o', file(`${name}.age`)], { stdio: 'pipe' });
  return execFileSync('age-keygen', ['-y', file(`${name}.age`)], { encoding: 'utf8' }).trim();
};

beforeEach(async () => {
  folder = await folderWith({ 'list.txt': LIST });
});
afterEach(endAll);

describeWith(hasPythonTuf() ? ['nginx', 'age'] : ['nginx', 'age', 'python3-tuf'])('what is published', () => {
  let nginx: Nginx;
  beforeEach(async () => {
    nginx = await startNginx({ server: `location /lists/ { alias ${folder}/repo/; }` });
  });
  afterEach(async () => {
    await nginx.stop();
  });

  /** As one of its nodes, whose state is kept. @returns the plaintext of a target. */
  const fetched = async (name: string, path: string, as = name): Promise<Uint8Array> => {
    const url = `http://127.0.0.1:${nginx.port}/lists/${name}/`;
    const client = { url, folder: file(`client-${name}`), root: file('keys/state/root/1.root.json') };
    const [at = ''] = await pythonTuf(client, [path]);
    return new Uint8Array(
      execFileSync('age', ['-d', '-i', file(`${as}.age`), at], { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  };

  test('is followed by another client from version to version, through removals, rotations and other keys', async () => {
    const said = await ok('init');
    const [, fingerprint = ''] = /SHA-256: ([0-9a-f ]+)/.exec(said) ?? [];
    const sum = execFileSync('sha256sum', [file('keys/state/root/1.root.json')], { encoding: 'utf8' });
    expect(fingerprint.replaceAll(' ', '')).toBe(sum.slice(0, 64));
    await ok('recipient', 'add', 'isp-a', identity('isp-a'));
    await ok('recipient', 'add', 'isp-b', identity('isp-b'));
    expect(await ok('build', file('list.txt'), '--commit')).toContain('version 1 published to 2 recipients');
    const first = readPayloadHeader(await fetched('isp-a', 'match/1/1/1.full'));
    expect(first).toMatchObject({ kind: 'full', version: 1, addedHosts: 1, addedExpressions: 2 });
    await expect(fetched('isp-a', 'match/1/1/1.full', 'isp-b')).rejects.toThrow('no identity matched');

    expect(await ok('withdraw', 'a.example/x', 'http://b.example/dir/*')).toContain('2 entries withdrawn');
    const set = decodeWithdrawn(await fetched('isp-a', 'withdrawn/1.set'));
    expect(set.ids.length).toBe(2);
    expect(await ok('why', String(set.ids[0]), '--recipient', 'isp-a')).toMatch(/^http:\/\/(?:a|b)\.example\/.*\n/);

    for (const role of ['root', 'targets', 'snapshot', 'timestamp', 'withdrawn', 'log']) await ok('rotate', role);
    writeFileSync(file('list.txt'), `${LIST}d.example\n`);
    const { code, stderr } = await publish('build', file('list.txt'), '--commit');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('2 entries of the list left out') });
    expect(readPayloadHeader(await fetched('isp-a', 'match/1/1/2.full'))).toMatchObject({
      version: 2,
      addedHosts: 2,
      addedExpressions: 0,
    });

    await ok('rekey', 'isp-a', identity('isp-a2'), '--overlap', '0d');
    const rekeyed = readPayloadHeader(await fetched('isp-a', 'match/1/1/3.full', 'isp-a2'));
    expect(rekeyed.keys.proof).not.toEqual(first.keys.proof);
    await expect(fetched('isp-a', 'match/1/1/3.full')).rejects.toThrow('no identity matched');

    await ok('revoke', 'isp-b');
    await expect(fetched('isp-b', 'withdrawn/1.set')).rejects.toThrow('timestamp.json is expired');
    await ok('refresh');
    await fetched('isp-a', 'withdrawn/1.set', 'isp-a2');
    const report: unknown = JSON.parse(await ok('inspect', '--json'));
    expect(report).toMatchObject({
      root: { version: 9 },
      version: 3,
      entries: 2,
      withdrawn: 2,
      recipients: [
        { name: 'isp-a', version: 3, revoked: null },
        { name: 'isp-b', version: 3, revoked: expect.any(String) },
      ],
    });
    expect(await ok('inspect')).toMatch(
      /^root version 9, .*\nlog of \d+ events, key: .*\nlist version 3, 2 entries, 2 withdrawn; 1 approval for a change\nisp-a: version 3,/,
    );
  });

  test('host names come to a recipient that it has, by other keys; a rekey without them says which identity reads them still', async () => {
    await ok('init');
    const age = identity('isp-a');
    await ok('recipient', 'add', 'isp-a', age);
    await ok('build', file('list.txt'), '--commit');
    expect(await ok('rekey', 'isp-a', age, '--names', identity('names'))).toBe(
      'isp-a: version 2 under new keys; no former identity reads it\nisp-a: host names are encrypted to the recipient of --names\n',
    );
    expect(Buffer.from(await fetched('isp-a', 'names/2/2.full', 'names')).toString('latin1')).toContain(
      ' *.c.example dns\n',
    );
    expect(await publish('rekey', 'isp-a', identity('isp-a2'), '--overlap', '0d')).toMatchObject({
      code: 0,
      stdout: 'isp-a: version 3 under new keys; the former identity reads no more\n',
      stderr: expect.stringMatching(
        /host names are still encrypted to the recipient before.* --names and --overlap 0d/,
      ),
    });
    // Was a fault: one that went on, and had been given --names, was told that host names are encrypted to the recipient before.
    const [next, names] = [identity('isp-a3'), identity('names3')];
    mkdirSync(file('keys/state/pending.json/in-the-way'), { recursive: true });
    expect(await publish('rekey', 'isp-a', next, '--names', names, '--overlap', '0d')).not.toMatchObject({ code: 0 });
    rmSync(file('keys/state/pending.json'), { recursive: true });
    expect(await publish('rekey', 'isp-a', next, '--overlap', '0d')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        `warning: isp-a: host names are encrypted to ${names}; if that is the recipient before, and its identity was stolen too: rekey again`,
      ),
    });
    expect(await publish('rekey', 'isp-a', age, '--names', 'age1nobody')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("'age1nobody' is not an age recipient"),
    });
  });
});

describe('a change that two people approve', () => {
  test('is committed with both approvals of just this change set, and not before', async () => {
    await ok('init', '--approvals', '2', '--threshold', '2');
    const offline = file('offline');
    renameSync(file('keys/approval-1.pem'), `${offline}-1.pem`);
    renameSync(file('keys/approval-2.pem'), `${offline}-2.pem`);
    expect(await publish('build', file('list.txt'), '--commit')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('--commit: the publisher asks for 2 approvals'),
    });
    await ok('build', file('list.txt'), '-o', file('change.json'));
    const commit = async (): Promise<Outcome> => await publish('commit', file('change.json'));
    const approve = async (key: string): Promise<void> => {
      const { code, stdout } = await cleanfeed(['publish', 'approve', file('change.json'), '--key', key]);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/3 additions, 0 removals.*\n.*\napproved: /),
      });
    };
    expect(await commit()).toMatchObject({ code: 65, stderr: expect.stringContaining('0 of 2 approvals') });
    await approve(`${offline}-1.pem`);
    await approve(`${offline}-1.pem`);
    expect(await commit()).toMatchObject({ code: 65, stderr: expect.stringContaining('1 of 2 approvals') });
    // A key of another role approves nothing.
    await approve(file('keys/targets-1.pem'));
    expect(await commit()).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('1 of 2 approvals; 1 more by other keys'),
    });
    const text = readFileSync(file('change.json'), 'utf8');
    await approve(`${offline}-2.pem`);
    writeFileSync(file('change.json'), text.replace('a.example/x', 'a.example/y'));
    expect(await commit()).toMatchObject({ code: 65, stderr: expect.stringContaining('0 of 2 approvals') });
    writeFileSync(file('change.json'), text);
    expect(await commit()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('version 1 published to 0 recipients'),
    });
    // Was a fault: whoever went on so after an interruption was told to build it again.
    expect(await commit()).toMatchObject({ code: 0, stdout: expect.stringContaining('it is version 1 already') });
    writeFileSync(file('change.json'), text.replace('a.example/x', 'a.example/z'));
    expect(await commit()).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('made for version 1, and the list is at version 1; build it again'),
    });
  });
});

describe('what goes wrong is named', () => {
  test('before there is a publisher, and where there is one already', async () => {
    expect(await publish('inspect')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('cleanfeed publish init makes one'),
    });
    await ok('init');
    expect(await publish('init')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('there is a publisher already'),
    });
  });

  test('secrets beside what is public', async () => {
    const within = await cleanfeed(['publish', 'init', '-r', file('repo'), '-k', file('repo/keys')]);
    expect(within).toMatchObject({ code: 78, stderr: expect.stringContaining('must not lie in each other') });
    expect(existsSync(file('repo'))).toBe(false);
  });

  test('lists, recipients, addresses, keys', async () => {
    await ok('init');
    identity('isp-s');
    writeFileSync(file('bad.txt'), 'a.example\nco.uk\nb.example cuont\n');
    const bad = await publish('build', file('bad.txt'), '--commit');
    expect(bad).toMatchObject({ code: 65, stderr: expect.stringContaining('2 errors; nothing was built') });
    expect(bad.stdout).toContain(`${file('bad.txt')}:3:11: error: unknown attribute; did you mean 'count'?`);
    writeFileSync(file('hosts.txt'), 'x.c.example\n');
    const covering = await publish('build', file('list.txt'), '--commit', '--protected', file('hosts.txt'));
    expect(covering).toMatchObject({ code: 65, stderr: expect.stringContaining('1 error; nothing was built') });
    expect(covering.stdout).toContain(
      `${file('list.txt')}:3:1: error: covers the protected host x.c.example (line 1 of hosts.txt)`,
    );
    expect(await publish('build', file('none.txt'), '--commit')).toMatchObject({ code: 65 });
    expect(await publish('build', file('list.txt'))).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('name the change set'),
    });
    expect(await publish('commit', file('none.json'))).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('there is no such file'),
    });
    expect(await publish('commit', file('list.txt'))).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('not JSON'),
    });
    expect(await publish('recipient', 'add', '../x', 'age1x')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('is no name'),
    });
    expect(await publish('recipient', 'add', 'isp-a', 'age1x')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('not an age recipient'),
    });
    // Was a fault: the secret was printed, for a log or whoever stood by.
    const secret = readFileSync(file('isp-s.age'), 'utf8').trim().split('\n').at(-1)!;
    const leaked = await publish('recipient', 'add', 'isp-a', secret);
    expect(leaked).toMatchObject({ code: 78, stderr: expect.stringContaining('that is a secret identity') });
    expect(leaked.stderr).not.toContain(secret.slice(20, 40));
    expect(await publish('revoke', 'isp-a')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("there is no recipient 'isp-a'"),
    });
    expect(await publish('withdraw', 'a.example')).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('not on the list'),
    });
    expect(await publish('why', '1', '--recipient', 'isp-a')).toMatchObject({ code: 78 });
    expect(await publish('rotate', 'roots')).toMatchObject({ code: 64 });
    renameSync(file('keys/targets-1.pem'), file('away-1'));
    renameSync(file('keys/targets-2.pem'), file('away-2'));
    expect(await publish('build', file('list.txt'), '--commit')).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(
        /role targets needs 1 of 2 keys, and 0 can be used: key .*targets-1\.pem: there is no such file/,
      ),
    });
    expect(readdirSync(file('keys/state')).sort()).toEqual([
      'cosignatures',
      'events.jsonl',
      'log.hashes',
      'published',
      'publisher.json',
      'recipients',
      'records',
      'root',
    ]);
  });

  test('addresses to be withdrawn from standard input, where nobody else sees them', async () => {
    await ok('init');
    await ok('build', file('list.txt'), '--commit');
    const withdrawn = async (input: string): Promise<Outcome> =>
      await start(['publish', 'withdraw', '-', '-r', file('repo'), '-k', file('keys')], { input }).ended;
    expect(await withdrawn('\n')).toMatchObject({ code: 65, stderr: expect.stringContaining('has no address') });
    // Were faults: a comment was no address of a list, and the first fault alone was told, without its line.
    expect(await withdrawn('# wrong\nhttp://a.example/x\n  other.example # why\n\nb.example:x\n')).toMatchObject({
      code: 65,
      stderr:
        'cleanfeed: -:5:1: b.example:x: not an address of a list; write it as the list does, with http:// in front of a page\ncleanfeed: nothing was withdrawn\n',
    });
    expect(await withdrawn('# wrong\nhttp://a.example/x\n  other.example # why\n\nz.example\n')).toMatchObject({
      code: 65,
      stderr: [
        'cleanfeed: -:3:3: other.example: not on the list, and nothing on the list covers it\n',
        'cleanfeed: -:5:1: z.example: not on the list, and nothing on the list covers it\n',
        'cleanfeed: nothing was withdrawn\n',
      ].join(''),
    });
    expect(await publish('withdraw', 'y.example', 'z.example')).toMatchObject({
      code: 65,
      stderr: expect.stringMatching(
        /^cleanfeed: y\.example: not on .*\ncleanfeed: z\.example: not on .*\ncleanfeed: nothing/,
      ),
    });
    expect(JSON.parse(await ok('inspect', '--json'))).toMatchObject({ withdrawn: 0 });
    expect(await withdrawn('# wrong\r\nhttp://a.example/x # why\r\n\n*.c.example')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 entries withdrawn, 2 in all'),
    });
  });

  // Was a fault: it ended with 0, and no node took the removal.
  test('a removal that no node takes, since KEYS is an older copy', async () => {
    await ok('init');
    await ok('recipient', 'add', 'isp-a', identity('isp-a'));
    await ok('build', file('list.txt'), '--commit');
    cpSync(file('keys'), file('copy'), { recursive: true });
    for (let version = 0; version < 3; version += 1) await ok('refresh');
    rmSync(file('keys'), { recursive: true });
    cpSync(file('copy'), file('keys'), { recursive: true });
    expect(await publish('withdraw', 'a.example/x')).toMatchObject({
      code: 78,
      stdout: expect.stringContaining('1 entry withdrawn'),
      stderr: expect.stringContaining('isp-a: REPO had a timestamp of version'),
    });
  });

  test('a removal that nobody could sign for is not decided', async () => {
    await ok('init');
    await ok('recipient', 'add', 'isp-a', identity('isp-a'));
    await ok('build', file('list.txt'), '--commit');
    renameSync(file('keys/withdrawn-1.pem'), file('away'));
    expect(await publish('withdraw', 'a.example/x')).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/role withdrawn needs 1 of 1 keys, .*withdrawn-1\.pem: there is no such file/),
    });
    renameSync(file('away'), file('keys/withdrawn-1.pem'));
    expect(JSON.parse(await ok('inspect', '--json'))).toMatchObject({ withdrawn: 0, entries: 3 });
    expect(await ok('withdraw', 'a.example/x')).toContain('1 entry withdrawn, 1 in all');
  });

  test('a removal that another entry of the list undoes', async () => {
    await ok('init');
    writeFileSync(file('list.txt'), 'http://a.example/x\na.example dns\n');
    await ok('build', file('list.txt'), '--commit');
    expect(await publish('withdraw', 'http://a.example/x')).toMatchObject({
      code: 0,
      stdout: '1 entry withdrawn, 1 in all, for 0 recipients\n',
      stderr:
        "cleanfeed: warning: http://a.example/x is refused still: 'a.example dns' covers it; withdraw that too if it is wrong\n",
    });
    await ok('withdraw', 'http://a.example/x', 'a.example');
  });

  test('a clock that is behind what was signed', async () => {
    await ok('init');
    await ok('recipient', 'add', 'isp-a', identity('isp-a'));
    const path = file('keys/state/published/isp-a.json');
    const ahead = Date.now() + 86_400_000;
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(?<="signed": )\d+/g, `${ahead}`));
    expect(await publish('refresh')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^cleanfeed: warning: something was signed at .*, and it is .* by the clock of this machine/,
      ),
    });
  });

  test('another publisher at work', async () => {
    await ok('init');
    writeFileSync(file('keys/state/lock'), `${process.pid}\n`);
    expect(await publish('refresh')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining(`process ${process.pid} is publishing`),
    });
    // One that died without a word: no process has that number.
    writeFileSync(file('keys/state/lock'), '4194305\n');
    await ok('refresh');
    expect(existsSync(file('keys/state/lock'))).toBe(false);
  });

  test('a removal waits for the end of another publisher', async () => {
    await ok('init');
    await ok('build', file('list.txt'), '--commit');
    const lock = await lockState({ repo: file('repo'), keys: file('keys') });
    const withdrawing = start(['publish', 'withdraw', 'a.example/x', '-r', file('repo'), '-k', file('keys')]);
    const told = await withdrawing.line((line) => line.includes('is publishing'));
    expect(told).toMatch(/process \d+ is publishing .*wait for its end \(this command does\)$/);
    await lock[Symbol.asyncDispose]();
    expect(await withdrawing.ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 entry withdrawn, 1 in all'),
    });
  });
});

test('a version that was interrupted is named by a refresh, and the same list goes on', async () => {
  await ok('init');
  for (const name of ['isp-a', 'isp-b']) await ok('recipient', 'add', name, identity(name));
  await ok('build', file('list.txt'), '--commit');
  writeFileSync(file('list.txt'), `${LIST}d.example\n`);
  const inTheWay = file('repo/isp-b/metadata/3.targets.json');
  mkdirSync(join(inTheWay, 'x'), { recursive: true });
  expect(await publish('build', file('list.txt'), '--commit')).toMatchObject({ code: 78 });
  rmSync(inTheWay, { recursive: true });
  const late = "isp-b: version 2 has not reached it; the next 'publish build LIST --commit' or 'publish commit'";
  expect(await ok('inspect')).toContain('isp-b: version 1, which version 2 has not reached, ');
  expect(await publish('refresh')).toMatchObject({ code: 78, stderr: expect.stringContaining(late) });
  expect(await ok('build', file('list.txt'), '--commit')).toContain('version 2 published to isp-b too');
  await ok('refresh');
  rmSync(file('repo/isp-b/targets/match'), { recursive: true });
  const gone = /isp-b: REPO lacks isp-b\/targets\/match\/[^;]*; the next 'publish build/;
  expect(await publish('refresh')).toMatchObject({ code: 78, stderr: expect.stringMatching(gone) });
  expect(await ok('inspect')).toMatch(/ {2}MISSING {3}targets\/match\/1\/1\/.*\.2\.full/);
  expect(await ok('build', file('list.txt'), '--commit')).toContain('version 2 published to isp-b too');
  await ok('refresh');
});

// Was a fault: a removal was published into a folder that nobody serves, and said to be published.
test('a REPO that is not there is never made by a slip in -r; one that was lost is, by hand, and published into again', async () => {
  await ok('init');
  await ok('recipient', 'add', 'isp-a', identity('isp-a'));
  await ok('build', file('list.txt'), '--commit');
  const list = file('list.txt');
  const commands = [
    ['withdraw', '*.c.example'],
    ['refresh'],
    ['build', list, '--commit'],
    ['rotate', 'log'],
    ['inspect'],
  ];
  for (const words of commands) {
    const slip = await cleanfeed(['publish', ...words, '-r', file('repp'), '-k', file('keys')]);
    expect({ words, slip }).toEqual({
      words,
      slip: expect.objectContaining({
        code: 78,
        stdout: '',
        stderr: expect.stringContaining(`${file('repp')}: there is no such folder, and nothing was done: `),
      }),
    });
  }
  expect(existsSync(file('repp'))).toBe(false);
  expect(await ok('inspect')).toContain('list version 1, 3 entries, 0 withdrawn');
  rmSync(file('repo'), { recursive: true });
  mkdirSync(file('repo'));
  expect(await publish('refresh')).toMatchObject({ code: 78, stderr: expect.stringContaining('REPO lacks') });
  await ok('build', list, '--commit');
  await ok('refresh');
  await ok('audit');
});

// Was a fault: of what had expired it said that it was past half its life.
test('publish inspect says what has expired, and publish build which file cannot be written', async () => {
  using publishing = await Publishing.begin({ now: Date.now() - 10 * DAY });
  await publishing.recipient('isp-a');
  await publishing.commit(['a.example']);
  writeFileSync(file('list.txt'), 'a.example\nb.example\n');
  const run = async (...words: string[]): Promise<Outcome> =>
    await cleanfeed(['publish', ...words, '-r', publishing.folders.repo, '-k', publishing.folders.keys]);
  expect((await run('inspect')).stdout).toMatch(/ {2}timestamp version \d+, EXPIRED on \d{4}-/);
  expect(await run('build', file('list.txt'), '-o', file('none/set'))).toMatchObject({
    code: 78,
    stderr: `cleanfeed: ${file('none/set')}: there is no such file or folder\n`,
  });
  // Was a fault: the list was replaced by what changes.
  expect(await run('build', file('list.txt'), '-o', file('list.txt'))).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('-o names the list that is published: '),
  });
});

// Was a fault: `refresh` said that this command would sign again, and it said that there was nothing to commit.
test('a list that has not changed is signed again when half the life of its signatures is over', async () => {
  using publishing = await Publishing.begin({ now: Date.now() - 60 * DAY });
  await publishing.recipient('isp-a');
  await publishing.commit(['a.example']);
  writeFileSync(file('list.txt'), 'a.example\n');
  const { repo, keys } = publishing.folders;
  const run = async (...words: string[]): Promise<Outcome> =>
    await cleanfeed(['publish', ...words, '-r', repo, '-k', keys]);
  const late = expect.stringMatching(/past half its life: targets of isp-a expire on .*: cleanfeed publish build/);
  expect(await run('refresh')).toMatchObject({ code: 78, stderr: late });
  expect(await run('build', file('list.txt'), '--commit')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/version 2: 0 additions, 0 removals[^]*version 2 published to 1 recipient/),
  });
  expect(await run('refresh')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('build', file('list.txt'), '--commit')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to commit: the list is at version 2'),
  });
});
