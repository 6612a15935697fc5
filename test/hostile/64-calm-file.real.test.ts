/** A list update needs a calm file, not a calm folder: whole processes, with writers that never stop beside the list. */
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writingBesides } from '../support/busy-file.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';

async function inForce(proxy: ProxyProcess, entries: number): Promise<void> {
  await eventually(
    `${entries} entries are in force`,
    async () => (await proxy.status()).lists[0]?.entries,
    (now) => now === entries,
  );
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

describe('requirement 64: a list is read again', () => {
  test('beside a log that is written every millisecond, replaced by rename and written in place', async () => {
    await using proxy = await startProxy({ lists: { own: 'a.example\n' } });
    using log = writingBesides(proxy.file('access.log'));
    await eventually('the log is written', () => log.writes > 0);
    replace(proxy.file('own.txt'), 'a.example\nb.example\n');
    await inForce(proxy, 2);
    writeFileSync(proxy.file('own.txt'), 'a.example\nb.example\nc.example\n');
    await inForce(proxy, 3);
    const written = log.writes;
    await eventually('the log is still being written', () => log.writes > written);
    expect((await proxy.status()).lists[0]).toMatchObject({ entries: 3, lastError: null });
  });

  test('from a folder that is swapped by one symbolic link, with a log beside it', async () => {
    await using proxy = await startProxy({ lists: { other: 'x.example\ny.example\nz.example\n' } });
    const folder = proxy.file('mounted');
    for (const [version, text] of [
      ['..v1', 'a.example\n'],
      ['..v2', 'a.example\nb.example\n'],
    ] as const) {
      mkdirSync(join(folder, version), { recursive: true });
      writeFileSync(join(folder, version, 'own.txt'), text);
    }
    symlinkSync('..v1', join(folder, '..data'));
    symlinkSync('..data/own.txt', join(folder, 'own.txt'));
    using log = writingBesides(join(folder, 'access.log'));
    await eventually('the log is written', () => log.writes > 0);
    const config = JSON.parse(readFileSync(proxy.file('cleanfeed.yaml'), 'utf8')) as Record<string, unknown>;
    writeFileSync(
      proxy.file('cleanfeed.yaml'),
      JSON.stringify({ ...config, lists: [{ name: 'own', source: './mounted/own.txt', action: 'block' }] }),
    );
    proxy.signal('SIGHUP');
    await inForce(proxy, 1);
    symlinkSync('..v2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    await inForce(proxy, 2);
    expect((await proxy.status()).lists[0]).toMatchObject({ name: 'own', lastError: null });
  });

  test('while a writer never lets it rest, the last good list stays; afterwards the new one is taken', async () => {
    await using proxy = await startProxy({ lists: { own: 'a.example\n' } });
    const writer = writingBesides(proxy.file('own.txt'));
    await eventually('it is written', () => writer.writes > 100);
    expect((await proxy.status()).lists[0]).toMatchObject({ loaded: true, entries: 1 });
    writer[Symbol.dispose]();
    replace(proxy.file('own.txt'), 'a.example\nb.example\n');
    await inForce(proxy, 2);
  });
});
