/**
 * Where the filter belongs: single decisions as a table, and a model of the world (a filter that lives or dies, commands that succeed or
 * fail, a fleet, an operator) in which the reducer is driven by random events and must keep its promises.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterRound, UNKNOWN, type Health, type Round } from '../../src/guard/health.ts';
import { afterEvent, holdMs, startPath, type Path, type PathEvent, type Step } from '../../src/guard/path.ts';
import type { PathTerms } from '../../src/guard/settings.ts';

const TERMS: PathTerms = {
  partialMs: 15_000,
  holdMs: 2000,
  maxHoldMs: 60_000,
  calmMs: 600_000,
  drain: 'withdraw',
  drainAfterMs: 0,
  onStop: 'leave',
  fleet: { minimum: 0, own: 1, ifUnknown: 'act' },
};
const HEALTH = { failures: 2, successes: 2, connections: 16 };
const HEALTHY: Health = { ...UNKNOWN, phase: 'healthy' };
const DOWN: Health = { ...UNKNOWN, phase: 'down' };
const PARTIAL: Health = { ...UNKNOWN, phase: 'suspect', partialSince: 0 };

/** A world around the reducer: commands that were begun are known, and end when they are told to. */
class World {
  path: Path;
  now = 0;
  healths: readonly Health[] = [UNKNOWN];
  terms = TERMS;
  readonly begun: string[] = [];
  isEnded = false;

  constructor(position: Path['position'], terms: Partial<PathTerms> = {}) {
    this.terms = { ...TERMS, ...terms };
    this.path = startPath(position, 0, 0);
  }

  event(event: PathEvent): Step {
    const { healths, terms, now } = this;
    const { path, step } = afterEvent(this.path, event, { healths, terms, now });
    this.path = path;
    if (step?.kind === 'run') this.begun.push(step.direction);
    else if (step !== null) this.begun.push(step.kind);
    this.isEnded ||= step?.kind === 'end';
    return step;
  }

  /** Time passes with this health. */
  pass(milliseconds: number, ...healths: readonly Health[]): Step {
    this.healths = healths;
    this.now += milliseconds;
    return this.event({ kind: 'look' });
  }

  ends(isDone = true): Step {
    const direction = this.path.running;
    if (direction === null) throw new Error('nothing is running');
    return this.event({ kind: 'command', direction, isDone });
  }

  /** It is in the path, and healthy. */
  static inPath(terms: Partial<PathTerms> = {}): World {
    const world = new World('unknown', terms);
    world.pass(0, HEALTHY);
    world.ends();
    world.begun.length = 0;
    return world;
  }
}

describe('at the start', () => {
  test('nothing is done before the first healthy probe, then it is put into the path', () => {
    const world = new World('unknown');
    world.pass(100, UNKNOWN);
    expect(world.begun).toEqual([]);
    world.pass(100, HEALTHY);
    expect(world.begun).toEqual(['back']);
    world.ends();
    expect(world.path).toMatchObject({ position: 'in', flaps: 0 });
  });

  test('a filter that does not answer is taken out, and that is no flap', () => {
    const world = new World('unknown');
    world.pass(100, DOWN);
    world.ends();
    expect(world.path).toMatchObject({ position: 'out', reason: 'start', flaps: 0 });
    world.pass(100, HEALTHY);
    expect(world.begun).toEqual(['out', 'back']);
  });

  test.each(['in', 'out'] as const)('what was kept is believed: %s', (position) => {
    const world = new World(position);
    world.pass(100, position === 'in' ? HEALTHY : DOWN);
    expect(world.begun).toEqual([]);
  });
});

describe('a failure', () => {
  test('out at once, back when it was healthy for the hold, which doubles, and is the first again after a calm time', () => {
    const world = World.inPath();
    for (const hold of [2000, 4000, 8000]) {
      world.pass(100, DOWN);
      world.ends();
      expect(world.path.position).toBe('out');
      world.pass(100, HEALTHY);
      world.pass(hold - 1, HEALTHY);
      expect(world.path.running).toBeNull();
      world.pass(1, HEALTHY);
      expect(world.path.running).toBe('back');
      world.ends();
    }
    world.pass(TERMS.calmMs, HEALTHY);
    expect(world.path.flaps).toBe(0);
  });

  test('whoever is not healthy all the time of the hold waits anew', () => {
    const world = World.inPath();
    world.pass(100, DOWN);
    world.ends();
    world.pass(100, HEALTHY);
    world.pass(1500, PARTIAL);
    world.pass(1500, HEALTHY);
    world.pass(1999, HEALTHY);
    expect(world.path.position).toBe('out');
    world.pass(1, HEALTHY);
    expect(world.path.running).toBe('back');
  });

  test('one of several listeners is enough', () => {
    const world = World.inPath();
    world.pass(100, HEALTHY, DOWN);
    expect(world.begun).toEqual(['out']);
  });

  test('commands that fail are run again, later each time, and what they did is not known', () => {
    const world = World.inPath();
    world.pass(100, DOWN);
    world.ends(false);
    expect(world.path).toMatchObject({ position: 'unknown', failedAttempts: 1, notBefore: 200 });
    world.pass(99, DOWN);
    expect(world.begun).toEqual(['out']);
    world.pass(1, DOWN);
    expect(world.begun).toEqual(['out', 'out']);
    world.ends(false);
    expect(world.path.notBefore - world.now).toBe(200);
    world.pass(200, DOWN);
    world.ends();
    expect(world.path).toMatchObject({ position: 'out', failedAttempts: 0, flaps: 1, reason: 'down' });
  });

  test('it is healthy again while the commands out fail: they are undone', () => {
    const world = World.inPath();
    world.pass(100, DOWN);
    world.ends(false);
    world.pass(1000, HEALTHY);
    expect(world.begun).toEqual(['out', 'back']);
  });
});

describe('a part fails', () => {
  test('the filter has time to replace a worker', () => {
    const world = World.inPath();
    world.pass(14_999, PARTIAL);
    expect(world.begun).toEqual([]);
    world.pass(1, PARTIAL);
    expect(world.begun).toEqual(['out']);
    world.ends();
    expect(world.path).toMatchObject({ reason: 'partial', flaps: 1 });
  });

  test('0s: at once', () => {
    const world = World.inPath({ partialMs: 0 });
    world.pass(1, PARTIAL);
    expect(world.begun).toEqual(['out']);
  });

  test('while bypass is on it moves nothing; no answer at all does', () => {
    const world = World.inPath();
    world.event({ kind: 'filter', says: { draining: false, bypass: true } });
    world.pass(60_000, PARTIAL);
    expect(world.begun).toEqual([]);
    world.pass(100, DOWN);
    expect(world.begun).toEqual(['out']);
  });
});

describe('a planned drain', () => {
  test('it is taken out while it still answers, without a flap, and comes back without a hold', () => {
    const world = World.inPath();
    world.event({ kind: 'filter', says: { draining: true, bypass: false } });
    expect(world.begun).toEqual(['out']);
    world.ends();
    expect(world.path).toMatchObject({ position: 'out', reason: 'draining', flaps: 0 });
    world.pass(1000, DOWN);
    world.event({ kind: 'filter', says: null });
    world.pass(1000, HEALTHY);
    expect(world.begun).toEqual(['out', 'back']);
  });

  test('drainAfter: it stays until it has said so for so long, however well it is, also where it is silent for a moment', () => {
    const world = World.inPath({ drainAfterMs: 3000 });
    world.event({ kind: 'filter', says: { draining: true, bypass: false } });
    world.pass(1500, HEALTHY);
    world.event({ kind: 'filter', says: null });
    world.pass(1499, HEALTHY);
    expect(world.begun).toEqual([]);
    world.pass(1, HEALTHY);
    world.ends();
    // Was so: one answer that did not come, and it was put back.
    world.event({ kind: 'filter', says: null });
    world.pass(1000, HEALTHY);
    expect(world.begun).toEqual(['out']);
  });

  test('drainAfter: one that is put out for another reason meanwhile does not come back', () => {
    const world = World.inPath({ drainAfterMs: 3000 });
    world.event({ kind: 'filter', says: { draining: true, bypass: false } });
    world.pass(100, DOWN);
    world.ends();
    world.pass(100, HEALTHY);
    world.pass(2700, HEALTHY);
    expect(world.begun).toEqual(['out']);
  });

  test('whoever ignores drains looks at probes only', () => {
    const world = World.inPath({ drain: 'ignore' });
    world.event({ kind: 'filter', says: { draining: true, bypass: false } });
    expect(world.begun).toEqual([]);
  });

  test('the fleet is not asked', () => {
    const world = World.inPath({ fleet: { minimum: 2, own: 1, ifUnknown: 'stay' } });
    world.event({ kind: 'filter', says: { draining: true, bypass: false } });
    expect(world.begun).toEqual(['out']);
  });
});

describe('the fleet', () => {
  const fleet = { minimum: 2, own: 1, ifUnknown: 'act' } as const;

  test.each([
    { name: 'enough others', terms: { fleet }, routes: 3, want: ['count', 'out'] },
    { name: 'too few', terms: { fleet }, routes: 2, want: ['count'] },
    { name: 'not known: act', terms: { fleet }, routes: null, want: ['count', 'out'] },
    {
      name: 'not known: stay',
      terms: { fleet: { ...fleet, ifUnknown: 'stay' as const } },
      routes: null,
      want: ['count'],
    },
  ])('$name', ({ terms, routes, want }) => {
    const world = World.inPath(terms);
    world.pass(100, DOWN);
    world.pass(100, DOWN);
    world.event({ kind: 'others', routes });
    expect(world.begun).toEqual(want);
    expect(world.path.isHeld).toBe(want.length === 1);
  });

  test('as long as it is held the fleet is counted again, and let go when it has grown', () => {
    const world = World.inPath({ fleet });
    world.pass(100, DOWN);
    world.event({ kind: 'others', routes: 2 });
    world.pass(999, DOWN);
    expect(world.begun).toEqual(['count']);
    world.pass(1, DOWN);
    world.event({ kind: 'others', routes: 3 });
    expect(world.begun).toEqual(['count', 'count', 'out']);
  });

  test('an old count is not used for the next failure', () => {
    const world = World.inPath({ fleet });
    world.pass(100, DOWN);
    world.event({ kind: 'others', routes: 2 });
    world.pass(10, HEALTHY);
    expect(world.path.isHeld).toBe(false);
    world.pass(10, DOWN);
    expect(world.begun).toEqual(['count', 'count']);
  });
});

// Was so: this node's own route was taken off a count in which it was no more, and nothing was ever finished.
test('commands out that did a half are finished, however the fleet is counted then', () => {
  const world = World.inPath({ fleet: { minimum: 2, own: 1, ifUnknown: 'stay' } });
  world.pass(100, DOWN);
  world.event({ kind: 'others', routes: 3 });
  world.ends(false);
  world.pass(5000, DOWN);
  expect(world.begun).toEqual(['count', 'out', 'out']);
  // Once it is well the next failure asks again.
  world.ends(false);
  world.pass(5000, HEALTHY);
  world.ends();
  world.pass(100, DOWN);
  expect(world.begun).toEqual(['count', 'out', 'out', 'back', 'count']);
});

test.each([
  { ifUnknown: 'act', routes: 2, want: ['count', 'out'] },
  { ifUnknown: 'stay', routes: 2, want: ['count'] },
  { ifUnknown: 'act', routes: 1, want: ['count'] },
  { ifUnknown: 'stay', routes: 3, want: ['count', 'out'] },
] as const)('where the filter is, is not known, and $routes routes are: $ifUnknown', ({ ifUnknown, routes, want }) => {
  const world = new World('unknown', { fleet: { minimum: 2, own: 1, ifUnknown } });
  world.pass(100, DOWN);
  world.event({ kind: 'others', routes });
  expect(world.begun).toEqual(want);
});

// Was so: rules that were loaded anew put a dead filter back, and it stayed there.
describe('it is found in the path, where nobody has put it', () => {
  test('dead: it is taken out again', () => {
    const world = new World('out');
    world.pass(100, DOWN);
    world.event({ kind: 'found' });
    world.ends();
    expect(world).toMatchObject({ begun: ['out'], path: { position: 'out' } });
  });

  test('healthy, within the hold: it stays', () => {
    const world = World.inPath();
    world.pass(100, DOWN);
    world.ends();
    world.pass(100, HEALTHY);
    world.event({ kind: 'found' });
    world.pass(10_000, HEALTHY);
    expect(world).toMatchObject({ begun: ['out'], path: { position: 'in' } });
  });

  // Was a fault: `birdc configure` enables what the guard has disabled, and the route feed runs it with each change. Each time the hold was doubled.
  test('dead, again and again: the hold is that of the one failure', () => {
    const world = World.inPath();
    world.pass(100, DOWN);
    world.ends();
    for (let times = 0; times < 5; times++) {
      world.pass(1000, DOWN);
      world.event({ kind: 'found' });
      world.ends();
    }
    expect(world).toMatchObject({ begun: Array<string>(6).fill('out'), path: { position: 'out', flaps: 1 } });
    world.event({ kind: 'found' });
    world.ends();
    // It has failed anew.
    world.pass(100, HEALTHY);
    world.event({ kind: 'found' });
    world.pass(100, HEALTHY);
    world.pass(100, DOWN);
    world.ends();
    expect(world.path).toMatchObject({ position: 'out', flaps: 2 });
  });

  test('an answer that is late changes nothing', () => {
    const world = World.inPath();
    world.event({ kind: 'found' });
    world.pass(100, DOWN);
    world.event({ kind: 'found' });
    world.ends();
    expect(world).toMatchObject({ begun: ['out'], path: { position: 'out' } });
  });
});

describe("the guard's own end", () => {
  test('leave: it ends as it is, after a command under way', () => {
    const world = World.inPath();
    world.pass(100, DOWN);
    world.event({ kind: 'stop' });
    expect(world.isEnded).toBe(false);
    world.ends();
    expect(world).toMatchObject({ isEnded: true, begun: ['out', 'end'] });
  });

  test('out: the filter is taken out first', () => {
    const world = World.inPath({ onStop: 'out' });
    world.event({ kind: 'stop' });
    expect(world.begun).toEqual(['out']);
    world.ends();
    expect(world).toMatchObject({ isEnded: true, path: { position: 'out', flaps: 0 } });
  });

  test('out, and the commands fail: it tries a few times', () => {
    const world = World.inPath({ onStop: 'out' });
    world.event({ kind: 'stop' });
    for (let attempt = 0; attempt < 2; attempt++) {
      world.ends(false);
      world.pass(5000, HEALTHY);
    }
    world.ends(false);
    expect(world).toMatchObject({ isEnded: true, begun: ['out', 'out', 'out', 'end'] });
  });
});

describe('promises, whatever happens', () => {
  type Happening =
    | { readonly kind: 'round'; readonly listener: number; readonly rounds: readonly Round[] }
    | { readonly kind: 'time'; readonly milliseconds: number }
    | { readonly kind: 'ends'; readonly isDone: boolean }
    | { readonly kind: 'counted'; readonly routes: number | null }
    | { readonly kind: 'found' }
    | { readonly kind: 'filter'; readonly draining: boolean; readonly bypass: boolean };

  /** A filter is rather well than ill, and ill for a while. */
  const result = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ ok: 3, failed: 0 }) },
    { weight: 2, arbitrary: fc.constant({ ok: 0, failed: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom({ ok: 2, failed: 1 }, { ok: 0, failed: 0 }) },
  );
  const happening = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        kind: fc.constant('round' as const),
        listener: fc.nat(1),
        rounds: fc.array(result, { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), milliseconds: fc.nat(20_000) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('ends' as const), isDone: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('counted' as const), routes: fc.option(fc.nat(4)) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'found' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('filter' as const), draining: fc.boolean(), bypass: fc.boolean() }),
    },
  );
  const terms = fc.record({
    drain: fc.constantFrom('withdraw' as const, 'ignore' as const),
    drainAfterMs: fc.constantFrom(0, 3000),
    partialMs: fc.constantFrom(0, 15_000),
    fleet: fc.record({
      minimum: fc.nat(3),
      own: fc.nat(1),
      ifUnknown: fc.constantFrom('act' as const, 'stay' as const),
    }),
  });

  function apply(world: World, happened: Happening): void {
    switch (happened.kind) {
      case 'round':
        world.healths = world.healths.map((health, i) =>
          i === happened.listener ? after(health, happened.rounds, world.now) : health,
        );
        world.event({ kind: 'look' });
        return;
      case 'time':
        world.pass(happened.milliseconds, ...world.healths);
        return;
      case 'ends':
        if (world.path.running !== null) world.ends(happened.isDone);
        return;
      case 'counted':
        if (world.path.others === 'asked') world.event({ kind: 'others', routes: happened.routes });
        return;
      case 'found':
        world.event({ kind: 'found' });
        return;
      case 'filter':
        world.event({ kind: 'filter', says: happened });
    }
  }

  function after(health: Health, rounds: readonly Round[], now: number): Health {
    return rounds.reduce((before, round) => afterRound(before, round, HEALTH, now), health);
  }

  /** By the count that was the last before the commands were begun. */
  function mayGo({ others, position }: Path, { fleet: { minimum, ifUnknown } }: PathTerms): boolean {
    if (typeof others !== 'object') return false;
    const { count, routes } = others;
    const isKnown = count !== null && (count >= minimum || position !== 'unknown' || routes! < minimum);
    return isKnown ? count >= minimum : ifUnknown === 'act';
  }

  /** Commands that were asked for succeed, a count shows many, and time passes. */
  function settle(world: World, health: Health): void {
    world.event({ kind: 'filter', says: { draining: false, bypass: false } });
    for (let turn = 0; turn < 20; turn++) {
      world.pass(60_000, health, health);
      if (world.path.others === 'asked') world.event({ kind: 'others', routes: 99 });
      if (world.path.running !== null) world.ends();
    }
  }

  const histories = fc.record({
    terms,
    position: fc.constantFrom('unknown' as const, 'in' as const, 'out' as const),
    happenings: fc.array(happening, { maxLength: 30, size: 'max' }),
  });

  test('one command at a time; back only while every listener is healthy; out only with a reason and a fleet', () => {
    let [outs, backs] = [0, 0];
    fc.assert(
      fc.property(histories, ({ terms: some, position, happenings }) => {
        const world = new World(position, some);
        world.healths = [UNKNOWN, UNKNOWN];
        for (const happened of happenings) {
          const before = world.path;
          const known = world.begun.length;
          apply(world, happened);
          const begun = world.begun.slice(known);
          expect(begun.length).toBeLessThanOrEqual(1);
          const { healths, path } = world;
          if (before.running !== null && happened.kind !== 'ends') expect(begun).toEqual([]);
          if (begun[0] === 'back') {
            backs += 1;
            expect(healths.every(({ phase }) => phase === 'healthy')).toBe(true);
            // It goes out, and is wanted back by then.
            const hasJustGone = happened.kind === 'ends' && before.running === 'out';
            expect(hasJustGone ? 'out' : before.position).not.toBe('in');
          }
          if (begun[0] === 'out') {
            outs += 1;
            const isDown = healths.some(({ phase }) => phase === 'down');
            const isPartial = healths.some(({ partialSince }) => partialSince !== null);
            expect(isDown || isPartial || path.filter?.draining === true).toBe(true);
            if (path.reason !== 'draining' && world.terms.fleet.minimum > 0)
              expect(mayGo(path, world.terms)).toBe(true);
          }
          expect(holdMs(path.flaps, world.terms)).toBeLessThanOrEqual(world.terms.maxHoldMs);
        }
      }),
      { numRuns: 1500 },
    );
    // Otherwise nothing of this was looked at.
    expect(Math.min(outs, backs)).toBeGreaterThan(50);
  });

  test('whatever has happened: a filter that answers comes into the path, one that does not comes out of it', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), ({ terms: some, position, happenings }, lives) => {
        const world = new World(position, some);
        world.healths = [UNKNOWN, UNKNOWN];
        for (const happened of happenings) apply(world, happened);
        settle(world, lives ? HEALTHY : DOWN);
        expect(world.path).toMatchObject({ position: lives ? 'in' : 'out', running: null, isHeld: false });
      }),
      { numRuns: 300 },
    );
  });
});
