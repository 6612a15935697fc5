/** The plan on the disk: back as it was, or null. Histories with restarts: route-plan.test.ts. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePlan, encodePlan, planPath } from '../../../src/outlets/routes/plan-file.ts';
import { hostKey, isKey, newKey } from '../../../src/outlets/routes/host-keys.ts';
import { emptyPlan } from '../../../src/outlets/routes/plan-state.ts';
import { planStep } from '../../../src/outlets/routes/route-plan.ts';

const SETTINGS = { never: () => false, newAddresses: 1, holdMs: 10, maxRoutes: 10, bytesPerSecond: null };

function kept() {
  const key = newKey();
  const state = emptyPlan();
  const host = hostKey(key, 'listed.example');
  planStep(state, { on: 'names', inForce: new Set([host]), isComplete: true }, SETTINGS);
  const addresses = ['203.0.113.1', '2001:db8::1'];
  planStep(state, { on: 'resolved', host, addresses, isComplete: true, at: 5 }, SETTINGS);
  planStep(state, { on: 'deny', address: '203.0.113.2', at: 6 }, SETTINGS);
  return { key, state };
}

test('routes, reviews, decisions and the index come back; names are asked for anew', () => {
  const { key, state } = kept();
  expect(decodePlan(encodePlan({ key, state }), 10)).toEqual({ key, state: { ...state, names: new Set() } });
});

test('no name is in it', () => {
  expect(encodePlan(kept())).not.toContain('listed');
});

test('times that lie ahead, after the clock was set back, are now', () => {
  const since = [...(decodePlan(encodePlan(kept()), 3)?.state.routes.values() ?? [])].map((route) => route.since);
  expect(since).toEqual([3]);
});

test.each([
  '',
  '{',
  'null',
  '{"version":2}',
  '{"version":1,"key":"00","routes":[],"reviews":[]}',
  `{"version":1,"key":"${'0'.repeat(32)}","routes":[{"address":"x","since":1,"owners":[]}],"reviews":[]}`,
  `{"version":1,"key":"${'0'.repeat(32)}","routes":[{"address":"203.0.113.1","since":1,"owners":[["h"]]}],"reviews":[]}`,
  `{"version":1,"key":"${'0'.repeat(32)}","routes":[],"reviews":[{"address":"203.0.113.1","since":1,"owners":[],"reason":"x"}]}`,
])('is not what was written: %s', (text) => expect(decodePlan(text, 10)).toBeNull());

test('any JSON is a plan or null', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(() => decodePlan(text, 10)).not.toThrow();
    }),
  );
});

test('each configuration has a file of its own, and each node a key', () => {
  expect(planPath('/s', '/a.yaml')).toMatch(/^\/s\/routes-[0-9a-f]{12}\.json$/);
  expect(planPath('/s', '/a.yaml')).not.toBe(planPath('/s', '/b.yaml'));
  const [one, other] = [newKey(), newKey()];
  expect([isKey(one), isKey('x'), hostKey(one, 'h.example') === hostKey(one, 'h.example')]).toEqual([
    true,
    false,
    true,
  ]);
  expect(hostKey(one, 'h.example')).not.toBe(hostKey(other, 'h.example'));
});
