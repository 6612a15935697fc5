/** Whoever has a resolver is told host names, of those entries only that permit it. */
import { afterEach, expect, test } from '@jest/globals';
import { addRecipient } from '../../../src/publish/recipient-changes.ts';
import { encodeNames, namedEntries } from '../../../src/publish/emit/names.ts';
import { linesOf } from '../../../src/publish/emit/emit-pool.ts';
import { runSync } from '../../../src/lib/steps.ts';
import { namesFaultSteps } from '../../../src/list/names/names-proofs.ts';
import { imageFromFull } from '../../../src/list/protected/image.ts';
import { sortRecords } from '../../../src/list/protected/record.ts';
import { makeRecords } from '../../../src/publish/emit/emit-job.ts';
import { EMITTERS } from '../../../src/publish/emit/emitter.ts';
import { columnsOf } from '../../../src/publish/emit/entry-columns.ts';
import { idsOf } from '../../../src/publish/emit/entry-ids.ts';
import { digestKeys, newRecipient } from '../../../src/publish/state/recipients.ts';
import { context, pieces } from '../../list/protected/support.ts';
import { decodeWithdrawn } from '../../../src/list/protected/withdrawn.ts';
import { withdrawalsOf } from '../../../src/publish/withdraw.ts';
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
  'h.example:8080 dns',
  'http://i.example/dir/* dns',
];

test('a line has an id and a whole host, which is refused only where the entry is on all of it, and the text is padded', () => {
  const named = namedEntries(
    [...LINES, 'f.example dns'].map((line, i) => [line, i + 1] as const),
    new Set([LINES.length + 1]),
  );
  const bytes = encodeNames(linesOf(named), { version: 7, time: 1_790_000_000, idOf: (uid) => BigInt(uid) * 1000n });
  expect(bytes.length).toBe(65_536);
  expect(Buffer.from(bytes).toString().replaceAll('\0', '')).toBe(
    [
      'cleanfeed names 2',
      'version 7',
      'time 1790000000',
      '2000 *.b.example dns',
      '3000 c.example steer count expires=2027-03-31',
      '5000 e.example:8080 steer',
      '',
    ].join('\n'),
  );
});

test('it says what the list says, of whatever entries', async () => {
  const lines = [
    ...LINES,
    '*.k.example steer test',
    '192.0.2.7 dns steer',
    '[2001:db8::7]:8080 steer count',
    'http://l.example/Dir/* steer fold=case,slash',
    'http://l.example/page?* steer',
    'http://m.example/ dns steer expires=2030-01-31',
    ...Array.from({ length: 5000 }, (_, i) => `n${i}.example dns`),
  ].map((line, i) => [line, i + 1] as const);
  const keys = digestKeys(newRecipient('isp-a', 'age1', null));
  const [own] = EMITTERS;
  const sorted = sortRecords(makeRecords(keys, columnsOf(lines, lines.length, own!)));
  const full = own!.encodeFull({ ...own!, version: 1, time: 1, keys, vectors: own!.vectors(keys) }, sorted);
  const image = await imageFromFull(pieces(full), { deltas: [], withdrawn: null }, context());
  const named = linesOf(namedEntries(lines, new Set()));
  expect(named.uids.length).toBe(5009);
  const payload = encodeNames(named, { version: 1, time: 1, idOf: idsOf(keys.id) });
  expect(runSync(namesFaultSteps(payload, image, { isOwn: true }))).toBeNull();
});

test('only a recipient that asked for names gets them, encrypted to their own recipient', async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-b');
  const [age, names] = [await publishing.newIdentity('isp-a'), await publishing.newIdentity('resolver')];
  await publishing.open(async (publisher) => await addRecipient(publisher, 'isp-a', { age, names }));
  await publishing.commit(LINES);
  await publishing.commit(LINES.slice(2));
  const { targets } = publishing.repository('isp-a');
  expect([...targets.keys()].filter((path) => path.startsWith('names/'))).toEqual(['names/2/2.full']);
  const { bytes, custom } = targets.get('names/2/2.full')!;
  expect(custom).toEqual({ version: 2, format: 2 });
  const text = Buffer.from(await decrypted(publishing.identity('resolver'), bytes)).toString();
  expect(text).toMatch(
    /^cleanfeed names 2\nversion 2\ntime \d+\n\d+ c\.example steer count expires=2027-03-31\n\d+ e\.example:8080 steer\n\0+$/,
  );
  await expect(decrypted(publishing.identity('isp-a'), bytes)).rejects.toThrow('no identity');
  expect([...publishing.repository('isp-b').targets.keys()].some((path) => path.startsWith('names/'))).toBe(false);
});

test('whoever reads names reads what is withdrawn of them, and a payload made later leaves it out', async () => {
  publishing = await Publishing.begin();
  const [age, names] = [await publishing.newIdentity('isp-a'), await publishing.newIdentity('resolver')];
  await publishing.open(async (publisher) => await addRecipient(publisher, 'isp-a', { age, names }));
  await publishing.commit(LINES);
  const opened = async (path: string): Promise<Uint8Array> =>
    await decrypted(publishing!.identity('resolver'), publishing!.repository('isp-a').targets.get(path)!.bytes);
  const textOf = async (path: string): Promise<string> => Buffer.from(await opened(path)).toString();
  const [id] = /^\d+(?= \*\.b\.example)/m.exec(await textOf('names/2/1.full'))!;
  await publishing.open(async (publisher) => {
    const events = withdrawalsOf(['*.b.example'], publisher.state, []);
    publisher.append(events.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
    await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
  });
  expect([...decodeWithdrawn(await opened('withdrawn/1.set')).ids]).toEqual([BigInt(id)]);
  const { bytes } = publishing.repository('isp-a').targets.get('withdrawn/1.set')!;
  expect(decodeWithdrawn(await decrypted(publishing.identity('isp-a'), bytes)).ids).toHaveLength(1);
  // Another version, though the withdrawn entry is still among those in force: it is made for other keys.
  const { state } = await publishing.open((publisher) => publisher);
  expect([...state.inForce].map(([line]) => line)).toContain('*.b.example dns');
  await publishing.open(async (publisher) => {
    await publisher.commitVersion({ added: ['g.example dns'], removed: [], changeSet: null, approvedBy: [] });
  });
  const text = await textOf('names/2/2.full');
  expect(text).toContain(' g.example dns\n');
  expect(text).not.toContain('b.example');
});
