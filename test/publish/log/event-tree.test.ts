/** The text of a leaf is that of the whole event but its salt, whatever kind it is. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/list/transparency/leaf.ts';
import { openedLeaf } from '../../../src/publish/log/event-tree.ts';
import type { LoggedEvent } from '../../../src/publish/state/events.ts';
import { anyCharacter } from '../../support/any-character.ts';

const SALT = Buffer.alloc(32, 7).toString('base64');
const TIME = '2026-11-26T12:00:00Z';

test('an added entry, whatever its line is', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.integer({ min: 1 }), (line, seq) => {
      const event = { kind: 'added', line, seq, time: TIME } as const;
      expect(openedLeaf({ ...event, salt: SALT })).toEqual({ index: seq - 1, salt: SALT, event: canonicalJson(event) });
    }),
  );
});

test.each([
  { kind: 'removed', uid: 3, line: 'a.example', seq: 7, time: TIME },
  { kind: 'padding', seq: 8, time: TIME },
  // Of a program that says more of it.
  { kind: 'added', line: 'a.example', more: 1, seq: 9, time: TIME },
])('$kind', (event) => {
  const { index, event: text } = openedLeaf({ ...event, salt: SALT } as LoggedEvent);
  expect([index, text]).toEqual([event.seq - 1, canonicalJson(event)]);
});
