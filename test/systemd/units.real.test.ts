/** The units are valid, hardened, of one mind, and say what the guide promises (requirement 55). Checked in a scratch root: this machine's units play no part. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { document } from '../docs/markdown.ts';
import { describeWith, testAsRoot } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { settingLines, unitSettings } from '../support/unit-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const UNITS = join(ROOT, 'systemd');
const SERVICES = ['cleanfeed.service', 'cleanfeed@a.service', 'cleanfeed-guard.service', 'cleanfeed-relay.service'];
const NAMES = [...SERVICES, 'cleanfeed-explicit@0.socket', 'cleanfeed-transparent@0.socket'];
const run = promisify(execFile);

describeWith(['systemd-analyze'])('systemd-analyze', () => {
  let scratch: TemporaryDirectory;

  beforeAll(() => {
    scratch = temporaryDirectory();
    cpSync('/usr/lib/systemd/system', scratch.file('usr/lib/systemd/system'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    mkdirSync(scratch.file('etc/systemd/system'), { recursive: true });
    for (const name of readdirSync(UNITS))
      if (/\.(?:service|socket)$/.test(name)) cpSync(join(UNITS, name), scratch.file(`etc/systemd/system/${name}`));
    mkdirSync(scratch.file('opt/cleanfeed/node_modules/.bin'), { recursive: true });
    mkdirSync(scratch.file('bin'));
    for (const program of ['opt/cleanfeed/node_modules/.bin/node', 'bin/kill'])
      writeFileSync(scratch.file(program), '#!/bin/sh\n', { mode: 0o755 });
  });

  afterAll(() => scratch[Symbol.dispose]());

  test.each(NAMES)('verify: %s is clean', async (name) => {
    expect(
      await run('systemd-analyze', ['verify', `--root=${scratch.path}`, '--man=no', '--recursive-errors=no', name]),
    ).toEqual({ stdout: '', stderr: '' });
  });

  async function exposure(name: string): Promise<number> {
    const { stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      `--root=${scratch.path}`,
      '--no-pager',
      name,
    ]);
    return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  }

  test.each(SERVICES)('security: the exposure of %s is below 2.0', async (name) => {
    expect(await exposure(name)).toBeLessThan(2);
  });

  test('security: with what intercepted traffic may need it is what the file says', async () => {
    const file = join(UNITS, 'cleanfeed-intercepted.conf');
    const [, told, without] =
      /security`: ([\d.]+), without this file ([\d.]+)\.$/m.exec(readFileSync(file, 'utf8')) ?? [];
    expect(await exposure('cleanfeed.service')).toBe(Number(without));
    mkdirSync(scratch.file('etc/systemd/system/cleanfeed.service.d'));
    cpSync(file, scratch.file('etc/systemd/system/cleanfeed.service.d/intercepted.conf'));
    expect(await exposure('cleanfeed.service')).toBe(Number(told));
    expect(
      await run('systemd-analyze', [
        'verify',
        `--root=${scratch.path}`,
        '--man=no',
        '--recursive-errors=no',
        NAMES[0]!,
      ]),
    ).toEqual({ stdout: '', stderr: '' });
  });
});

describe.each([
  { unit: 'cleanfeed.service', name: 'cleanfeed' },
  { unit: 'cleanfeed@.service', name: '%i' },
])('$unit', ({ unit, name }) => {
  const settings = unitSettings(unit);
  const program = '/opt/cleanfeed/node_modules/.bin/node';
  const file = `/etc/cleanfeed/${name}.yaml`;

  test.each([
    ['[Unit] StartLimitIntervalSec', ['0']],
    ['[Service] Type', ['notify']],
    ['[Service] NotifyAccess', ['all']],
    ['[Service] ExecStartPre', [`${program} /opt/cleanfeed/dist/cleanfeed.mjs check --no-lists -c ${file}`]],
    [
      '[Service] ExecStart',
      [`${program} --disable-sigusr1 --max-semi-space-size=2 /opt/cleanfeed/dist/cleanfeed.mjs serve -c ${file}`],
    ],
    ['[Service] ExecReload', [`${program} /opt/cleanfeed/dist/cleanfeed.mjs ctl reload --unattended -c ${file}`]],
    ['[Service] TimeoutStartSec', ['infinity']],
    ['[Service] WatchdogSec', ['30s']],
    ['[Service] Restart', ['on-failure']],
    ['[Service] RestartSec', ['1s']],
    ['[Service] RestartSteps', ['6']],
    ['[Service] RestartMaxDelaySec', ['10s']],
    ['[Service] RestartPreventExitStatus', ['78']],
    ['[Service] User', ['cleanfeed']],
    ['[Service] Group', ['cleanfeed']],
    ['[Service] StateDirectory', [name === 'cleanfeed' ? 'cleanfeed' : `cleanfeed/${name}`]],
    // The group passes through, for `ctl`.
    ['[Service] StateDirectoryMode', ['0750']],
    // What is open of the counts of entries: through a restart, in memory, for nobody else.
    ['[Service] RuntimeDirectory', [name === 'cleanfeed' ? 'cleanfeed' : `cleanfeed/${name}`]],
    ['[Service] RuntimeDirectoryMode', ['0700']],
    ['[Service] RuntimeDirectoryPreserve', ['yes']],
    ['[Service] UMask', ['0077']],
    [
      '[Service] Environment',
      ['NODE_ENV=production', 'NODE_COMPILE_CACHE=/var/cache/cleanfeed/code', 'UV_THREADPOOL_SIZE=16'],
    ],
    ['[Service] CacheDirectory', ['cleanfeed']],
    ['[Service] LimitNOFILE', ['1048576']],
    ['[Service] LimitCORE', ['0']],
    ['[Service] CapabilityBoundingSet', ['']],
    ['[Service] AmbientCapabilities', ['']],
    ['[Service] SystemCallFilter', ['@system-service', '~@privileged @resources', 'setpriority']],
    ['[Install] WantedBy', ['multi-user.target']],
  ])('%s', (key, values) => {
    expect(settings.get(key)).toEqual(values);
  });

  test('the threat model tells the mode of its state directory', () => {
    const [, told] = /the state directory has mode (0\d{3})/.exec(document('docs/threat-model.md')) ?? [];
    expect([told]).toEqual(settings.get('[Service] StateDirectoryMode'));
  });

  test('shows how a secret comes in: as a credential', () => {
    expect(readFileSync(join(UNITS, unit), 'utf8')).toMatch(
      /^#LoadCredential=list\.key:\/etc\/cleanfeed\/keys\/list\.key$/m,
    );
  });

  test('what must not be there: V8 needs memory that is written and executed', () => {
    expect([...settings.keys()]).not.toContain('[Service] MemoryDenyWriteExecute');
  });

  test('the stop is longer than lame duck and drain', () => {
    expect(settings.get('[Service] TimeoutStopSec')).toEqual(['45s']);
    expect(readFileSync(join(ROOT, 'config', 'default.yaml'), 'utf8')).toMatch(
      /^ {2}lameDuck: 5s .*\n {2}drain: 30s /m,
    );
  });
});

describe('cleanfeed-guard.service', () => {
  const settings = unitSettings('cleanfeed-guard.service');
  const program = '/opt/cleanfeed/node_modules/.bin/node';

  test.each([
    ['[Unit] StartLimitIntervalSec', ['0']],
    ['[Service] Type', ['notify']],
    [
      '[Service] ExecStart',
      [
        `${program} --disable-sigusr1 --max-semi-space-size=1 --max-old-space-size=64 /opt/cleanfeed/dist/cleanfeed.mjs guard -c /etc/cleanfeed/cleanfeed.yaml`,
      ],
    ],
    ['[Service] WatchdogSec', ['5s']],
    // Whatever ended it: a filter without a guard is what nobody sees.
    ['[Service] Restart', ['always']],
    ['[Service] RuntimeDirectoryPreserve', ['yes']],
    ['[Service] OOMScoreAdjust', ['-900']],
    ['[Service] CapabilityBoundingSet', ['CAP_NET_ADMIN CAP_NET_BIND_SERVICE']],
  ])('%s', (key, values) => {
    expect(settings.get(key)).toEqual(values);
  });

  test('it runs no code that the filter can write, which may do less', () => {
    const [ours, filters] = ['cleanfeed-guard.service', 'cleanfeed.service'].map((unit) => {
      const found = unitSettings(unit);
      return [found.get('[Service] CacheDirectory'), found.get('[Service] Environment')?.at(1)];
    });
    expect(ours).toEqual([['cleanfeed-guard'], 'NODE_COMPILE_CACHE=/var/cache/cleanfeed-guard/code']);
    expect(filters).toEqual([['cleanfeed'], 'NODE_COMPILE_CACHE=/var/cache/cleanfeed/code']);
  });

  test('nothing ties it to the filter', () => {
    const ties = [...settings.keys()].filter((key) => /Requires|BindsTo|PartOf|Requisite/.test(key));
    expect(ties).toEqual([]);
    expect([...settings.values()].flat()).not.toContain('cleanfeed.service');
  });
});

describe('cleanfeed-relay.service', () => {
  const settings = unitSettings('cleanfeed-relay.service');

  test.each([
    ['[Service] Type', ['exec']],
    [
      '[Service] ExecStart',
      [
        '/opt/cleanfeed/node_modules/.bin/node --disable-sigusr1 /opt/cleanfeed/dist/cleanfeed.mjs relay -c /etc/cleanfeed-relay/relay.yaml',
      ],
    ],
    ['[Service] RestartPreventExitStatus', ['78']],
    ['[Service] User', ['cleanfeed-relay']],
    ['[Service] StateDirectory', ['cleanfeed-relay']],
    ['[Service] LimitCORE', ['0']],
    ['[Service] CapabilityBoundingSet', ['']],
  ])('%s', (key, values) => {
    expect(settings.get(key)).toEqual(values);
  });
});

test('an instance differs in its name, its file and its folders only', () => {
  const single = settingLines('cleanfeed.service');
  const instance = settingLines('cleanfeed@.service').map((line) =>
    line
      .replaceAll('/etc/cleanfeed/%i.yaml', '/etc/cleanfeed/cleanfeed.yaml')
      .replace(/(State|Runtime)Directory=cleanfeed\/%i/, '$1Directory=cleanfeed'),
  );
  expect(instance.filter((line) => !line.startsWith('Description='))).toEqual(
    single.filter((line) => !line.startsWith('Description=')),
  );
});

test('the socket unit: eight sockets on one address, which others of its kind share', () => {
  const settings = unitSettings('cleanfeed-explicit@.socket');
  expect(Object.fromEntries([...settings].filter(([key]) => !key.startsWith('[Unit]')))).toEqual({
    '[Socket] ListenStream': Array.from({ length: 8 }, () => '127.0.0.1:3128'),
    '[Socket] FileDescriptorName': ['explicit'],
    '[Socket] ReusePort': ['yes'],
    '[Socket] Backlog': ['4096'],
    '[Socket] NoDelay': ['yes'],
    '[Socket] Service': ['cleanfeed.service'],
    '[Install] WantedBy': ['sockets.target cleanfeed.service'],
  });
});

test('the transparent one: eight sockets of each family on loopback, for connections to anywhere', () => {
  const settings = unitSettings('cleanfeed-transparent@.socket');
  expect(Object.fromEntries([...settings].filter(([key]) => !key.startsWith('[Unit]')))).toEqual({
    '[Socket] ListenStream': ['127.0.0.1:8080', '[::1]:8080'].flatMap((address) =>
      Array.from({ length: 8 }, () => address),
    ),
    '[Socket] FileDescriptorName': ['transparent'],
    '[Socket] ReusePort': ['yes'],
    '[Socket] Transparent': ['yes'],
    '[Socket] Backlog': ['4096'],
    '[Socket] NoDelay': ['yes'],
    '[Socket] Service': ['cleanfeed.service'],
    '[Install] WantedBy': ['sockets.target cleanfeed.service'],
  });
});

test('sysctl.d: a closing listener hands over its queue, and the queue has the length that the socket unit asks for', () => {
  expect(settingLines('sysctl.d/60-cleanfeed.conf')).toEqual([
    'net.ipv4.tcp_migrate_req = 1',
    'net.core.somaxconn = 4096',
    'net.ipv4.tcp_tw_reuse = 1',
    'net.core.rmem_max = 4194304',
    'net.ipv4.tcp_notsent_lowat = 262144',
  ]);
});

test('tmpfiles.d: the configuration is written by root and read by the group', () => {
  expect(settingLines('tmpfiles.d/cleanfeed.conf')).toEqual([
    'd /etc/cleanfeed 2750 root cleanfeed -',
    'z /etc/cleanfeed/*.yaml 0640 root cleanfeed -',
    'd /var/lib/cleanfeed 0750 cleanfeed cleanfeed -',
  ]);
});

describeWith(['systemd-sysusers', 'systemd-tmpfiles'])('users and directories, in an empty root', () => {
  const TMPFILES = join(UNITS, 'tmpfiles.d', 'cleanfeed.conf');
  let root: TemporaryDirectory;

  beforeAll(async () => {
    root = temporaryDirectory();
    mkdirSync(root.file('etc'));
    await run('systemd-sysusers', [`--root=${root.path}`, join(UNITS, 'sysusers.d', 'cleanfeed.conf')]);
  });

  afterAll(() => root[Symbol.dispose]());

  test('one user without a shell', () => {
    expect(readFileSync(root.file('etc/passwd'), 'utf8')).toMatch(
      /^cleanfeed:x:\d+:\d+:Cleanfeed:\/var\/lib\/cleanfeed:\S+\/nologin\n$/,
    );
  });

  test('two directories would be made, and no line is complained of', async () => {
    const { stdout, stderr } = await run('systemd-tmpfiles', [
      '--dry-run',
      '--create',
      `--root=${root.path}`,
      TMPFILES,
    ]);
    expect((stdout + stderr).trimEnd().split('\n')).toEqual(
      ['etc', 'var/lib'].map((folder) => `Would create directory ${root.file(`${folder}/cleanfeed`)}`),
    );
  });

  testAsRoot('directories made by systemd-tmpfiles')(
    'two directories are made, with their owners and modes',
    async () => {
      expect(await run('systemd-tmpfiles', ['--create', `--root=${root.path}`, TMPFILES])).toEqual({
        stdout: '',
        stderr: '',
      });
      const id = Number(/^cleanfeed:x:(\d+):/m.exec(readFileSync(root.file('etc/passwd'), 'utf8'))?.[1]);
      expect(statSync(root.file('etc/cleanfeed'))).toMatchObject({ mode: 0o42750, uid: 0, gid: id });
      expect(statSync(root.file('var/lib/cleanfeed'))).toMatchObject({ mode: 0o40750, uid: id, gid: id });
    },
  );
});
