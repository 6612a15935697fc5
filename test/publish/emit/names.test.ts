/** Whoever has a resolver is told host names, of those entries only that permit it. */
import { afterEach, expect, test } from '@jest/globals';
import { addRecipient } from '../../../src/publish/recipient-changes.ts';
import { encodeNames, namedEntries } from '../../../src/publish/emit/names.ts';
import { linesOf } from '../../../src/publish/emit/emit-pool.ts';
import { Publishing } from '../publishing.ts';
import { decrypted } from '../verified-repository.ts';

let publishing: Publishing | null = null;
afterEach(() => publishing?.[Symbol.dispose]());

const LINES = [
  'a.example',
  '*.b.example dns',
  'http://c.example/secret/page.html steer count fold=case expires=2027-03-31',
  'http://d.example/dns',
  'e.example:8080 dns steer',
];

test('a line has an id and a whole host, and the text is padded', () => {
  const named = namedEntries(LINES.map((line, i) => [line, i + 1] as const));
  const bytes = encodeNames(linesOf(named), { version: 7, time: 1_790_000_000, idOf: (uid) => BigInt(uid) * 1000n });
  expect(bytes.length).toBe(65_536);
  expect(Buffer.from(bytes).toString().replaceAll('\0', '')).toBe(
    [
      'cleanfeed names 1',
      'version 7',
      'time 1790000000',
      '2000 *.b.example dns',
      '3000 c.example steer count expires=2027-03-31',
      '5000 e.example:8080 dns steer',
      '',
    ].join('\n'),
  );
});

test('only a recipient that asked for names gets them, encrypted to their own recipient', async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-b');
  const [age, names] = [await publishing.newIdentity('isp-a'), await publishing.newIdentity('resolver')];
  await publishing.open(async (publisher) => await addRecipient(publisher, 'isp-a', { age, names }));
  await publishing.commit(LINES);
  await publishing.commit(LINES.slice(2));
  const { targets } = publishing.repository('isp-a');
  expect([...targets.keys()].filter((path) => path.startsWith('names/'))).toEqual(['names/1/2.full']);
  const { bytes, custom } = targets.get('names/1/2.full')!;
  expect(custom).toEqual({ version: 2, format: 1 });
  const text = Buffer.from(await decrypted(publishing.identity('resolver'), bytes)).toString();
  expect(text).toMatch(
    /^cleanfeed names 1\nversion 2\ntime \d+\n\d+ c\.example steer count expires=2027-03-31\n\d+ e\.example:8080 dns steer\n\0+$/,
  );
  await expect(decrypted(publishing.identity('isp-a'), bytes)).rejects.toThrow('no identity');
  expect([...publishing.repository('isp-b').targets.keys()].some((path) => path.startsWith('names/'))).toBe(false);
});
