/** A host that becomes protected while a list with `protectedEntries: leaveOut` is in force: real files, real compile threads. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import type { ListConfig } from '../../src/config/list-types.ts';
import { FRESH_MEMORY } from '../../src/list/list-memory.ts';
import { FileSource } from '../../src/list/source/file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { listConfig, NO_GATE_FILES } from '../support/list-config.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';

let directory: TemporaryDirectory;
let manager: ListUpdater;
beforeEach(async () => {
  directory = temporaryDirectory();
  writeFileSync(directory.file('guarded'), 'a.example\n');
  writeFileSync(directory.file('list'), 'a.example\nb.example\nc.example\n');
  manager = new ListUpdater([list()], {
    keys: randomSegmentKeys(),
    memory: FRESH_MEMORY,
    log: memoryLog(),
    source: () => new FileSource(directory.file('list'), { settleMs: 20, pollMs: 50 }),
    now: Date.now,
    today: () => utcDay(Date.now()),
    complete: () => undefined,
    publish: () => Promise.resolve(1),
  });
  await manager.start();
});
afterEach(() => {
  manager.close();
  directory[Symbol.dispose]();
});

function list(): ListConfig {
  const gate = { ...NO_GATE_FILES, protected: directory.file('guarded'), protectedEntries: 'leaveOut' } as const;
  return { ...listConfig('list', directory.file('list')), gate };
}

async function entriesAfterReload(guarded: string): Promise<unknown> {
  writeFileSync(directory.file('guarded'), guarded);
  await manager.change([list()], () => Promise.resolve(1));
  return manager.lists().map(({ entries, entriesLeftOut }) => ({ entries, entriesLeftOut }));
}

// Was a fault: the reload was refused, with the advice to set what was set.
test('a reload leaves its entries out', async () => {
  expect(manager.lists()).toMatchObject([{ entries: 2, entriesLeftOut: 1 }]);
  expect(await entriesAfterReload('a.example\nb.example\n')).toEqual([{ entries: 1, entriesLeftOut: 2 }]);
});
