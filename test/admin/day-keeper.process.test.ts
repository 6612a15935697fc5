import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { KeptDay } from '../../src/admin/day-file.ts';
import { DayKeeper, dayFile } from '../../src/admin/day-keeper.ts';
import { memoryLog } from '../support/memory-log.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DAY: KeptDay = {
  steps: [],
  changes: [{ list: 'main', at: 900, before: 3, entries: 12, added: null, removed: null, version: null }],
};

function keeper(path: string): { readonly keeper: DayKeeper; readonly log: ReturnType<typeof memoryLog> } {
  const log = memoryLog();
  return { keeper: new DayKeeper({ path, log, shift: () => 0 }), log };
}

describe('a day on disk', () => {
  test('is there again, for its owner only; nothing else is left behind', async () => {
    using directory = temporaryDirectory();
    const path = dayFile(directory.file('state'), '/etc/cleanfeed/cleanfeed.yaml');
    const first = keeper(path);
    expect(await first.keeper.read()).toBeNull();
    await Promise.all([first.keeper.write({ steps: [], changes: [] }), first.keeper.write(DAY)]);
    expect(await keeper(path).keeper.read()).toEqual(DAY);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory.file('state'))).toHaveLength(1);
    expect(first.log.events).toEqual([]);
  });

  test('instances that share a state directory keep their days apart', () => {
    expect(dayFile('/var/lib/cleanfeed', '/etc/a.yaml')).not.toBe(dayFile('/var/lib/cleanfeed', '/etc/b.yaml'));
  });

  const DAMAGED: readonly { readonly name: string; readonly make: (path: string) => void }[] = [
    { name: 'half a file', make: (path) => writeFileSync(path, '{"format":"cleanfeed-day-1","steps":[{"at"') },
    { name: 'an empty file', make: (path) => writeFileSync(path, '') },
    { name: 'a file of something else', make: (path) => writeFileSync(path, Buffer.alloc(5000, 0xff)) },
    {
      name: 'a file of a terabyte',
      make: (path) => {
        writeFileSync(path, '{');
        truncateSync(path, 2 ** 40);
      },
    },
    { name: 'a folder', make: (path) => mkdirSync(path) },
    { name: 'a pipe that nobody writes to', make: (path) => execFileSync('mkfifo', [path]) },
    { name: 'a symbolic link to a device', make: (path) => symlinkSync('/dev/zero', path) },
  ];

  test.each(DAMAGED)('$name is set aside, said once, and the day begins anew', async ({ make }) => {
    using directory = temporaryDirectory();
    const path = directory.file('history.json');
    make(path);
    const { keeper: kept, log } = keeper(path);
    expect(await kept.read()).toBeNull();
    expect(log.events).toEqual([{ level: 'warn', event: 'history.set_aside', fields: { reason: expect.any(String) } }]);
    expect(readdirSync(directory.path)).toEqual(['history.json.damaged']);
    await kept.write(DAY);
    expect(await keeper(path).keeper.read()).toEqual(DAY);
  });

  test('a second damaged file takes the place of the first: they do not pile up', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('history.json');
    for (const text of ['first', 'second']) {
      writeFileSync(path, text);
      await keeper(path).keeper.read();
    }
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('second');
  });

  test('what cannot be written is logged once, and nothing is thrown', async () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('state'), 'a file where the folder should be');
    const { keeper: kept, log } = keeper(directory.file('state/history.json'));
    expect(await kept.read()).toBeNull();
    await kept.write(DAY);
    await kept.write(DAY);
    expect(log.named('history.not_kept')).toHaveLength(1);
    // Was a fault: of what could not be written there was a class, an errno and a place in the program.
    const other = keeper(directory.file('state/history.json'));
    await other.keeper.write(DAY);
    expect(other.log.events).toMatchObject([{ fields: { reason: 'something else of that name is there' } }]);
    expect(existsSync(directory.file('state/history.json'))).toBe(false);
  });
});
