/** When a file counts as unchanged: told look by look, so that nothing depends on how fast anybody writes. */
import { describe, expect, test } from '@jest/globals';
import { calmIdentity } from '../../../src/list/source/file-calm.ts';
import type { FileIdentity, FileLook } from '../../../src/list/source/file-identity.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

const NOW = Number.MAX_SAFE_INTEGER;
const START = Date.UTC(2030, 0, 1);
const OPTIONS = { settleMs: 10, restlessMs: 100, signal: new AbortController().signal };

/** Looks that find these states one after the other, then the last one for ever; a state is `name@changedAt`, or `name@changedAt s` by whole seconds. */
function looks(...states: readonly string[]): { readonly look: () => Promise<FileLook>; taken: number } {
  const series = {
    taken: 0,
    look: async (): Promise<FileLook> => {
      const state = states[Math.min(series.taken, states.length - 1)]!;
      const [identity = '', changedAt = `${NOW}`] = state.replace(' s', '').split('@');
      series.taken += 1;
      return await Promise.resolve({
        identity,
        changedAt: identity === 'absent' ? null : Number(changedAt),
        isDatedBySeconds: state.endsWith(' s'),
      });
    },
  };
  return series;
}

/** As much time passes as it takes. */
async function calm(...[path, known, options, look]: Parameters<typeof calmIdentity>): Promise<FileIdentity> {
  const time = new VirtualTime(START);
  const identity = calmIdentity(path, known, { ...options, time }, look);
  // What it throws is for whoever waits for it.
  identity.catch(() => {});
  await time.advance(options.restlessMs * 2);
  return await identity;
}

describe('requirement 64: a file is unchanged', () => {
  test.each([
    { name: 'when two looks agree', known: 'a', states: ['b', 'b'], want: 'b', taken: 2 },
    { name: 'not while each look finds another state', known: 'a', states: ['b', 'c', 'd', 'd'], want: 'd', taken: 4 },
    { name: 'not where it was gone for one look', known: 'a', states: ['absent', 'b', 'b'], want: 'b', taken: 3 },
    { name: 'gone, if it stays so', known: 'a', states: ['absent', 'absent'], want: 'absent', taken: 2 },
    { name: 'at once, if it is what was read last', known: 'a', states: ['a'], want: 'a', taken: 1 },
    {
      name: 'at once, at the first read, if it has lain there for long',
      known: null,
      states: ['a@1'],
      want: 'a',
      taken: 1,
    },
    {
      name: 'at once, at the first read, if it is not there',
      known: null,
      states: ['absent'],
      want: 'absent',
      taken: 1,
    },
    { name: 'not at once, at the first read, if it is new', known: null, states: ['a', 'b', 'b'], want: 'b', taken: 3 },
    {
      name: 'not at once later, whatever the clock of the file system says',
      known: 'a',
      states: ['b@1', 'c@1', 'c@1'],
      want: 'c',
      taken: 3,
    },
  ])('$name', async ({ known, states, want, taken }) => {
    const series = looks(...states);
    expect(await calm('/x', known, OPTIONS, series.look)).toBe(want);
    expect(series.taken).toBe(taken);
  });

  test('or is given up, after as many looks as the bound holds', async () => {
    const series = looks(...Array.from({ length: 50 }, (_, i) => `state ${i}`));
    await expect(calm('/lists/own.txt', 'a', OPTIONS, series.look)).rejects.toMatchObject({
      code: 'file_changing',
      side: 'list',
      message: '/lists/own.txt has been changing all the time for 0.1 s; write the list beside it and rename it over',
    });
    expect(series.taken).toBe(11);
  });

  // Was a fault: what was written in place, of the same length and within the second of the change before, was missed until there was another change.
  test('by looks further apart than the steps by which its file system dates changes', async () => {
    const options = { ...OPTIONS, stepMs: 50 };
    const restless = looks(...Array.from({ length: 50 }, (_, i) => `state ${i} s`));
    await expect(calm('/x', 'a', options, restless.look)).rejects.toMatchObject({ code: 'file_changing' });
    expect(restless.taken).toBe(3);
    // It waits for the second look, which a signal has ended before.
    const ended = { ...OPTIONS, stepMs: 600_000, signal: AbortSignal.abort() };
    const lately = `a@${START - 1000}`;
    expect(await calm('/x', null, ended, looks(lately).look)).toBe('a');
    await expect(calm('/x', null, ended, looks(`${lately} s`).look)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
