/** The file for BIRD is what was told, whoever writes in it meanwhile. */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RouteFigures } from '../../../src/outlets/routes/route-figures.ts';
import { RouteWriter } from '../../../src/outlets/routes/route-writer.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.ts';
import { inUnsyncedFolder } from '../../support/unsynced-folder.ts';

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

test('cut, edited or removed, it is written again and the router is told; touched, it is not; and it is said once in ten minutes', async () => {
  let now = 1_790_000_000_000;
  let notified = 0;
  const log = memoryLog();
  const figures = new RouteFigures();
  const file = directory.file('steer.conf');
  const writer = new RouteWriter({
    config: { file, community: null, notify: ['router'] },
    statePath: directory.file('routes.json'),
    figures,
    log,
    run: async () => {
      notified += 1;
      return await Promise.resolve({ fault: null, output: '' });
    },
    now: () => now,
  });
  // Before it is open, and before anything is told.
  await writer.look();
  await writer.open();
  await writer.look();
  expect(notified).toBe(0);
  writer.plan.routes.set('203.0.113.10', { since: now, isReleased: false, owners: new Map() });
  await writer.written();
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('route 203.0.113.10/32');
  await writer.look();
  utimesSync(file, 1, 1);
  await writer.look();
  writeFileSync(file, text);
  await writer.look();
  expect(notified).toBe(1);
  for (const damage of [
    () => truncateSync(file, text.length - 2),
    () => rmSync(file),
    () => writeFileSync(file, text.replace('203.0.113.10', '203.0.113.11')),
  ]) {
    damage();
    await writer.look();
    expect(readFileSync(file, 'utf8')).toBe(text);
    now += 10_000;
  }
  expect(notified).toBe(4);
  expect(log.named('routes.not_as_written')).toHaveLength(1);
  expect(figures.status(writer.plan).failures).toMatchObject({ altered: 3, write: 0 });
  now += 600_000;
  rmSync(file);
  await writer.look();
  expect(log.named('routes.not_as_written')).toHaveLength(2);
  await writer.close();
});

// Was a fault: they stayed for good, and have addresses that are steered.
test('what a killed process has left beside the file is removed, what another may still be writing is not', async () => {
  const now = Date.now();
  const file = directory.file('steer.conf');
  const [left, young, ofOther] = [
    '.steer.conf.0123456789ab.tmp',
    '.steer.conf.cdef01234567.tmp',
    '.other.conf.0123456789ab.tmp',
  ];
  for (const name of [left, young, ofOther, 'steer.conf.tmp'])
    writeFileSync(directory.file(name), 'route 203.0.113.10/32 blackhole;');
  for (const name of [left, ofOther, 'steer.conf.tmp'])
    utimesSync(directory.file(name), now / 1000 - 3601, now / 1000 - 3601);
  const writer = quietWriter(file, now);
  await writer.open();
  await writer.written();
  expect(readdirSync(directory.path).toSorted()).toEqual([ofOther, young, 'steer.conf', 'steer.conf.tmp']);
});

// Was a fault: nothing was announced and nothing withdrawn any more where one of them could not be removed.
test('what cannot be removed beside the file keeps nothing from the router', async () => {
  const now = Date.now();
  const name = '.steer.conf.0123456789ab.tmp';
  mkdirSync(directory.file(name));
  utimesSync(directory.file(name), now / 1000 - 3601, now / 1000 - 3601);
  const file = directory.file('steer.conf');
  const writer = quietWriter(file, now);
  await writer.open();
  await writer.written();
  expect(writer.isUntold).toBe(false);
  expect(readdirSync(directory.path).toSorted()).toEqual([name, 'steer.conf']);
});

function quietWriter(file: string, now: number): RouteWriter {
  return new RouteWriter({
    config: { file, community: null, notify: [] },
    statePath: directory.file('routes.json'),
    figures: new RouteFigures(),
    log: memoryLog(),
    run: async () => await Promise.resolve({ fault: null, output: '' }),
    now: () => now,
  });
}

// Was a fault: the file was in place and the router was never told, not even of a removal.
test('a folder that can be written and not read, so that it cannot be synced: the router is told of what is in place, and it is logged', async () => {
  const log = memoryLog();
  const told: string[] = [];
  await inUnsyncedFolder(async (folder) => {
    const file = `${folder}/steer.conf`;
    const writer = new RouteWriter({
      config: { file, community: null, notify: ['router'] },
      statePath: `${folder}/routes.json`,
      figures: new RouteFigures(),
      log,
      run: async () => {
        told.push(readFileSync(file, 'utf8'));
        return await Promise.resolve({ fault: null, output: '' });
      },
      now: Date.now,
    });
    await writer.open();
    writer.plan.routes.set('203.0.113.10', { since: 0, isReleased: false, owners: new Map() });
    await writer.written();
    writer.plan.routes.delete('203.0.113.10');
    await writer.written();
    expect(writer.isUntold).toBe(false);
    await writer.close();
  });
  expect(told).toEqual([expect.stringContaining('203.0.113.10/32'), expect.not.stringContaining('203.0.113.10')]);
  expect(log.named('routes.write_failed')).toHaveLength(2);
});
