import { describe, expect, test } from '@jest/globals';
import { ListenerWatch } from '../../src/guard/listener-watch.ts';
import type { Probed, ProbeResult } from '../../src/guard/probe.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** A watch that gets these answers, a round each, and then ends; what it was after each round. */
async function watched(...rounds: readonly (readonly ProbeResult[])[]) {
  const time = new VirtualTime();
  const seen: string[] = [];
  const waiting = rounds.map((results) => results.slice());
  const watch: ListenerWatch = new ListenerWatch({
    listener: 'a',
    terms: { failures: 2, successes: 1, connections: 4 },
    intervalMs: 1,
    time,
    probe: async (): Promise<readonly Probed[]> => {
      const [round = []] = waiting;
      return await Promise.resolve([{ result: round.shift() ?? 'ok', status: null }]);
    },
    told: () => {
      waiting.shift();
      seen.push(watch.health.phase);
      if (waiting.length === 0) watch.end();
    },
  });
  const running = watch.run();
  await time.advance(rounds.length);
  await running;
  return { seen, watch };
}

const all = (result: ProbeResult): ProbeResult[] => [result, result, result, result];

describe('rounds', () => {
  test('one probe while all is well, four as soon as one has failed', async () => {
    const { seen, watch } = await watched(
      all('ok'),
      ['ok'],
      ['refused'],
      all('refused'),
      ['refused'],
      ['ok'],
      all('ok'),
    );
    expect(seen).toEqual(['healthy', 'healthy', 'suspect', 'down', 'down', 'healthy', 'healthy']);
    expect(watch.counts).toMatchObject({ ok: 7, refused: 6 });
    expect(watch.lastFailure).toBe('refused');
  });

  test('a round in which this process was late says nothing, until it has been late for long', async () => {
    const late = all('late');
    const { seen } = await watched(all('ok'), ['late'], ['late'], ['ok'], ['late'], ['late'], ['late'], late, late);
    expect(seen.join(' ')).toBe('healthy healthy healthy healthy healthy healthy suspect down down');
  });

  test('a filter that refuses the page works, and that it refuses it is known until it answers otherwise', async () => {
    const { seen, watch } = await watched(all('ok'), ['denied'], ['denied'], ['timeout'], all('timeout'));
    expect(seen).toEqual(['healthy', 'healthy', 'healthy', 'suspect', 'down']);
    expect(watch.isDenied).toBe(true);
    expect((await watched(['denied'], ['ok'])).watch.isDenied).toBe(false);
  });

  test('one that ends in the midst of a pause does not wait for it', async () => {
    const watch: ListenerWatch = new ListenerWatch({
      listener: 'a',
      terms: { failures: 2, successes: 1, connections: 4 },
      intervalMs: 1_000_000,
      time: new VirtualTime(),
      probe: async () => await Promise.resolve([{ result: 'answer', status: 403 }]),
      told: () => setImmediate(() => watch.end()),
    });
    await watch.run();
    expect(watch.lastFailure).toBe('answer, status 403');
  });
});
