/** What the guard tells of a change, once. */
import { describe, expect, test } from '@jest/globals';
import { announceDenied, announceListener, announcePath } from '../../src/guard/announce.ts';
import type { Phase } from '../../src/guard/health.ts';
import { startPath } from '../../src/guard/path.ts';
import type { Path } from '../../src/guard/path.ts';

type Told = readonly [level: string, event: string, fields?: Readonly<Record<string, unknown>>];

function told(announce: (log: Parameters<typeof announcePath>[0]) => void): readonly Told[] {
  const lines: Told[] = [];
  announce({
    event: (level, event, fields) => void lines.push(fields === undefined ? [level, event] : [level, event, fields]),
  });
  return lines;
}

const IN = startPath('in', 0, 0);
const path = (more: Partial<Path>): Path => ({ ...IN, ...more });

describe('the path', () => {
  test.each([
    { name: 'nothing', before: IN, after: IN, want: [] },
    {
      name: 'out, for a reason',
      before: IN,
      after: path({ position: 'out', reason: 'down', flaps: 2 }),
      want: [['error', 'guard.out_of_path', { reason: 'down', flaps: 2 }]],
    },
    { name: 'back', before: path({ position: 'out' }), after: IN, want: [['warn', 'guard.in_path']] },
    {
      name: 'commands that failed',
      before: IN,
      after: path({ failedAttempts: 1 }),
      want: [['error', 'guard.commands_failed', { attempt: 1, reason: 'exit 1' }]],
    },
    {
      name: 'held by the fleet',
      before: IN,
      after: path({ isHeld: true, others: { count: 1, routes: 2, at: 0 } }),
      want: [['error', 'guard.held', { others: 1 }]],
    },
    {
      name: 'held, and nobody knows the fleet',
      before: IN,
      after: path({ isHeld: true, others: { count: null, routes: null, at: 0 } }),
      want: [['error', 'guard.held', { others: 'not known' }]],
    },
    { name: 'let go', before: path({ isHeld: true }), after: IN, want: [['info', 'guard.released']] },
    {
      name: 'a filter that drains',
      before: path({ filter: { draining: false, bypass: false } }),
      after: path({ filter: { draining: true, bypass: false } }),
      want: [['warn', 'guard.filter_draining']],
    },
    {
      name: 'a filter that judges nothing, and then does again',
      before: path({ filter: { draining: false, bypass: true } }),
      after: path({ filter: null }),
      want: [['warn', 'guard.filter_bypass', { bypass: false }]],
    },
  ])('$name', ({ before, after, want }) => {
    expect(told((log) => announcePath(log, before, after, 'exit 1'))).toEqual(want);
    expect(told((log) => announcePath(log, after, after, 'exit 1'))).toEqual([]);
  });
});

test('a listener, by how it is now', () => {
  const of = (before: Phase, after: Phase): readonly Told[] =>
    told((log) => announceListener(log, 'web', { before, after, isPartial: true, why: 'refused' }));
  expect(of('healthy', 'healthy')).toEqual([]);
  expect(of('healthy', 'down')).toEqual([
    ['error', 'guard.listener', { listener: 'web', state: 'down', reason: 'refused', partial: true }],
  ]);
  expect(of('healthy', 'suspect')).toEqual([
    ['warn', 'guard.listener', { listener: 'web', state: 'suspect', reason: 'refused', partial: true }],
  ]);
  expect(of('down', 'healthy')).toEqual([['info', 'guard.listener', { listener: 'web', state: 'healthy' }]]);
});

test('a page that is refused, and no more', () => {
  expect(told((log) => announceDenied(log, 'web', false, true))).toEqual([
    ['error', 'guard.page_denied', { listener: 'web', denied: true }],
  ]);
  expect(told((log) => announceDenied(log, 'web', true, false))).toEqual([
    ['info', 'guard.page_denied', { listener: 'web', denied: false }],
  ]);
  expect(told((log) => announceDenied(log, 'web', true, true))).toEqual([]);
});
