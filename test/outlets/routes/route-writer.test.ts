/** The file for BIRD is what was told, whoever writes in it meanwhile. */
import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RouteFigures } from '../../../src/outlets/routes/route-figures.ts';
import { RouteWriter } from '../../../src/outlets/routes/route-writer.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.ts';

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
