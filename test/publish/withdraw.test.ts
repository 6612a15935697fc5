/** Which entries an address withdraws: itself and nothing that covers it; what covers it is named. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CleanfeedError } from '../../src/lib/errors.ts';
import { addressText, entryOfLine } from '../../src/publish/entry-line.ts';
import { ListState } from '../../src/publish/state/list-state.ts';
import { refusedStill, withdraw, withdrawalsOf } from '../../src/publish/withdraw.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { TestNode } from '../list/source/tuf/test-node.ts';
import { START, Publishing } from './publishing.ts';

const LINES = [
  'host.example dns',
  'http://host.example/dir/* expires=2027-03-31',
  'http://host.example/dir/* reason="a"',
  'gone.example',
];

function state(): ListState {
  const list = new ListState();
  for (const [i, line] of LINES.entries()) list.inForce.set(line, i + 1);
  list.withdrawn.set(4, 'gone.example');
  return list;
}

test('every entry of the address, whatever its attributes; none that was withdrawn already', () => {
  expect(withdrawalsOf(['host.example'], state(), [])).toEqual([{ uid: 1, line: LINES[0] }]);
  expect(withdrawalsOf(['http://HOST.example/dir/*'], state(), []).map(({ uid }) => uid)).toEqual([2, 3]);
  expect(withdrawalsOf(['gone.example'], state(), [])).toEqual([]);
});

// Was a fault: it was gone through for each, which of a long list takes half a second.
test('the list is gone through once, and each entry is given once', () => {
  const list = state();
  let passes = 0;
  const counted = function* (): Generator<readonly [string, number]> {
    passes += 1;
    yield* list.inForce.entries();
  };
  Object.defineProperty(list.inForce, Symbol.iterator, { value: counted });
  const addresses = ['http://host.example/dir/*', 'host.example', 'http://HOST.example/dir/*', 'gone.example'];
  expect(withdrawalsOf(addresses, list, []).map(({ uid }) => uid)).toEqual([2, 3, 1]);
  expect(passes).toBe(1);
});

test.each([
  { address: 'other.example', want: 'other.example: not on the list, and nothing on the list covers it' },
  {
    address: 'http://host.example/dir/page.html',
    want: /^http:\/\/host\.example\/dir\/page\.html: not on the list by itself; '.*' covers it, which is withdrawn by naming it$/,
  },
  { address: 'no host', want: /^no host: not an address of a list/ },
])('$address is an error that says what would be right', ({ address, want }) => {
  let fault: unknown = null;
  try {
    withdrawalsOf(['host.example', address], state(), []);
  } catch (error) {
    fault = error;
  }
  expect(fault).toBeInstanceOf(CleanfeedError);
  expect(fault).toMatchObject({
    side: 'list',
    code: 'not_listed',
    message: typeof want === 'string' ? want : expect.stringMatching(want),
  });
});

// Was a fault: "1 entry withdrawn" was all that was said, and the address stayed refused by the other one.
describe('what is refused still, though it was withdrawn', () => {
  const TODAY = Math.floor(Date.UTC(2026, 10, 28) / 86_400_000);
  const stateOf = (lines: readonly string[], withdrawn: readonly string[]): ListState => {
    const list = new ListState();
    for (const [i, line] of [...lines, ...withdrawn].entries()) list.inForce.set(line, i + 1);
    for (const [i, line] of withdrawn.entries()) list.withdrawn.set(lines.length + i + 1, line);
    return list;
  };

  test.each([
    { address: 'http://a.example/x', by: 'http://a.example/*' },
    { address: 'http://A.example/dir/../x', by: 'http://a.example/x?*' },
    { address: 'http://a.b.example/x', by: '*.b.example' },
    { address: 'http://a.b.example/x', by: '*.example' },
    { address: 'http://b.example/x', by: 'b.example dns' },
    { address: 'http://a.example/X', by: 'http://a.example/x fold=case' },
    { address: 'http://[2001:db8::1]/x', by: '[2001:db8::1]' },
    { address: 'http://192.0.2.1/x', by: '192.0.2.1' },
    { address: 'b%C3%BCcher.example/x', by: 'xn--bcher-kva.example' },
    { address: 'a.example', by: 'a.example expires=2026-11-28' },
  ])('$address by $by', ({ address, by }) => {
    const other = ['c.example', 'http://c.example/x', '*.c.example', '192.0.2.2'];
    const list = stateOf([...other, by], [entryOfAddress(address)]);
    expect([...refusedStill([address, 'c.invalid'], list, TODAY)]).toEqual([[address, by]]);
  });

  test.each([
    { why: 'is counted only', by: 'a.example count' },
    { why: 'has expired', by: 'a.example expires=2026-11-27' },
    { why: 'is narrower', by: 'http://a.example/x' },
    { why: 'is of another host', by: '*.b.example' },
    { why: 'has part of its name', by: 'aa.example' },
    { why: 'is on one port', by: 'a.example:8080' },
  ])('not by what $why', ({ by }) => {
    expect(refusedStill(['a.example'], stateOf([by], ['a.example']), TODAY).size).toBe(0);
  });

  test('nor by what is withdrawn too', () => {
    const list = stateOf([], ['http://a.example/x', 'a.example']);
    expect(refusedStill(['http://a.example/x'], list, TODAY).size).toBe(0);
  });
});

function entryOfAddress(address: string): string {
  const entry = entryOfLine(Buffer.from(address).toString('latin1'));
  if (entry === null) throw new Error(address);
  return addressText(entry);
}

test.each(['withdrawn', 'snapshot', 'timestamp'])(
  'without a key of %s nothing is withdrawn, also for the publisher',
  async (role) => {
    using publishing = await Publishing.begin();
    await publishing.recipient('isp-a');
    await publishing.commit(['a.example', 'b.example']);
    const key = join(publishing.folders.keys, `${role}-1.pem`);
    renameSync(key, `${key}.away`);
    const withdrawing = publishing.open(async (publisher) => await withdraw(publisher, ['a.example']));
    await expect(withdrawing).rejects.toThrow(`${role}-1.pem`);
    renameSync(`${key}.away`, key);
    expect(await publishing.open((publisher) => publisher.state.withdrawn.size)).toBe(0);
    expect(await publishing.open(async (publisher) => await withdraw(publisher, ['a.example']))).toBe(1);
    expect(await publishing.open(async (publisher) => await withdraw(publisher, ['a.example']))).toBe(0);
  },
);

// Was a fault: an entry whose attributes a later version had changed, or that was removed already, had another id where that version was not in force.
describe('an entry of an earlier version', () => {
  test.each([
    { held: 'a ring that waits', later: ['http://a.example/x dns', 'b.example'] },
    { held: 'a ring that waits', later: ['b.example'] },
    { held: 'a pinned version', later: ['http://a.example/x expires=2027-01-01', 'b.example'] },
    { held: 'a pinned version', later: ['b.example'] },
  ])('is withdrawn in $held, though the newest has $later', async ({ held, later }) => {
    using publishing = await Publishing.begin();
    using directory = temporaryDirectory();
    await publishing.recipient('isp-a');
    const folder = join(publishing.folders.repo, 'isp-a');
    const root = (): string => publishing.root();
    const node = new TestNode(directory, { folder, identity: publishing.identity('isp-a'), root });
    node.now = START;
    await publishing.commit(['http://a.example/x', 'b.example']);
    expect(await node.update()).toMatchObject({ version: 1, entries: 2 });
    await publishing.commit(later);
    if (held === 'a pinned version') {
      expect(await node.update()).toMatchObject({ version: 2 });
      expect(await node.source.rollback()).toBe('1');
      expect(await node.update()).toMatchObject({ version: 1, entries: 2 });
    } else {
      node.close();
      node.delayMs = 86_400_000;
      expect(await node.update()).toMatchObject({ version: 1, entries: 2 });
      expect(await node.update()).toBe('unchanged');
    }
    const withdrawing = async (): Promise<number> =>
      await publishing.open(async (publisher) => await withdraw(publisher, ['http://a.example/x']));
    expect(await withdrawing()).toBe(later.length);
    expect(await node.update()).toMatchObject({ kind: 'withdrawn', version: 1, entries: 1, fault: null });
    expect(await withdrawing()).toBe(0);
    // An old copy of the list does not bring it back, and who says so does.
    expect(await publishing.commit(['http://a.example/x', 'b.example'])).toBe(3);
    expect(await publishing.open(({ state: { inForce } }) => [...inForce].map(([line]) => line))).toEqual([
      'b.example',
    ]);
    await publishing.commit(['http://a.example/x', 'b.example'], { relist: true });
    expect(await withdrawing()).toBe(1);
    node.close();
  });
});

// Was a fault: more events than a call takes arguments, and nothing was withdrawn.
test('a whole list of 150,000 entries', async () => {
  using publishing = await Publishing.begin();
  const added = Array.from({ length: 150_000 }, (_, i) => `n${i}.example`);
  await publishing.open(async (publisher) => {
    await publisher.commitVersion({ added, removed: [], changeSet: null, approvedBy: [] });
    expect(await withdraw(publisher, added, true)).toBe(added.length);
  });
  await publishing.open(({ state }) => expect(state.withdrawn.size).toBe(added.length));
});

// Was a fault (L3): one command took 305 of 305 entries off, and nothing asked.
test('much of a list only as somebody asks for it, and few entries always', async () => {
  using publishing = await Publishing.begin();
  const added = Array.from({ length: 200 }, (_, i) => `n${i}.example`);
  await publishing.open(async (publisher) => {
    await publisher.commitVersion({ added, removed: [], changeSet: null, approvedBy: [] });
    await expect(withdraw(publisher, added.slice(0, 21))).rejects.toMatchObject({
      code: 'mass_withdrawal',
      message: expect.stringMatching(
        /^nothing was withdrawn: that would take 21 entries off every node at once; .*--mass/,
      ),
    });
    expect(publisher.state.withdrawn.size).toBe(0);
    expect(await withdraw(publisher, added.slice(0, 20))).toBe(20);
    // Of 180, and what is withdrawn already counts no more.
    await expect(withdraw(publisher, added.slice(0, 40))).rejects.toMatchObject({ code: 'mass_withdrawal' });
    expect(await withdraw(publisher, added.slice(0, 39))).toBe(19);
    expect(await withdraw(publisher, added, true)).toBe(161);
  });
});
