/**
 * Requirement 72, rehearsed: a new canonical form is published beside the one of today until the last node has been upgraded, and then
 * alone. Each node finds its own, follows it by deltas, and refuses the other with both forms named.
 */
import { afterEach, expect, test } from '@jest/globals';
import { decodeDelta } from '../../src/list/protected/delta.ts';
import { readPayloadHeader } from '../../src/list/protected/payload-header.ts';
import { readEvents, eventsPath } from '../../src/publish/state/events.ts';
import { Publishing } from './publishing.ts';
import { decrypted } from './verified-repository.ts';

let publishing: Publishing;
afterEach(() => publishing[Symbol.dispose]());

const BOTH = { emitters: new URL('./second-form.ts', import.meta.url) };
const LAST = { emitters: new URL('./last-form.ts', import.meta.url) };
const paths = (): string[] =>
  [...publishing.repository('isp-a').targets.keys()].filter((path) => path.startsWith('match/')).sort();
const plain = async (path: string): Promise<Uint8Array> =>
  await decrypted(publishing.identity('isp-a'), publishing.repository('isp-a').targets.get(path)!.bytes);

test('a change of the canonical form', async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  const lines = Array.from({ length: 6000 }, (_, i) => `http://host${i}.example/Page`);
  await publishing.commit(lines);
  expect(paths()).toEqual(['match/1/1/1.full']);

  await publishing.commit([...lines, 'a.example'], BOTH);
  expect(paths()).toEqual(['match/1/1/1.full', 'match/1/1/2.delta', 'match/1/2/2.full']);
  await publishing.commit(lines, BOTH);
  expect(paths()).toEqual([
    'match/1/1/1.full',
    'match/1/1/2.delta',
    'match/1/1/3.delta',
    'match/1/2/2.full',
    'match/1/2/3.delta',
  ]);
  const custom = publishing.repository('isp-a').targets.get('match/1/2/3.delta')!.custom;
  expect(custom).toMatchObject({ form: 2, version: 3, previous: 2 });
  const events = [...readEvents(eventsPath(publishing.folders))].filter((event) => event.kind === 'version');
  expect(events.map(({ digests }) => Object.keys(digests))).toEqual([['1/1'], ['1/1', '1/2'], ['1/1', '1/2']]);

  // A node of today: its own form, and no other.
  expect(decodeDelta(await plain('match/1/1/3.delta')).form).toBe(1);
  const other = await plain('match/1/2/3.delta');
  expect(readPayloadHeader(other).form).toBe(2);
  expect(() => decodeDelta(other)).toThrow(
    /canonical form 2 and Unicode .*, this program has 1 and Unicode|canonical form 2 .* this program has 1/,
  );

  // A withdrawn entry has the same id in both forms: one set is for all.
  await publishing.commit([...lines, 'b.example'], LAST);
  expect(paths()).toEqual(['match/1/2/2.full', 'match/1/2/3.delta', 'match/1/2/4.delta']);
});
