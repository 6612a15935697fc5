/** What a watch asks of a file system that does not answer. What it sees where it does: file.process.test.ts. */
import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { DEADLINES } from '../../../src/lib/deadlines.ts';
import { FileWatch } from '../../../src/list/source/file-watch.ts';
import { folderAt, lookAt } from '../../../src/list/source/file-identity.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

// Was a fault: each poll asked anew, and the fourth took the last thread that the process has for files and names.
test.each(['file', 'folder'] as const)(
  'a look at a %s that does not come back is not followed by others; when it comes back, they go on',
  async (what) => {
    using directory = temporaryDirectory();
    const path = directory.file('list');
    writeFileSync(path, 'a.example\n');
    const { identity: known } = await lookAt(path);
    const seen = { asked: 0, away: 0, beside: 0 };
    const { promise, resolve } = Promise.withResolvers<void>();
    const asking = async <T>(look: () => Promise<T>): Promise<T> => {
      seen.asked += 1;
      await promise;
      return await look();
    };
    const looks = {
      file: async (at: string) => (what === 'file' ? await asking(async () => await lookAt(at)) : await lookAt(at)),
      folder: async (at: string) =>
        what === 'folder' ? await asking(async () => await folderAt(at)) : await folderAt(at),
    };
    const reader = () => ({ known, isReading: false });
    const events = (name: 'away' | 'beside') => ({
      changed: () => {},
      current: () => (seen[name] += 1),
      named: () => {},
      withdrawn: () => {},
    });
    const time = new VirtualTime();
    const away = new FileWatch(path, { ...DEADLINES.file, time, looks }, reader, events('away'));
    const beside = new FileWatch(path, { ...DEADLINES.file, time }, reader, events('beside'));
    const looked = async (isSo: () => boolean): Promise<boolean> => {
      await time.advance(DEADLINES.file.pollMs);
      return isSo();
    };
    await eventually('the other has looked many times', async () => await looked(() => seen.beside >= 10));
    expect(seen).toMatchObject({ asked: 1, away: 0 });
    resolve();
    await eventually('it looks again', async () => await looked(() => seen.away >= 3));
    away.close();
    beside.close();
  },
);
