/** A hundred swaps of a compiled list in a running proxy take no buffer more and no descriptor. */
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { anonymousMappings } from '../../bench/load/process-tree.ts';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { startProxy } from '../support/proxy-process.ts';

const ENTRIES = 100_000;
/** Of a snapshot of so many entries, at least. */
const SNAPSHOT_BYTES = 2 * 1024 * 1024;
/** A hundred fresh buffers, or files that are kept, would be a hundred. The heap may have grown by a few. */
const FEW = 10;

/** Of which buffers the size of a snapshot are made: anonymous mappings of a megabyte and more, and descriptors. */
function held(pid: number): { readonly mappings: number; readonly descriptors: number } {
  const mappings = anonymousMappings(readFileSync(`/proc/${pid}/smaps`, 'latin1'));
  return {
    mappings: mappings.filter(({ byteLength }) => byteLength >= SNAPSHOT_BYTES).length,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

test('a hundred swaps', async () => {
  const lines = Array.from({ length: ENTRIES }, (_, i) => `h${i}.example/dir/page${i}.html\n`).join('');
  const files = ['even', 'odd'].map(
    (name) =>
      compileToFile(Buffer.from(`${lines}${name}.localhost/listed\n`), { action: 'block', today: utcDay(Date.now()) })
        .file!,
  );
  await using origin = await startOkOrigin();
  await using proxy = await startProxy({ config: { workers: 2 }, lists: { own: 'a.localhost\n' } });
  const swaps = async (from: number, to: number): Promise<void> => {
    for (let swap = from; swap < to; swap += 1) {
      writeFileSync(proxy.file('own.new'), files[swap % 2]!);
      renameSync(proxy.file('own.new'), proxy.file('own.txt'));
      proxy.signal('SIGHUP');
      await eventually(
        `swap ${swap}`,
        async () => (await proxy.status()).generation,
        (generation) => generation >= swap + 2,
      );
    }
  };
  await swaps(0, 20);
  const before = held(proxy.pid);
  await swaps(20, 120);
  const ask = async (name: string): Promise<number> =>
    await statusOf(proxy.port, `http://${name}.localhost:${origin.port}/listed`);
  expect([await ask('even'), await ask('odd')]).toEqual([200, 403]);
  await eventually(
    'what is not needed is let go',
    () => held(proxy.pid),
    ({ mappings, descriptors }) => mappings - before.mappings < FEW && descriptors <= before.descriptors,
  );
});
