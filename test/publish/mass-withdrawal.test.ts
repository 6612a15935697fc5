/** Which withdrawals are of much of the list, and how they are told apart in the log. */
import { expect, test } from '@jest/globals';
import { MassAudit, massIn } from '../../src/publish/mass-withdrawal.ts';
import type { LoggedEvent, PublisherEvent } from '../../src/publish/state/events.ts';
import { ListState } from '../../src/publish/state/list-state.ts';

const LINES = Array.from({ length: 100 }, (_, i) => ({ uid: i + 1, line: `n${i}.example` }));

function listed(): ListState {
  const state = new ListState();
  for (const { uid, line } of LINES) state.inForce.set(line, uid);
  return state;
}

test('what is not on the list now counts for nothing', () => {
  expect(massIn(LINES.slice(0, 19), listed())).toBeNull();
  expect(massIn(LINES.slice(0, 20), listed())).toBe(20);
  const former = LINES.map(({ uid, line }) => ({ uid: uid + 1000, line }));
  expect(massIn(former, listed())).toBeNull();
});

/** @param groups of events that were appended at one time each. */
function unannounced(groups: readonly (readonly PublisherEvent[])[]): number {
  const state = listed();
  const audit = new MassAudit(state);
  let seq = 1000;
  for (const [i, events] of groups.entries()) {
    for (const event of events) {
      const logged: LoggedEvent = { ...event, seq: (seq += 1), time: `2026-12-02T12:00:0${i}Z`, salt: '' };
      audit.visit(logged);
      state.apply(logged);
    }
  }
  audit.end();
  return audit.unannounced;
}

const withdrawn = (from: number, to: number): readonly PublisherEvent[] =>
  LINES.slice(from, to).map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }));

test.each<{ name: string; groups: readonly (readonly PublisherEvent[])[]; want: number }>([
  { name: 'few', groups: [withdrawn(0, 19)], want: 0 },
  { name: 'few, and few again', groups: [withdrawn(0, 15), withdrawn(15, 30)], want: 0 },
  { name: 'many', groups: [withdrawn(0, 20)], want: 20 },
  { name: 'many, twice', groups: [withdrawn(0, 30), withdrawn(30, 60)], want: 60 },
  {
    name: 'as many as were asked for',
    groups: [[{ kind: 'massWithdrawal', count: 30 }, ...withdrawn(0, 30)]],
    want: 0,
  },
  {
    name: 'fewer, by an interruption',
    groups: [[{ kind: 'massWithdrawal', count: 90 }, ...withdrawn(0, 30)]],
    want: 0,
  },
  {
    name: 'more than were asked for',
    groups: [[{ kind: 'massWithdrawal', count: 29 }, ...withdrawn(0, 30)]],
    want: 30,
  },
  {
    name: 'many, between others that say nothing',
    groups: [[...withdrawn(0, 10), { kind: 'padding' }, ...withdrawn(10, 25), { kind: 'padding' }]],
    want: 25,
  },
  { name: 'asked for at another time', groups: [[{ kind: 'massWithdrawal', count: 30 }], withdrawn(0, 30)], want: 30 },
])('$name: $want without being asked for', ({ groups, want }) => {
  expect(unannounced(groups)).toBe(want);
});
