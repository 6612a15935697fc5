/** A running instance keeps its policy zones as its lists are: from the start on, with each change, reload and removal. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const HEADER_LINES = 4;

test('a zone follows its lists, its engine is told, and it stays as it was while a list is bad', async () => {
  using directory = temporaryDirectory();
  const file = directory.file('block.zone');
  const told = directory.file('told');
  const zone = { name: 'rpz.lan', file, lists: ['own'], notify: ['sh', '-c', `echo told >> ${told}`] };
  const records = (): readonly string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(HEADER_LINES, -2) : [];
  const becomes = async (what: string, want: readonly string[]): Promise<void> => {
    await eventually(what, records, (found) => JSON.stringify(found) === JSON.stringify(want));
  };
  await using proxy = await startProxy({
    lists: {
      own: '*.listed.example dns\nsite.example/page\n',
      relief: { text: '# nothing yet\n', action: 'allow' },
      count: { text: 'counted.example dns\n', action: 'count' },
    },
    config: { resolver: { zones: [zone] } },
  });
  await becomes('it is written at the start', ['listed.example CNAME .', '*.listed.example CNAME .']);
  await eventually('the engine is told', () => existsSync(told));

  writeFileSync(proxy.file('own.txt'), '*.listed.example dns\nother.example dns\n');
  await becomes('it has what was added', [
    'listed.example CNAME .',
    '*.listed.example CNAME .',
    'other.example CNAME .',
  ]);
  writeFileSync(proxy.file('relief.txt'), '*.listed.example reason="appeal" expires=2090-01-01\n');
  const excepted = ['listed.example CNAME rpz-passthru.', '*.listed.example CNAME rpz-passthru.'];
  await becomes('what is excepted is free', [...excepted, 'other.example CNAME .']);

  expect((await proxy.status()).outlets).toEqual([
    expect.objectContaining({ name: 'zone:rpz.lan', lists: ['own', 'relief'], missing: [], failures: 0 }),
  ]);
  await eventually(
    'it is counted',
    async () => (await proxy.metrics()).get('cleanfeed_zone_names{zone="rpz.lan"}'),
    (names) => names === 1,
  );

  writeFileSync(proxy.file('own.txt'), 'a*b\n');
  await eventually('the list is refused', () => proxy.logged('list.rejected').length > 0);
  expect(records()).toEqual([...excepted, 'other.example CNAME .']);
});

// Was a fault: it was a line in the log and a counter, while the resolver went on refusing what had been removed.
test('a zone whose engine cannot be told fails, and says so, until it is told', async () => {
  using directory = temporaryDirectory();
  const engine = directory.file('engine');
  const zone = { name: 'rpz.lan', file: directory.file('block.zone'), lists: ['own'], notify: ['test', '-e', engine] };
  await using proxy = await startProxy({
    lists: { own: 'listed.example dns\n' },
    config: { resolver: { zones: [zone] } },
  });
  const status = async (): Promise<string> =>
    (await cleanfeed(['ctl', 'status', '-c', proxy.file('cleanfeed.yaml')])).stdout;
  await eventually('it fails', async () => (await proxy.status()).outlets[0]?.isFailing === true);
  expect(await status()).toMatch(
    /^outlet zone:rpz\.lan: FAILS, the log says why, and is tried again; names last given to it: /m,
  );
  writeFileSync(engine, '');
  await eventually('it is told', async () => (await proxy.status()).outlets[0]?.isFailing === false);
  expect(await status()).not.toContain('FAILS');
});
