/** Entries of a text on protected hosts: named, and left out where the configuration says so, in what serves and in what commands read. */
import { describe, expect, test } from '@jest/globals';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import type { ListAction, ProtectedPolicy } from '../../../src/lib/types.ts';
import { readGuarded } from '../../../src/list/sanity/read-guarded.ts';
import { compileJob } from '../../../src/list/text/compile-job.ts';
import type { FoundText } from '../../../src/list/text/compile-job.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { verdictAlone } from '../../../src/list/verdict-alone.ts';
import type { GateVerdict } from '../../../src/list/gate.ts';
import { testKeys } from '../../match/support.ts';
import { listConfig, NO_GATE_FILES } from '../../support/list-config.ts';

const TODAY = 20_000;
const TEXT =
  'ads.example\nwww.google.com\n*.google-analytics.com dns\nocsp.digicert.com expires=2000-01-01\nwww.bing.com/x\n';

interface Asked {
  readonly action?: ListAction;
  readonly protectedEntries?: ProtectedPolicy;
}

async function ask(
  text: string,
  { action = 'block', protectedEntries = 'refuse' }: Asked,
): Promise<{ readonly alone: GateVerdict; readonly served: FoundText }> {
  const config = { ...listConfig('a', '/a', action), gate: { ...NO_GATE_FILES, protectedEntries } };
  const candidate = { bytes: Buffer.from(text), gate: 'ask', before: null } as const;
  const alone = await verdictAlone(candidate, config, { today: TODAY, rest: yieldToEventLoop });
  const guarded = await readGuarded(config.gate, action);
  const input = { ...config, candidate, guarded, records: null, isOptional: false, isNamed: false };
  const job = { lists: [input], mustBuild: false, keys: testKeys(1), contentKey: new Uint8Array(32), today: TODAY };
  const lease = (bytes: number): Promise<Uint8Array> => Promise.resolve(new Uint8Array(bytes));
  const { lists } = await compileJob({ ...job, maxDiagnostics: 2, givesWay: false }, lease);
  return { alone, served: lists[0]! };
}

describe('refuse', () => {
  test('names every line, and the hosts', async () => {
    const { alone, served } = await ask(TEXT, {});
    expect(alone).toMatchObject({
      stage: 'refused',
      error: { code: 'protected_host' },
      judged: {
        protectedLines: [{ line: 2, message: expect.stringContaining(' www.google.com (line ') }, { line: 3 }],
        stats: { entries: 4, leftOut: 0 },
      },
    });
    expect(alone.stage === 'refused' && alone.error.message).toMatch(
      /^it covers 3 protected hosts \(gate\.protected\): line \d+ of protected-hosts\.txt, by entry 2; (?:line \d+ of protected-hosts\.txt, by entry 3(?:; |$)){2}take these entries out/,
    );
    expect(served.kept).toBeNull();
  });

  test('of many hosts some are named, and the number of the rest', async () => {
    const hosts = ['google', 'youtube', 'facebook', 'twitter', 'amazon', 'apple', 'microsoft', 'wikipedia'];
    const { alone } = await ask(
      hosts.map((host) => `*.${host}.${host === 'wikipedia' ? 'org' : 'com'}\n`).join(''),
      {},
    );
    const message = alone.stage === 'refused' ? alone.error.message : '';
    expect(message.match(/ by entry /g)).toHaveLength(20);
    expect(message).toMatch(/ and \d+ more; take/);
  });
});

describe('leaveOut', () => {
  test('the list is used without them, in both ways', async () => {
    const { alone, served } = await ask(TEXT, { protectedEntries: 'leaveOut' });
    const stats = { entries: 2, leftOut: 2, expired: 1, scopes: { host: 1 }, marked: { dns: 0 } };
    expect(alone).toMatchObject({ stage: 'passed', stats, protectedLines: [{ line: 2 }, { line: 3 }] });
    expect(served).toMatchObject({ stats, protectedLines: [{ line: 2 }, { line: 3 }] });
    expect(served.kept).not.toBeNull();
    if (alone.stage !== 'passed') throw new Error('it is refused');
    const read = [...listEntries(alone.bytes, { list: 0, action: 'block', today: TODAY })];
    expect(read.map(({ id }) => id)).toEqual([1n, 5n]);
  });

  test('an entry on all paths of such a host is one on the host', async () => {
    const { alone, served } = await ask('ads.example\nwww.google.com/*\n*.bing.com/*\nwww.bing.com/x/*\n', {
      protectedEntries: 'leaveOut',
    });
    const stats = { entries: 2, leftOut: 2, scopes: { host: 1, directory: 1 } };
    expect(alone).toMatchObject({ stage: 'passed', stats, protectedLines: [{ line: 2 }, { line: 3 }] });
    expect(served).toMatchObject({ stats, protectedLines: [{ line: 2 }, { line: 3 }] });
  });

  test('what is left out is gone to the rules of size, and a list that is emptied so is held', async () => {
    const gate = { ...NO_GATE_FILES, protectedEntries: 'leaveOut' } as const;
    const config = { ...listConfig('a', '/a'), gate };
    const frame = { today: TODAY, rest: yieldToEventLoop };
    const verdict = async (text: string, before: number): Promise<string> => {
      const of = await verdictAlone({ bytes: Buffer.from(text), gate: 'ask', before }, config, frame);
      return of.stage === 'refused' ? of.error.message : 'passed';
    };
    expect(await verdict('www.google.com\n', 3)).toContain("'gate.shrink: 1' lets it be empty");
    expect(await verdict('ads.example\nwww.google.com\n', 3)).toBe('passed');
    const many = Array.from({ length: 9 }, (_, i) => `ads${i}.example\n`).join('');
    const protectedOnes = 'www.google.com\nwww.bing.com\n'.repeat(10);
    expect(await verdict(`${many}${protectedOnes}`, 20)).toContain('gate.shrink permits 50 %');
  });

  test('nodes that leave something out do not say that they serve the same', async () => {
    const [all, without, same] = [
      await ask('ads.example\n', {}),
      await ask(`ads.example\nwww.google.com\n`, { protectedEntries: 'leaveOut' }),
      await ask('ads.example\nb.example\n', { protectedEntries: 'leaveOut' }),
    ].map(({ served }) => served.kept?.content);
    expect(without).toBe(all);
    expect(same).not.toBe(all);
  });
});

describe('a list that only counts', () => {
  test('may cover protected hosts, unless it leads their traffic to the filter', async () => {
    expect((await ask('www.google.com\n', { action: 'count' })).alone.stage).toBe('passed');
    expect((await ask('www.google.com count\n', {})).alone.stage).toBe('passed');
    expect((await ask('www.google.com steer\n', { action: 'count' })).alone.stage).toBe('refused');
    expect((await ask('www.google.com count steer\n', {})).alone.stage).toBe('refused');
    const left = await ask('www.google.com\nwww.google.com steer\n', { action: 'count', protectedEntries: 'leaveOut' });
    expect(left.served.stats).toMatchObject({ entries: 1, leftOut: 1 });
  });
});
