/** Which addresses are steered: rule by rule, and against a plain account of what was announced over random histories. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePlan, encodePlan } from '../../../src/outlets/routes/plan-file.ts';
import type { PlanEffect, PlanEvent, PlanSettings } from '../../../src/outlets/routes/plan-events.ts';
import { emptyPlan, type PlanState } from '../../../src/outlets/routes/plan-state.ts';
import { planStep } from '../../../src/outlets/routes/route-plan.ts';

const HOLD = 1000;
const SETTINGS: PlanSettings = {
  never: (address) => address.startsWith('203.0.113.9'),
  newAddresses: 2,
  holdMs: HOLD,
  maxRoutes: 10,
  bytesPerSecond: 100,
};
const KEY = '00'.repeat(16);
const [A, B, C, D] = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'] as const;

const inForce = (...hosts: readonly string[]): PlanEvent => ({
  on: 'names',
  inForce: new Set(hosts),
  isComplete: true,
});
const leads = (host: string, addresses: readonly string[], at = 0): PlanEvent => ({
  on: 'resolved',
  host,
  addresses,
  isComplete: true,
  at,
});
const carried = (bytes: Readonly<Record<string, number>>, at: number): PlanEvent => ({
  on: 'counted',
  bytes: new Map(Object.entries(bytes)),
  at,
});

/** After these events: what is announced and under review, and the effects of the last one. */
function after(events: readonly PlanEvent[], settings = SETTINGS) {
  const state = emptyPlan();
  let effects: readonly PlanEffect[] = [];
  for (const event of events) effects = planStep(state, event, settings);
  return {
    routes: [...state.routes.keys()].toSorted(),
    reviews: Object.fromEntries([...state.reviews].map(([address, { reason }]) => [address, reason])),
    effects: effects.map((effect) => ('reason' in effect ? `${effect.do} ${effect.reason}` : effect.do)),
  };
}

describe('an answer', () => {
  test('announces where a name leads, once', () => {
    const once = [inForce('h'), leads('h', [A, B])];
    expect(after(once)).toEqual({ routes: [A, B], reviews: {}, effects: ['announce', 'announce'] });
    expect(after([...once, leads('h', [B, A], 5)]).effects).toEqual([]);
  });

  test('of a name that is not in force announces nothing', () => {
    expect(after([inForce('other'), leads('h', [A])]).routes).toEqual([]);
  });

  test('never takes an address that must not be steered', () => {
    expect(after([inForce('h'), leads('h', ['203.0.113.9', A])])).toMatchObject({ routes: [A], reviews: {} });
  });

  test('with more new addresses than the cap: the rest is held, the families by turns', () => {
    const { routes, reviews, effects } = after([inForce('h'), leads('h', [C, B, A, '2001:db8::2', '2001:db8::1'])]);
    expect(routes).toEqual(['2001:db8::1', A]);
    expect(reviews).toEqual({ [B]: 'many', [C]: 'many', '2001:db8::2': 'many' });
    // Each is told.
    expect(effects.toSorted()).toEqual(['announce', 'announce', 'hold many', 'hold many', 'hold many']);
  });

  test('whose addresses change with each update: after a while they are held', () => {
    const moves = Array.from({ length: 5 }, (_, i) =>
      leads('h', [`203.0.113.${i * 2 + 20}`, `203.0.113.${i * 2 + 21}`], i),
    );
    const { routes, reviews } = after([inForce('h'), ...moves], { ...SETTINGS, maxRoutes: 100 });
    expect(routes).toHaveLength(8);
    expect(reviews).toEqual({ '203.0.113.28': 'changing', '203.0.113.29': 'changing' });
  });

  test('after the hold time the same changes are let through', () => {
    const later = leads('h', ['203.0.113.40', '203.0.113.41'], HOLD + 10);
    const moves = Array.from({ length: 4 }, (_, i) =>
      leads('h', [`203.0.113.${i * 2 + 20}`, `203.0.113.${i * 2 + 21}`], i),
    );
    expect(after([inForce('h'), ...moves, later], { ...SETTINGS, maxRoutes: 100 }).reviews).toEqual({});
  });

  test('beyond the bound of routes is left out, and tried again', () => {
    const settings = { ...SETTINGS, maxRoutes: 1 };
    const full = [inForce('h', 'i'), leads('h', [A]), leads('i', [B])];
    expect(after(full, settings)).toMatchObject({ routes: [A], effects: ['skip'] });
    expect(after([...full, inForce('i'), leads('i', [B], 1)], settings).routes).toEqual([B]);
  });
});

describe('an address that its host does not lead to any more', () => {
  const there = [inForce('h'), leads('h', [A])];

  test('stays for the hold time after it was last seen, and not longer', () => {
    expect(after([...there, leads('h', [B], HOLD - 1)]).routes).toEqual([A, B]);
    expect(after([...there, leads('h', [B], HOLD)])).toMatchObject({
      routes: [B],
      effects: ['announce', 'withdraw gone'],
    });
  });

  test('stays while no resolver knows', () => {
    expect(
      after([...there, { on: 'resolved', host: 'h', addresses: [], isComplete: false, at: 9 * HOLD }]).routes,
    ).toEqual([A]);
  });

  test('stays for another host', () => {
    const both = [inForce('h', 'i'), leads('h', [A]), leads('i', [A], HOLD)];
    expect(after([...both, leads('h', [], HOLD)]).routes).toEqual([A]);
  });
});

describe('a removed entry', () => {
  test('frees its addresses at once, whatever the hold time', () => {
    const { routes, effects } = after([inForce('h', 'i'), leads('h', [A, B]), leads('i', [B], 1), inForce('i')]);
    expect({ routes, effects }).toEqual({ routes: [B], effects: ['withdraw removed'] });
  });

  test('frees what is held too, and leaves what is denied', () => {
    const held = [inForce('h'), leads('h', [A, B, C, D])];
    expect(after([...held, { on: 'deny', address: A, at: 1 }, inForce()])).toMatchObject({
      routes: [],
      reviews: { [A]: 'denied' },
    });
  });

  test('of a list that is not there yet: what an earlier process announced stays, and goes when it is known', () => {
    const state = emptyPlan();
    for (const event of [inForce('h'), leads('h', [A])]) planStep(state, event, SETTINGS);
    const kept = decodePlan(encodePlan({ key: KEY, state }), 5)?.state ?? emptyPlan();
    expect(planStep(kept, { on: 'names', inForce: new Set(['i']), isComplete: false }, SETTINGS)).toEqual([]);
    expect([...kept.routes.keys()]).toEqual([A]);
    planStep(kept, inForce('i'), SETTINGS);
    expect([...kept.routes.keys()]).toEqual([]);
  });
});

describe('traffic', () => {
  const there = [inForce('h'), leads('h', [A, B])];

  test.each([
    { name: 'at the limit', bytes: 100, routes: [A, B] },
    { name: 'over it', bytes: 101, routes: [B] },
  ])('$name', ({ bytes, routes }) => {
    const events = [...there, carried({ [A]: 7, [B]: 0 }, 1000), carried({ [A]: 7 + bytes, [B]: 1 }, 2000)];
    expect(after(events).routes).toEqual(routes);
  });

  test('over the limit it is withdrawn and held until somebody decides, though its host leads there and elsewhere', () => {
    const over = [...there, carried({}, 1000), carried({ [A]: 1000 }, 2000)];
    expect(after(over)).toMatchObject({ routes: [B], reviews: { [A]: 'rate' }, effects: ['withdraw rate'] });
    const later = [...over, leads('h', [A, B], 2500), leads('h', [B], 99 * HOLD)];
    expect(after(later)).toMatchObject({ routes: [B], reviews: { [A]: 'rate' } });
    expect(after([...later, { on: 'release', address: A, at: 0 }]).routes).toEqual([A, B]);
  });

  // Was a fault: what had still gone by the old route, until the router withdrew it, took the released one out again.
  test('from before it was released is not held against it, what it carries from the next count on is', () => {
    const over = [...there, carried({}, 1000), carried({ [A]: 1000 }, 2000)];
    const released = [...over, { on: 'release', address: A, at: 2500 } as const, carried({ [A]: 2000 }, 3000)];
    expect(after(released).routes).toEqual([A, B]);
    expect(after([...released, carried({ [A]: 2101 }, 4000)]).routes).toEqual([B]);
    // The clock was set back behind the release.
    expect(after([...released, carried({ [A]: 0 }, 100), carried({ [A]: 101 }, 1100)]).routes).toEqual([B]);
  });

  test('a counter that begins anew is no traffic, an address that was never counted before has none yet', () => {
    const events = [...there, carried({ [A]: 1_000_000 }, 1000), carried({ [A]: 50, [B]: 60 }, 2000)];
    expect(after(events).routes).toEqual([A, B]);
  });

  test('a counter that stands still is no traffic', () => {
    const events = [...there, carried({ [A]: 1_000_000 }, 1000), carried({ [A]: 1_000_000 }, 2000)];
    expect(after(events).routes).toEqual([A, B]);
  });

  test('without a rate nothing is withdrawn', () => {
    const events = [...there, carried({}, 1000), carried({ [A]: 1e12 }, 2000)];
    expect(after(events, { ...SETTINGS, bytesPerSecond: null }).routes).toEqual([A, B]);
  });
});

describe('an operator', () => {
  const held = [inForce('h'), leads('h', [A, B, C])];

  test('releases what is held: it is announced, and never counts as a change', () => {
    expect(after([...held, { on: 'release', address: C, at: 1 }])).toMatchObject({ routes: [A, B, C], reviews: {} });
  });

  test('denies what is announced: it is withdrawn and does not come back by itself', () => {
    const denied = [...held, { on: 'deny', address: A, at: 1 } as const];
    expect(after(denied)).toMatchObject({ routes: [B], effects: ['withdraw denied'] });
    expect(after([...denied, leads('h', [A], 2)]).routes).toEqual([B]);
  });

  test('denies what nobody leads to yet', () => {
    expect(after([{ on: 'deny', address: A, at: 0 }, inForce('h'), leads('h', [A])])).toMatchObject({
      routes: [],
      reviews: { [A]: 'denied' },
    });
  });

  test('cannot release what is not held, or must not be steered', () => {
    expect(after([...held, { on: 'release', address: A, at: 1 }]).effects).toEqual(['ignore']);
    const never = { ...SETTINGS, never: () => true };
    const state = emptyPlan();
    for (const event of held) planStep(state, event, SETTINGS);
    expect(planStep(state, { on: 'release', address: C, at: 1 }, never)).toEqual([{ do: 'forget', address: C }]);
    expect([...state.reviews.keys()]).toEqual([]);
  });

  test('cannot release what there is no place for: it stays held', () => {
    const state = emptyPlan();
    for (const event of held) planStep(state, event, SETTINGS);
    const release = { on: 'release', address: C, at: 1 } as const;
    expect(planStep(state, release, { ...SETTINGS, maxRoutes: 2 })).toEqual([{ do: 'skip', address: C }]);
    expect([[...state.routes.keys()], [...state.reviews.keys()]]).toEqual([[A, B], [C]]);
  });
});

test('what must not be steered from now on is withdrawn at once', () => {
  const state = emptyPlan();
  for (const event of [inForce('h'), leads('h', [A, B, C])]) planStep(state, event, SETTINGS);
  const effects = planStep(state, { on: 'settings' }, { ...SETTINGS, never: (address) => address !== B });
  expect(effects).toEqual([{ do: 'withdraw', address: A, reason: 'never' }]);
  expect([[...state.routes.keys()], state.reviews.size]).toEqual([[B], 0]);
});

const HOSTS = ['h0', 'h1', 'h2', 'h3'];
const ADDRESSES = Array.from({ length: 14 }, (_, i) => (i % 2 === 0 ? `203.0.113.${i + 80}` : `2001:db8::${i}`));
const some = <Item>(items: readonly Item[]): fc.Arbitrary<Item[]> =>
  fc.subarray([...items], { maxLength: items.length });
/** Times are steps: the history gives each event its own. */
const STEP = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      on: fc.constant('resolved' as const),
      host: fc.constantFrom(...HOSTS),
      addresses: some(ADDRESSES),
      isComplete: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      on: fc.constant('names' as const),
      inForce: some(HOSTS).map((hosts) => new Set(hosts)),
      isComplete: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      on: fc.constant('counted' as const),
      bytes: fc
        .dictionary(fc.constantFrom(...ADDRESSES), fc.nat(100_000))
        .map((bytes) => new Map(Object.entries(bytes))),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      on: fc.constantFrom('release' as const, 'deny' as const),
      address: fc.constantFrom(...ADDRESSES),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ on: 'settings' as const }) },
  { weight: 1, arbitrary: fc.constant({ on: 'restart' as const }) },
);

function hostOf(step: object): string {
  return 'host' in step ? String(step.host) : '';
}

/** What must hold of any state. */
function check(state: PlanState, settings: PlanSettings): void {
  const owned = new Map<string, Set<string>>();
  for (const [address, { owners }] of [...state.routes, ...state.reviews])
    for (const host of owners.keys()) owned.set(host, (owned.get(host) ?? new Set()).add(address));
  expect(state.byHost).toEqual(owned);
  expect([...state.routes.keys()].filter((address) => state.reviews.has(address) || settings.never(address))).toEqual(
    [],
  );
  expect([...state.routes.values()].filter(({ owners }) => owners.size === 0)).toEqual([]);
  expect(state.routes.size).toBeLessThanOrEqual(settings.maxRoutes);
}

test('over any history: what was announced and not withdrawn is what is announced, and every rule holds', () => {
  let withdrawn = 0;
  fc.assert(
    fc.property(fc.array(STEP, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      let state = emptyPlan();
      const settings = { ...SETTINGS, maxRoutes: 5, never: (address: string) => address === ADDRESSES[3] };
      const announced = new Set<string>();
      const lastSeen = new Map<string, number>();
      for (const [i, step] of steps.entries()) {
        const at = i * 150;
        if (step.on === 'restart') {
          const { names } = state;
          state = decodePlan(encodePlan({ key: KEY, state }), at)?.state ?? emptyPlan();
          state.names = names;
          continue;
        }
        const denied = [...state.reviews].filter(([, { reason }]) => reason === 'denied').map(([address]) => address);
        const effects = planStep(state, { ...step, at } as PlanEvent, settings);
        let fresh = 0;
        for (const effect of effects) {
          if (effect.do === 'announce') {
            expect(announced.has(effect.address)).toBe(false);
            announced.add(effect.address);
            fresh += 1;
          } else if (effect.do === 'withdraw') {
            expect(announced.delete(effect.address)).toBe(true);
            withdrawn += 1;
            if (effect.reason === 'gone')
              expect(at - (lastSeen.get(`${hostOf(step)} ${effect.address}`) ?? 0)).toBeGreaterThanOrEqual(HOLD);
          }
        }
        expect(fresh).toBeLessThanOrEqual(settings.newAddresses);
        expect(new Set(state.routes.keys())).toEqual(announced);
        if (step.on === 'resolved' && state.names.has(step.host))
          for (const address of step.addresses) lastSeen.set(`${step.host} ${address}`, at);
        if (step.on === 'names' && step.isComplete)
          expect([...state.byHost.keys()].filter((host) => !step.inForce.has(host))).toEqual([]);
        if (step.on !== 'release')
          expect(denied.filter((address) => state.reviews.get(address)?.reason !== 'denied')).toEqual([]);
        check(state, settings);
      }
    }),
    { numRuns: 300 },
  );
  // It is no account of nothing.
  expect(withdrawn).toBeGreaterThan(500);
});

describe('bounds against who is listed', () => {
  const full = Array.from({ length: 40 }, (_, i) => `198.51.100.${i}`);
  const settings = { ...SETTINGS, newAddresses: 1, maxRoutes: 5, holdMs: 0 };

  test('what was over its rate does not grow for ever: the oldest is forgotten', () => {
    const events = full.flatMap((address, i) => [
      leads('h', [address], i * 10),
      carried({}, i * 10 + 1),
      carried({ [address]: 1_000_000 }, i * 10 + 2),
    ]);
    const { routes, reviews } = after([inForce('h'), ...events], settings);
    expect([routes, Object.keys(reviews)]).toEqual([[], full.slice(-5)]);
  });

  test('an address can be denied though all places are held', () => {
    const events = [inForce('h'), leads('h', full), { on: 'deny', address: '192.0.2.1', at: 1 }] as const;
    const { reviews, effects } = after(events, settings);
    expect([reviews['192.0.2.1'], Object.keys(reviews).length, effects]).toEqual([
      'denied',
      5,
      ['forget', 'hold denied'],
    ]);
  });

  test('a clock that is set back lets go of an address after the hold time', () => {
    const events = [inForce('h'), leads('h', [A], 1e9), leads('h', [B], 10), leads('h', [B], 10 + HOLD)];
    expect(after(events).routes).toEqual([B]);
  });
});
