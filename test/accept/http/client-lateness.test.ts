/** Who is to blame when nothing moves. */
import { expect, test } from '@jest/globals';
import { isClientLate } from '../../../src/accept/http/client-lateness.ts';

const WAITING = { requestComplete: true, congested: false, answering: false };

test.each([
  { name: 'the request is whole and nothing comes', exchange: WAITING, unsent: 0, want: false },
  { name: 'a body does not come', exchange: { ...WAITING, requestComplete: false }, unsent: 0, want: true },
  {
    name: 'a body that the origin does not take',
    exchange: { ...WAITING, requestComplete: false, congested: true },
    unsent: 0,
    want: false,
  },
  { name: 'an answer that its reader does not take', exchange: { ...WAITING, answering: true }, unsent: 1, want: true },
  { name: 'an answer that pauses', exchange: { ...WAITING, answering: true }, unsent: 0, want: false },
  { name: 'an earlier answer is not taken yet', exchange: WAITING, unsent: 1, want: false },
])('$name: the client is late: $want', ({ exchange, unsent, want }) => {
  expect(isClientLate(exchange, unsent)).toBe(want);
});
