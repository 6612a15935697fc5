/**
 * Lists as the makers of block lists hand them out, in their own formats (public-list-samples.ts): imported without an option they load.
 */
import { describe, expect, test } from '@jest/globals';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { ImportGuard } from '../../../src/list/import/import-guard.ts';
import { protectedHosts, readGuarded } from '../../../src/list/sanity/read-guarded.ts';
import { UNGUARDED } from '../../../src/list/sanity/guarded.ts';
import { compileJob } from '../../../src/list/text/compile-job.ts';
import { verdictAlone } from '../../../src/list/verdict-alone.ts';
import { testKeys } from '../../match/support.ts';
import { listConfig } from '../../support/list-config.ts';
import { imported, refuses } from './imported.ts';
import { PUBLIC_LISTS } from './public-list-samples.ts';

const TODAY = 20_000;
const guard = new ImportGuard({ ...UNGUARDED, hosts: await protectedHosts(null, 'gate.protected') });

describe.each(PUBLIC_LISTS)('$name', ({ from, options, text, left, refused, passed }) => {
  const list = imported(from, text, { ...options, guard });

  test('loads after an import without an option: as check asks, and as serve compiles it', async () => {
    const config = listConfig('public', '/public');
    const candidate = { bytes: Buffer.from(`# head\n${list.list}`, 'latin1'), gate: 'ask', before: null } as const;
    const checked = await verdictAlone(candidate, config, { today: TODAY, rest: yieldToEventLoop });
    expect(checked.stage === 'refused' ? checked.error.message : 'passed').toBe('passed');
    const input = {
      ...config,
      candidate,
      guarded: await readGuarded(config.gate, config.action),
      records: null,
      isOptional: false,
      isNamed: false,
    };
    const job = { lists: [input], mustBuild: false, keys: testKeys(1), contentKey: null, today: TODAY };
    const lease = (bytes: number): Promise<Uint8Array> => Promise.resolve(new Uint8Array(bytes));
    const outcome = await compileJob({ ...job, maxDiagnostics: 10, givesWay: false }, lease);
    expect(outcome.shared).not.toBeNull();
    expect(outcome.lists[0]?.stats).toMatchObject({ entries: list.counts.entries, badLines: 0, leftOut: 0 });
  });

  test('each line that the gate would refuse is named, with its host', () => {
    const gated = list.findings.filter(({ code }) => code === 'protected_host');
    expect(gated.map(({ line }) => line)).toEqual(left.map(([line]) => line));
    for (const [i, [, host]] of left.entries()) expect(gated[i]?.message).toContain(` ${host} (line `);
  });

  test('refuses what it lists, and nothing beside it', () => {
    const isRefused = refuses(list);
    expect(refused.filter((url) => !isRefused(url))).toEqual([]);
    expect(passed.filter((url) => isRefused(url))).toEqual([]);
  });
});
