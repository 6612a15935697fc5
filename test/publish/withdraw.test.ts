/** Which entries an address withdraws: itself and nothing that covers it; what covers it is named. */
import { expect, test } from '@jest/globals';
import { CleanfeedError } from '../../src/lib/errors.ts';
import { ListState } from '../../src/publish/state/list-state.ts';
import { withdrawalsOf } from '../../src/publish/withdraw.ts';

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
  expect(withdrawalsOf(['host.example'], state())).toEqual([{ uid: 1, line: LINES[0] }]);
  expect(withdrawalsOf(['http://HOST.example/dir/*'], state()).map(({ uid }) => uid)).toEqual([2, 3]);
  expect(withdrawalsOf(['gone.example'], state())).toEqual([]);
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
  expect(withdrawalsOf(addresses, list).map(({ uid }) => uid)).toEqual([2, 3, 1]);
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
    withdrawalsOf(['host.example', address], state());
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
