import { describe, expect, test } from '@jest/globals';
import { PathActions } from '../../src/guard/path-actions.ts';
import type { GuardSettings } from '../../src/guard/settings.ts';

const EVENTS: string[] = [];
const LOG = { event: (_: string, event: string) => void EVENTS.push(event) };
const PRINTS_REASON = ['sh', '-c', 'echo "$CLEANFEED_REASON" >&2; exit 1'];
const FLEET = { minimum: 2, own: 1, ifUnknown: 'act' } as const;

function moves(settings: Partial<GuardSettings>): PathActions {
  const path = { fleet: FLEET } as GuardSettings['path'];
  const actions = { out: [['true']], back: [['true']] };
  return new PathActions({ actions, check: null, commandTimeoutMs: 60_000, fleetCount: null, path, ...settings }, LOG);
}

describe('where it is', () => {
  test.each([
    { check: ['true'], want: 'in' },
    { check: ['false'], want: 'out' },
    { check: ['sh', '-c', 'exit 2'], want: 'unknown' },
    { check: ['/no/such/program'], want: 'unknown' },
    { check: null, want: 'unknown' },
  ])('$check: $want', async ({ check, want }) => {
    expect(await moves({ check }).position()).toBe(want);
  });
});

test('a move counts, with its reason; one that the check does not see has failed', async () => {
  const some = moves({ check: ['true'] });
  expect(await some.run('out', 'down')).toBe(false);
  expect(some.lastFault).toBe('guard.check says that the filter is in');
  expect(await some.run('back', null)).toBe(true);
  expect(some.lastFault).toBeNull();
  expect(await moves({}).run('out', 'down')).toBe(true);
  expect(some.counts).toMatchObject({
    out: { done: 0, failed: 1 },
    back: { done: 1, failed: 0 },
    reasons: { down: 0 },
  });
});

test('commands out are told why', async () => {
  const some = moves({ actions: { out: [PRINTS_REASON], back: [PRINTS_REASON] } });
  await some.run('out', 'draining');
  expect(some.lastFault).toBe('sh: exit status 1: draining');
  await some.run('back', 'draining');
  expect(some.lastFault).toBe('sh: exit status 1');
});

test('routes are counted, this node has one of them; what gives no number is told', async () => {
  const some = moves({ fleetCount: ['echo', '3'] });
  expect(some.othersRemaining).toBeNull();
  expect(await some.countRoutes()).toBe(3);
  expect(some.othersRemaining).toBe(2);
  EVENTS.length = 0;
  expect(await moves({ fleetCount: ['echo', 'none'] }).countRoutes()).toBeNull();
  expect(await moves({}).countRoutes()).toBeNull();
  expect(EVENTS).toEqual(['guard.fleet_unknown', 'guard.fleet_unknown']);
});
