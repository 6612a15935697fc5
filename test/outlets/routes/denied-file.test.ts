/** The file of denied addresses: whatever was written is read, whatever was not is null, and no byte more or less is another list. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatAddress } from '../../../src/lib/prefix.ts';
import { decodeDenied, deniedPath, denyAll, encodeDenied } from '../../../src/outlets/routes/denied-file.ts';
import { addOwner, emptyPlan, type PlanState } from '../../../src/outlets/routes/plan-state.ts';

const NOW = 1_790_000_000_000;
const addresses = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(formatAddress);

function planOf(denied: Iterable<readonly [string, number]>): PlanState {
  const state = emptyPlan();
  denyAll(state, new Map(denied));
  return state;
}

test('what was written is read', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(addresses, fc.nat(NOW))), (denied) => {
      const state = planOf(denied);
      state.reviews.set('192.0.2.200', { reason: 'rate', since: 1, owners: new Map() });
      const kept = decodeDenied(encodeDenied(state), NOW);
      const expected = new Map(denied);
      if (expected.has('192.0.2.200')) return;
      expect(kept).toEqual(expected);
    }),
  );
});

test('a text that is cut off, or another one, is null', () => {
  const text = encodeDenied(
    planOf([
      ['192.0.2.1', 5],
      ['2001:db8::1', 6],
    ]),
  );
  for (let length = 0; length < text.length; length++) expect(decodeDenied(text.slice(0, length), NOW)).toBeNull();
  expect(decodeDenied(text.replace('192.0.2.1', '192.0.2.x'), NOW)).toBeNull();
  fc.assert(fc.property(fc.string(), (other) => void decodeDenied(other, NOW)));
  expect(decodeDenied('cleanfeed denied 1 0\n', NOW)).toEqual(new Map());
});

describe('denied addresses', () => {
  test('are no routes any more, whoever leads there', () => {
    const state = emptyPlan();
    state.routes.set('192.0.2.1', { since: 1, isReleased: false, owners: new Map() });
    addOwner(state, { address: '192.0.2.1', host: 'key', at: 2 });
    denyAll(state, new Map([['192.0.2.1', 3]]));
    expect([...state.routes.keys()]).toEqual([]);
    expect(state.reviews.get('192.0.2.1')).toEqual({ reason: 'denied', since: 3, owners: new Map([['key', 2]]) });
  });

  test('lie beside the plan', () => expect(deniedPath('/state/routes-0123.json')).toBe('/state/routes-0123.denied'));
});
