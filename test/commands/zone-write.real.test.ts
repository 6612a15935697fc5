/** `zone write` as an operator runs it: the file, what is printed, and how it ends. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { endAll, folderWith } from './cli-process.ts';
import { commandsInOneProcess } from './commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess();

afterEach(endAll);

const OWN =
  '*.listed.example dns\nalone.example dns\nwww.site.example/page dns\nsteered.example steer\nco.example dns\n';
const RELIEF = 'free.listed.example reason="appeal" expires=2090-01-01\n';
const BAD = 'a*b\n';

function configuration(zones: readonly object[]): string {
  return JSON.stringify({
    lists: [
      { name: 'own', source: './own.txt' },
      { name: 'relief', source: './relief.txt', action: 'allow' },
      { name: 'bad', source: './bad.txt' },
    ],
    resolver: { answers: { ttl: '30s' }, zones },
  });
}

const ZONE = { name: 'block.rpz.example', file: './block.zone', lists: ['own'] };
const TOLD = { ...ZONE, notify: ['sh', '-c', 'echo told >> told'] };

async function folder(zones: readonly object[]): Promise<string> {
  return await folderWith({ 'own.txt': OWN, 'relief.txt': RELIEF, 'bad.txt': BAD, 'c.yaml': configuration(zones) });
}

describe('zone write', () => {
  test('writes the zone, for the group to read, and tells the engine; a second time nothing has changed', async () => {
    const cwd = await folder([TOLD]);
    const first = await cleanfeed(['zone', 'write', '-c', 'c.yaml'], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^block\.rpz\.example: block\.zone: 5 names and wildcards blocked, 1 excepted, written, serial \d+\nblock\.rpz\.example: the engine was told\n$/,
    );
    expect(statSync(join(cwd, 'block.zone')).mode & 0o777).toBe(0o640);
    const text = readFileSync(join(cwd, 'block.zone'), 'utf8');
    expect(text.split('\n').slice(4)).toEqual([
      'alone.example CNAME .',
      'co.example CNAME .',
      'listed.example CNAME .',
      '*.listed.example CNAME .',
      'free.listed.example CNAME rpz-passthru.',
      '*.free.listed.example CNAME .',
      '@ NS localhost.',
      '',
    ]);
    expect(text).toContain('$TTL 30\n');
    // Whoever may read it by mistake may not any more, though its bytes stay.
    chmodSync(join(cwd, 'block.zone'), 0o644);
    const second = await cleanfeed(['zone', 'write', '-c', 'c.yaml', '--json'], { cwd });
    expect(JSON.parse(second.stdout)).toEqual([
      {
        ok: true,
        zone: 'block.rpz.example',
        file: join(cwd, 'block.zone'),
        written: expect.objectContaining({ changed: false, blocked: 5, excepted: 1 }),
        told: true,
        fault: null,
      },
    ]);
    expect(readFileSync(join(cwd, 'block.zone'), 'utf8')).toBe(text);
    expect(statSync(join(cwd, 'block.zone')).mode & 0o777).toBe(0o640);
  });

  test('-o: written there, and nobody is told', async () => {
    const cwd = await folder([TOLD, { ...ZONE, name: 'other.example', file: 'o', answer: 'nodata' }]);
    symlinkSync('placed', join(cwd, 'elsewhere'));
    const args = ['zone', 'write', '-c', 'c.yaml', '--zone', 'Other.example', '-o', 'elsewhere'];
    expect((await cleanfeed(args, { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'placed'), 'utf8')).toContain('alone.example CNAME *.\n');
    expect(existsSync(join(cwd, 'o')) || existsSync(join(cwd, 'told'))).toBe(false);
  });

  test.each([
    { name: 'a bad list', zones: [{ ...ZONE, lists: ['bad'] }], args: [], code: 65, says: /list bad: .*bad line/ },
    {
      name: 'a zone that is not there',
      zones: [ZONE],
      args: ['--zone', 'blok.rpz.example'],
      code: 64,
      says: /did you mean block\.rpz\.example/,
    },
    {
      name: 'one file for two zones',
      zones: [ZONE, { ...ZONE, name: 'b.example', file: 'b' }],
      args: ['-o', 'x'],
      code: 64,
      says: /choose one/,
    },
    { name: 'no zone', zones: [], args: [], code: 64, says: /has no zones/ },
    {
      name: 'a folder that is not there',
      zones: [ZONE],
      args: ['-o', 'no/where'],
      code: 73,
      says: /cannot be written/,
    },
    {
      name: 'a file that is the configuration',
      zones: [ZONE],
      args: ['-o', 'c.yaml'],
      code: 64,
      says: /-o names the configuration: c\.yaml/,
    },
    {
      name: 'an engine that does not take it',
      zones: [{ ...ZONE, notify: ['sh', '-c', 'echo no such zone >&2; exit 1'] }],
      args: [],
      code: 69,
      says: /notify: exit status 1: no such zone/,
    },
    {
      name: 'a configuration with a fault',
      zones: [{ ...ZONE, lists: ['onw'] }],
      args: [],
      code: 78,
      says: /did you mean 'own'/,
    },
  ])('$name: exit $code', async ({ zones, args, code, says }) => {
    const result = await cleanfeed(['zone', 'write', '-c', 'c.yaml', ...args], { cwd: await folder(zones) });
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(says);
    expect(`${result.stdout}${result.stderr}`).not.toMatch(/listed\.example|alone\.example/);
  });
});

describeWith(['named-checkzone', 'kzonecheck'])('the file', () => {
  test('is a sound zone to BIND and to Knot', async () => {
    const cwd = await folder([{ ...ZONE, answer: { a: ['192.0.2.80'], aaaa: ['2001:db8::80'] } }]);
    expect((await cleanfeed(['zone', 'write', '-c', 'c.yaml'], { cwd })).code).toBe(0);
    const file = join(cwd, 'block.zone');
    const bind = ['-k', 'ignore', ZONE.name, file];
    expect(execFileSync(programPath('named-checkzone') ?? '', bind, { encoding: 'utf8' })).toMatch(/OK\n$/);
    const knot = ['-o', ZONE.name, file];
    expect(execFileSync(programPath('kzonecheck') ?? '', knot, { encoding: 'utf8' })).toBe('');
    // Cut between two lines, wherever: a shorter zone but for its end.
    const lines = readFileSync(file, 'utf8').split('\n');
    for (const kept of [lines.length - 2, 5, 4]) {
      writeFileSync(file, `${lines.slice(0, kept).join('\n')}\n`);
      expect(spawnSync(programPath('named-checkzone') ?? '', bind, { encoding: 'utf8' })).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('has no NS records'),
      });
      expect(spawnSync(programPath('kzonecheck') ?? '', knot).status).toBe(1);
    }
  });
});
