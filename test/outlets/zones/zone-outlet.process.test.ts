/** A zone in a running instance: written in its thread, told to its engine, tried again, and what it shows of itself. */
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ZoneConfig } from '../../../src/config/resolver-types.ts';
import { runProgram } from '../../../src/lib/run-program.ts';
import { namedEntriesOf } from '../../../src/list/names/list-names.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { runZoneJob, runZoneRemovals } from '../../../src/outlets/zones/zone-job.ts';
import { writeZone } from '../../../src/outlets/zones/zone-file.ts';
import { ZoneOutlet } from '../../../src/outlets/zones/zone-outlet.ts';
import type { ZoneOutletOptions } from '../../../src/outlets/zones/zone-outlet.ts';
import { eventually } from '../../support/eventually.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { inUnsyncedFolder } from '../../support/unsynced-folder.ts';

const NOW = 1_790_000_000_000;
let directory: TemporaryDirectory;
let outlet: ZoneOutlet | null = null;
let log: ReturnType<typeof memoryLog>;

beforeEach(() => {
  directory = temporaryDirectory();
  log = memoryLog();
});
afterEach(async () => {
  await outlet?.close();
  directory[Symbol.dispose]();
});

function open(config: Partial<ZoneConfig> = {}, options: Partial<ZoneOutletOptions> = {}): ZoneOutlet {
  outlet = new ZoneOutlet({
    config: {
      name: 'rpz.example',
      file: directory.file('z'),
      lists: ['own'],
      allow: ['relief'],
      answer: 'nxdomain',
      notify: ['sh', '-c', `echo told >> ${directory.file('told')}`],
      ...config,
    },
    ttlSeconds: 60,
    log,
    now: () => NOW,
    today: () => 20_000,
    suffixes: 'example\nco.example\n',
    guarded: () => Promise.resolve(['bank.example']),
    write: runZoneJob,
    remove: runZoneRemovals,
    run: runProgram,
    ...options,
  });
  return outlet;
}

function named(text: string, list = 'own'): ListNames {
  return {
    list,
    action: list === 'relief' ? 'allow' : 'block',
    form: 'text',
    bytes: Buffer.from(text),
    withdrawn: [],
    version: text,
  };
}

function records(): readonly string[] {
  return readFileSync(directory.file('z'), 'utf8').split('\n').slice(4, -2);
}

function told(): number {
  return existsSync(directory.file('told')) ? readFileSync(directory.file('told'), 'utf8').split('\n').length - 1 : 0;
}

describe('a zone', () => {
  test('is written and told; again only if something has changed; with a later serial', async () => {
    const zone = open();
    expect([zone.name, zone.lists]).toEqual(['zone:rpz.example', ['own', 'relief']]);
    expect(zone.status()).toMatchObject({ names: 0, writtenAt: null });
    const relief = named('b.example reason="x" expires=2090-01-01\n', 'relief');
    await zone.update([named('*.a.example dns\nb.example dns\n'), relief]);
    expect(records()).toEqual(['a.example CNAME .', '*.a.example CNAME .', 'b.example CNAME rpz-passthru.']);
    expect(told()).toBe(1);
    const before = statSync(directory.file('z'), { bigint: true });
    await zone.update([named('a.example dns\n*.a.example dns\n'), relief]);
    expect(statSync(directory.file('z'), { bigint: true }).ino).toBe(before.ino);
    expect(told()).toBe(1);
    await zone.update([named('c.example dns\n')]);
    expect(records()).toEqual(['c.example CNAME .']);
    expect(readFileSync(directory.file('z'), 'utf8')).toContain(` ${NOW / 1000 + 1} 60 30 `);
    expect(told()).toBe(2);
    expect(zone.status()).toMatchObject({
      name: 'rpz.example',
      names: 1,
      writtenAt: NOW,
      failures: { write: 0, notify: 0, altered: 0 },
    });
    expect(log.named('zone.written')).toHaveLength(2);
    expect(JSON.stringify(log.events)).not.toContain('c.example');
  });

  test('what does not belong there costs itself and is counted', async () => {
    const zone = open();
    const lines = [
      'ok.example',
      'co.example',
      '*.bank.example',
      'www.bank.example',
      '*.example',
      '192.0.2.1',
      'a.1b',
      `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(50)}.example`,
      'localhost',
    ];
    await zone.update([named(lines.map((line) => `${line} dns\n`).join(''))]);
    expect(records()).toEqual(['a.1b CNAME .', 'www.bank.example CNAME .', 'ok.example CNAME .']);
    expect(zone.status().skipped).toEqual({ address: 1, characters: 0, length: 1, suffix: 3, protected: 1 });
  });

  test('whoever has cut the file, or written in it, finds it whole again at the next update; a start tells the engine once more', async () => {
    const text = named('a.example dns\nb.example dns\n');
    await open().update([text]);
    const whole = readFileSync(directory.file('z'), 'utf8');
    for (const broken of [
      whole.slice(0, -10),
      `${whole}x CNAME .\n`,
      whole.replace('b.example', 'c.example'),
      '',
      'nothing',
    ]) {
      writeFileSync(directory.file('z'), broken);
      await open().update([text]);
      expect(records()).toEqual(['a.example CNAME .', 'b.example CNAME .']);
    }
    expect(told()).toBe(6);
    rmSync(directory.file('told'));
    await open().update([text]);
    expect(told()).toBe(1);
    expect(outlet?.status().writtenAt).toBe(NOW);
  });

  test('an engine that is not told is told again, and the file waits for nobody', async () => {
    let isBroken = true;
    const runs: (readonly string[])[] = [];
    const zone = open(
      { notify: ['engine', 'reload'] },
      {
        run: (argv) => {
          runs.push(argv);
          return Promise.resolve({ fault: isBroken ? 'exit status 1' : null });
        },
      },
    );
    await zone.update([named('a.example dns\n')]);
    await zone.update([named('a.example dns\n')]);
    expect(zone.status().failures).toEqual({ write: 0, notify: 2, altered: 0 });
    expect(zone.isUntold).toBe(true);
    expect(log.named('zone.notify_failed')).toEqual([
      expect.objectContaining({ zone: 'rpz.example', reason: 'exit status 1' }),
    ]);
    isBroken = false;
    await zone.update([named('a.example dns\n')]);
    await zone.update([named('a.example dns\n')]);
    expect(zone.isUntold).toBe(false);
    expect(runs).toEqual([
      ['engine', 'reload'],
      ['engine', 'reload'],
      ['engine', 'reload'],
    ]);
  });

  test('a folder that is not there: told, counted, and to be tried again', async () => {
    const zone = open({ file: directory.file('no/where') });
    await expect(zone.update([named('a.example dns\n')])).rejects.toMatchObject({
      name: 'ZoneError',
      code: 'zone_write',
      side: 'config',
      errno: 'ENOENT',
      cause: expect.objectContaining({ message: expect.stringContaining('ENOENT') }),
    });
    expect(zone.status()).toMatchObject({ writtenAt: null, failures: { write: 1, notify: 0 } });
    await eventually('it is told', () => log.named('zone.write_failed').length === 1);
    expect(log.named('zone.write_failed')).toEqual([
      // Was a fault: `there is no such file`, of a file that is to be made.
      expect.objectContaining({ code: 'zone_write', reason: 'there is no such folder' }),
    ]);
  });
});

test('a file that somebody has cut or removed does not stand, and is written again with a later serial', async () => {
  const made = open();
  await made.update([named('a.example dns\nb.example dns\n')]);
  const written = readFileSync(directory.file('z'), 'utf8');
  expect(written.endsWith('\n@ NS localhost.\n')).toBe(true);
  expect(await made.stands()).toBe(true);
  for (const damage of [
    (): void => writeFileSync(directory.file('z'), written.split('\n').slice(0, 5).join('\n')),
    (): void => rmSync(directory.file('z')),
  ]) {
    damage();
    expect(await made.stands()).toBe(false);
    await made.update([named('a.example dns\nb.example dns\n')]);
    expect(await made.stands()).toBe(true);
    expect(records()).toEqual(['a.example CNAME .', 'b.example CNAME .']);
  }
  expect(told()).toBe(3);
  expect(made.status().failures).toEqual({ write: 0, notify: 0, altered: 2 });
});

test('a file of which only the time was set, or that was put back as it was, stands: nothing is told, written or said', async () => {
  const made = open({}, { now: () => Date.now() });
  const file = directory.file('z');
  await made.update([named('a.example dns\n')]);
  const written = readFileSync(file);
  const ways: readonly (() => void)[] = [
    () => utimesSync(file, 1_000_000, 1_000_000),
    () => utimesSync(file, 2_000_000, 2_000_000),
    () => {
      writeFileSync(directory.file('copy'), written, { mode: 0o640 });
      chmodSync(directory.file('copy'), 0o640);
      renameSync(directory.file('copy'), file);
    },
    // Damaged, and mended by somebody before anybody has looked.
    () => writeFileSync(file, Buffer.from(written).fill('x', 10, 20)),
    () => writeFileSync(file, written),
  ];
  for (const [index, way] of ways.entries()) {
    way();
    if (index !== 3) expect(await made.stands()).toBe(true);
  }
  expect(log.named('zone.not_as_written')).toEqual([]);
  expect(made.status().failures.altered).toBe(0);
  // The same size and the same time, other bytes; other permissions.
  writeFileSync(file, Buffer.from(written).fill('x', 10, 20));
  expect(await made.stands()).toBe(false);
  writeFileSync(file, written);
  chmodSync(file, 0o644);
  utimesSync(file, 3_000_000, 3_000_000);
  expect(await made.stands()).toBe(false);
});

// Was a fault: file systems count time by steps, some of them by two seconds, and whoever wrote within the step of the last look was not seen.
test('an edit that leaves the size and the time as they were is seen, where the file was young at the last look', async () => {
  let now = NOW;
  const made = open({}, { now: () => now });
  const file = directory.file('z');
  const step = NOW / 1000;
  await made.update([named('a.example dns\n')]);
  const written = readFileSync(file);
  const edit = (bytes: Buffer): void => {
    writeFileSync(file, bytes);
    utimesSync(file, step, step);
  };
  edit(written);
  expect(await made.stands()).toBe(true);
  edit(Buffer.from(written).fill('x', 10, 20));
  expect(await made.stands()).toBe(false);
  edit(written);
  now += 2000;
  expect(await made.stands()).toBe(true);
  expect(made.status().failures.altered).toBe(1);
});

test('somebody who writes in the file again and again is told of once in ten minutes, and counted each time', async () => {
  let now = NOW;
  const made = open({}, { now: () => now });
  await made.update([named('a.example dns\n')]);
  for (let times = 0; times < 90; times += 1) {
    writeFileSync(directory.file('z'), `${times}`);
    expect(await made.stands()).toBe(false);
    now += 10_000;
  }
  expect(log.named('zone.not_as_written')).toHaveLength(2);
  expect(made.status().failures.altered).toBe(90);
});

describe('while an allow list is away', () => {
  const relief = named('free.b.example reason="x" expires=2090-01-01\n', 'relief');

  test('what is removed leaves the zone, its engine is told, and nothing is added', async () => {
    await open().update([named('a.example dns\n*.b.example dns\nc.example dns\n'), relief]);
    const before = records();
    // Another process, which has not seen the allow list.
    const made = open();
    await made.takeOut([named('*.b.example dns\nc.example dns\nnew.example dns\nx.free.b.example dns\n')]);
    expect(records()).toEqual(before.filter((record) => !record.startsWith('a.example')));
    expect(told()).toBe(2);
    expect(made.status()).toMatchObject({ names: 4, writtenAt: NOW });
    await made.takeOut([named('*.b.example dns\nc.example dns\n')]);
    expect(log.named('zone.written')).toHaveLength(2);
    // As soon as it is there, all is.
    await made.update([named('*.b.example dns\nnew.example dns\n'), relief]);
    expect(records()).toContain('new.example CNAME .');
  });

  test('a file that is not whole, of another zone, or not there is left as it is: nobody knows what it excepts', async () => {
    await open().update([named('a.example dns\nb.example dns\n'), relief]);
    const whole = readFileSync(directory.file('z'), 'utf8');
    for (const text of [
      whole.slice(0, whole.indexOf('@ NS')),
      whole.replace('\nb.', '\nB.'),
      whole.replace('ORIGIN rpz', 'ORIGIN other'),
      null,
    ]) {
      if (text === null) rmSync(directory.file('z'));
      else writeFileSync(directory.file('z'), text);
      const made = open();
      await made.takeOut([named('a.example dns\n')]);
      expect(existsSync(directory.file('z')) ? readFileSync(directory.file('z'), 'utf8') : null).toBe(text);
      expect(made.status()).toMatchObject({ writtenAt: null });
      expect(await made.stands()).toBe(true);
      await made.close();
    }
    expect(told()).toBe(1);
  });
});

test('the names that its file blocks can be told, and nothing of a file that is not whole', async () => {
  const made = open();
  expect(await made.writtenNames()).toBeNull();
  const relief = named('free.b.example reason="x" expires=2090-01-01\n', 'relief');
  await made.update([named('a.example dns\n*.b.example dns\n'), relief]);
  const bytes = await made.writtenNames();
  const written: ListNames = { ...named(''), form: 'names', bytes: bytes ?? new Uint8Array() };
  const hosts = [...namedEntriesOf(written, 20_000)].map(({ host, subdomains }) => `${subdomains ? '*.' : ''}${host}`);
  // What is below an exception stands there by itself.
  expect(hosts.toSorted()).toEqual(['*.b.example', '*.free.b.example', 'a.example', 'b.example']);
  writeFileSync(directory.file('z'), readFileSync(directory.file('z'), 'utf8').slice(0, -20));
  expect(await made.writtenNames()).toBeNull();
});

// Was a fault: the file was in place, the attempt after it found it as it should be, and the engine was never told.
test('a folder that can be written and not read, so that it cannot be synced: the engine is told of what is in place', async () => {
  const told: string[] = [];
  await inUnsyncedFolder(async (folder) => {
    const file = `${folder}/z`;
    const zone = open(
      { file },
      {
        write: writeZone,
        run: async () => {
          told.push(readFileSync(file, 'latin1'));
          return await Promise.resolve({ fault: null, output: '' });
        },
      },
    );
    await zone.update([named('listed.co.example dns\n')]);
    await zone.update([named('')]);
    expect(zone.status().failures).toMatchObject({ write: 0, notify: 0 });
  });
  expect(told).toEqual([
    expect.stringContaining('listed.co.example'),
    expect.not.stringContaining('listed.co.example'),
  ]);
});
