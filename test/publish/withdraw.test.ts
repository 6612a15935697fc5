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
  expect(withdrawalsOf('host.example', state())).toEqual([{ uid: 1, line: LINES[0] }]);
  expect(withdrawalsOf('http://HOST.example/dir/*', state()).map(({ uid }) => uid)).toEqual([2, 3]);
  expect(withdrawalsOf('gone.example', state())).toEqual([]);
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
    withdrawalsOf(address, state());
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
