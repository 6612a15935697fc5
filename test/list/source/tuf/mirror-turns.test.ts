/** Mirrors in turn: who is asked first, whose fault an operator is told of, and which fault no mirror is blamed for. */
import { beforeEach, expect, test } from '@jest/globals';
import { listError, type ListReason } from '../../../../src/list/list-error.ts';
import { MirrorTurns } from '../../../../src/list/source/tuf/mirror-turns.ts';
import type { Repository } from '../../../../src/list/source/tuf/repository.ts';

let asked: string[];
let told: string[];

beforeEach(() => {
  asked = [];
  told = [];
});

const mirror = (name: string): Repository => ({
  name,
  open: () => Promise.reject(new Error('nothing is opened here')),
});
const three = (): MirrorTurns => new MirrorTurns(['a', 'b', 'c'].map(mirror));

/** @param faults by mirror; one without answers well. */
async function ask(turns: MirrorTurns, faults: Readonly<Record<string, ListReason | Error>>): Promise<void> {
  await turns.ask(
    ({ name }) => {
      asked.push(name);
      const fault = faults[name];
      if (fault === undefined) return Promise.resolve();
      return Promise.reject(typeof fault === 'string' ? listError(fault, `of ${name}`) : fault);
    },
    (name, { code }) => told.push(`${name} ${code}`),
  );
}

test('the first that answers well is asked first from then on, until it fails', async () => {
  const turns = three();
  await ask(turns, { a: 'connect' });
  await ask(turns, {});
  expect([asked, told]).toEqual([['a', 'b', 'b'], ['a connect']]);
  asked = [];
  await ask(turns, { b: 'timeout', c: 'timeout' });
  expect(asked).toEqual(['b', 'c', 'a']);
});

test.each([
  [['connect', 'log_fork', 'signature'], 'log_fork'],
  [['signature', 'rollback', 'connect'], 'signature'],
  [['rollback', 'expired', 'rollback'], 'rollback'],
  [['http_status', 'expired', 'inconsistent'], 'expired'],
  [['timeout', 'connect', 'http_status'], 'timeout'],
  [['rollback', 'expired', 'inconsistent'], 'rollback'],
  // One that is behind is no attack while another may have more and cannot be asked.
  [['rollback', 'timeout', 'connect'], 'timeout'],
] as const)('of %j an operator is told the gravest', async ([a, b, c], gravest) => {
  await expect(ask(three(), { a, b, c })).rejects.toMatchObject({ code: gravest });
  expect(told).toEqual([`a ${a}`, `b ${b}`, `c ${c}`]);
});

test('after a round in which all have failed the same is asked first again', async () => {
  const turns = three();
  await ask(turns, { a: 'connect' });
  await expect(ask(turns, { a: 'connect', b: 'connect', c: 'connect' })).rejects.toMatchObject({ code: 'connect' });
  asked = [];
  await ask(turns, {});
  expect(asked).toEqual(['b']);
});

test("what this node cannot keep is nobody else's fault, and no other mirror is asked for it", async () => {
  await expect(ask(three(), { a: 'state' })).rejects.toMatchObject({ code: 'state', message: 'of a' });
  expect([asked, told]).toEqual([['a'], []]);
});

test('a fault of the program is thrown as it is', async () => {
  await expect(ask(three(), { a: new TypeError('of the test') })).rejects.toThrow(TypeError);
  expect([asked, told]).toEqual([['a'], []]);
});

test('without mirrors nothing can be had', async () => {
  await expect(ask(new MirrorTurns([]), {})).rejects.toMatchObject({ code: 'internal' });
});

test('the others are those that are not preferred, and one that is preferred is asked first', async () => {
  const turns = three();
  const others = (of: MirrorTurns): readonly string[] => of.others().map(({ name }) => name);
  expect(others(turns)).toEqual(['b', 'c']);
  await ask(turns, { a: 'connect' });
  expect(others(turns)).toEqual(['a', 'c']);
  turns.prefer(turns.others()[1]!);
  asked = [];
  await ask(turns, {});
  expect(asked).toEqual(['c']);
  expect(others(new MirrorTurns([mirror('a')]))).toEqual([]);
  expect(others(new MirrorTurns([]))).toEqual([]);
});
