/**
 * Lives of lists against chance: sources, runs, publications, timers, reloads and other configurations in every order. What must hold
 * after each step, and where everything ends once all goes well.
 */
import assert from 'node:assert/strict';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ListError } from '../../src/list/list-error.ts';
import { candidateOf, goodOf, publishingList } from '../../src/list/list-state.ts';
import { keptOf, refused } from '../../src/list/staged-list.ts';
import type { PassedList, ReadList, RefusedList } from '../../src/list/staged-list.ts';
import { emptyStats } from '../../src/list/stats.ts';
import { newUpdates, updateStep } from '../../src/list/update-cycle.ts';
import type { ListEntry, ListId, UpdateEffect, UpdateEvent, UpdateState } from '../../src/list/update-cycle.ts';

/** Small numbers, which fast-check likes, would pick the same steps again and again. */
const CHOICES = fc.array(fc.noBias(fc.nat()), { maxLength: 100, size: 'max' });

const FAILURE = new ListError('timeout', 'told to fail');

/** @param records of a text that was compiled. */
function passedList(bytes: Uint8Array, records: Uint8Array | null): PassedList {
  const digest = { byteLength: bytes.length, sha256: '' };
  const kept = records === null ? null : { records, names: null, digest, content: null };
  return {
    stage: 'passed',
    bytes,
    segment: { kind: 'shared', kept },
    stats: emptyStats(),
    tests: [],
    grammar: 'block',
    badLines: [],
    suffixLines: [],
    protectedLines: [],
    firstSuffix: null,
  };
}

/**
 * Carries out effects as the updater does, but that all that takes time ends when chance has it. What is checked at each step is checked by
 * `assert`: `expect` makes all its matchers anew each time.
 */
class Model {
  state: UpdateState = newUpdates([1, 2, 3]);
  readonly reads = new Set<ListId>();
  readonly timers = new Set<ListId>();
  readonly caches = new Set<ListId>();
  isGathering = false;
  run: 'none' | 'judging' | 'publishing' = 'none';
  /** A change has been asked for; it may begin. */
  change: 'none' | 'asked' | 'may begin' = 'none';
  settledCount = 0;
  /** All that was given by a source or a change and has not come back. */
  readonly held = new Set<Uint8Array>();
  readonly gone = new Set<ListId>();
  readonly met = new Set<string>();
  #lastId = 3;
  #now = 0;

  dispatch(event: UpdateEvent): void {
    const before = this.state;
    const [state, effects] = updateStep(before, event);
    this.state = state;
    const removed = before.lists.filter(({ id }) => !state.lists.some((list) => list.id === id));
    for (const { id, state: left } of removed) {
      this.gone.add(id);
      // The collection of garbage takes what is still being written.
      if (left.phase.kind === 'caching' && left.uncached !== null) this.held.delete(left.uncached);
    }
    for (const effect of effects) this.#carryOut(effect, new Set(removed.map(({ id }) => id)));
    this.#check(before, event);
  }

  /** One step that `choice` picks of those that are possible now. */
  step(choice: number): void {
    const steps = this.#possible();
    const step = steps[choice % steps.length];
    if (step === undefined) throw new Error('nothing is possible');
    this.met.add(step.name);
    step.do(Math.floor(choice / steps.length));
  }

  /** Everything that is under way ends well, until nothing is. */
  drain(): void {
    for (let i = 0; i < 1000; i += 1) {
      const [id] = [...this.timers, ...this.reads];
      const [cache] = this.caches;
      if (this.change === 'may begin') this.#endChange();
      else if (cache !== undefined) this.#cached(cache, null);
      else if (id !== undefined && this.reads.has(id)) this.#read(id, 0);
      else if (id !== undefined) this.#fire(id);
      else if (this.run === 'judging') this.#judged(0);
      else if (this.run === 'publishing') this.#published(true);
      else if (this.isGathering) this.#gathered();
      else return;
    }
    throw new Error('it never ends');
  }

  #possible(): { readonly name: string; readonly do: (choice: number) => void }[] {
    const ids = [...this.state.lists.map(({ id }) => id), ...this.gone];
    const some = <T>(values: Iterable<T>, choice: number): T | undefined => {
      const all = [...values];
      return all[choice % Math.max(1, all.length)];
    };
    const steps = [
      { name: 'changed', do: (choice: number) => this.#tell(some(ids, choice), { on: 'changed' }) },
      { name: 'looked', do: (choice: number) => this.#tell(some(ids, choice), { on: 'looked', at: this.#now }) },
      { name: 'asked', do: () => this.dispatch({ on: 'asked' }) },
      { name: 'stalled', do: (choice: number) => this.#tell(some(ids, choice), { on: 'stalled', error: FAILURE }) },
    ];
    const add = (isPossible: boolean, name: string, act: (choice: number) => void): void => {
      if (isPossible) steps.push({ name, do: act });
    };
    add(this.reads.size > 0, 'read', (choice) => {
      const id = some(this.reads, choice);
      if (id !== undefined) this.#read(id, choice);
    });
    add(this.timers.size > 0, 'retry', (choice) => {
      const id = some(this.timers, choice);
      if (id !== undefined) this.#fire(id);
    });
    add(this.caches.size > 0, 'cached', (choice) => {
      const id = some(this.caches, choice);
      if (id !== undefined) this.#cached(id, choice % 3 === 0 ? 'no space left' : null);
    });
    add(this.isGathering, 'gathered', () => this.#gathered());
    add(this.run === 'judging', 'judged', (choice) => this.#judged(choice));
    add(this.run === 'publishing', 'published', (choice) => this.#published(choice % 3 !== 0));
    add(this.change === 'none', 'change', () => {
      this.change = 'asked';
      this.dispatch({ on: 'change asked' });
    });
    add(this.state.phase === 'last run', 'change given up', () => this.#endChange());
    add(this.change === 'may begin', 'replaced', (choice) => this.#replace(choice));
    add(this.change === 'may begin', 'change ended', () => this.#endChange());
    return steps;
  }

  #tell(id: ListId | undefined, event: Extract<UpdateEvent, { on: 'list' }>['event']): void {
    if (id !== undefined) this.dispatch({ on: 'list', id, event });
  }

  #bytes(): Uint8Array {
    const bytes = new Uint8Array(1);
    this.held.add(bytes);
    return bytes;
  }

  /** As a text that was compiled, or not. */
  #passed({ bytes }: ReadList, choice: number): PassedList {
    return passedList(bytes, choice % 2 === 0 ? this.#bytes() : null);
  }

  #candidate(choice: number): ReadList {
    const sourceFault = choice % 5 === 4 ? 'the source is away' : null;
    return { stage: 'read', bytes: this.#bytes(), version: null, currentAt: this.#now, sourceFault };
  }

  #read(id: ListId, choice: number): void {
    this.reads.delete(id);
    this.#now += 1;
    const at = this.#now;
    const events = [
      { on: 'read', list: this.#candidate(0) },
      { on: 'read failed', error: FAILURE },
      { on: 'same', at },
      { on: 'unchanged', at },
      { on: 'read', list: this.#candidate(4) },
    ] as const;
    const list = this.state.lists.find((one) => one.id === id)?.state;
    const hasGood = list !== undefined && goodOf(list) !== null;
    const picked = events[choice % events.length] ?? events[0];
    // Nothing is the same as nothing.
    const isOdd =
      (picked.on === 'same' && !hasGood) ||
      (picked.on === 'unchanged' && !hasGood && list?.trouble?.isRefused !== true);
    const event = isOdd ? events[1] : picked;
    for (const other of events) if (other !== event && other.on === 'read') this.held.delete(other.list.bytes);
    this.#tell(id, event);
  }

  #fire(id: ListId): void {
    this.timers.delete(id);
    this.#tell(id, { on: 'changed' });
  }

  #cached(id: ListId, warning: string | null): void {
    this.caches.delete(id);
    this.#tell(id, { on: 'cached', warning });
  }

  #gathered(): void {
    this.isGathering = false;
    this.dispatch({ on: 'gathered' });
  }

  #judged(choice: number): void {
    const verdicts = new Map<ListId, PassedList | RefusedList>();
    for (const [i, { id, state }] of this.state.lists.entries()) {
      if (state.phase.kind !== 'judging') continue;
      const isGood = (choice >> i) % 2 === 0;
      verdicts.set(
        id,
        isGood ? this.#passed(state.phase.candidate, choice >> 5) : refused(new ListError('bad_lines', 'bad')),
      );
    }
    this.run = 'publishing';
    this.dispatch({ on: 'judged', verdicts });
  }

  #published(isGood: boolean): void {
    const { lists, generation } = this.state;
    const hasNew = lists.some(({ state }) => state.phase.kind === 'publishing') || lists.length === 0;
    const isWhole = lists.every(({ state }) => goodOf(state) !== null || state.phase.kind === 'publishing');
    if (!isGood) this.dispatch({ on: 'run failed', error: FAILURE });
    else this.dispatch({ on: 'published', generation: hasNew && isWhole ? generation + 1 : null, at: this.#now });
    // The updater waits for the caches.
    for (const id of this.caches) this.#cached(id, null);
    this.run = 'none';
    this.dispatch({ on: 'run ended' });
  }

  #replace(choice: number): void {
    const stays = this.state.lists.filter(({ state }, i) => goodOf(state) !== null && (choice >> i) % 2 === 0);
    const fresh: ListEntry[] = [];
    if (choice % 3 !== 0) {
      const candidate = this.#candidate(choice);
      this.#lastId += 1;
      fresh.push({ id: this.#lastId, state: publishingList(candidate, this.#passed(candidate, choice)) });
    }
    this.dispatch({ on: 'replaced', lists: choice % 2 === 0 ? [...fresh, ...stays] : [...stays, ...fresh] });
    this.dispatch({ on: 'published', generation: this.state.generation + 1, at: this.#now });
    this.#endChange();
  }

  #endChange(): void {
    this.change = 'none';
    this.dispatch({ on: 'change ended' });
  }

  #carryOut(effect: UpdateEffect, leaving: ReadonlySet<ListId>): void {
    switch (effect.do) {
      case 'gather':
        this.isGathering = true;
        return;
      case 'stop gathering':
        this.isGathering = false;
        return;
      case 'run':
        // At most one at a time, and none while the lists change.
        expect([this.run, this.change === 'may begin']).toEqual(['none', false]);
        this.run = 'judging';
        return;
      case 'begin change':
        assert.strictEqual(this.run, 'none');
        this.change = 'may begin';
        return;
      case 'settled':
        this.settledCount += 1;
        return;
      case 'list':
        this.#carryOutFor(effect, leaving);
    }
  }

  #carryOutFor({ id, effect }: UpdateEffect & { readonly do: 'list' }, leaving: ReadonlySet<ListId>): void {
    const isGone = this.gone.has(id) && !leaving.has(id);
    switch (effect.do) {
      case 'discard':
      case 'release':
        assert.strictEqual(this.held.delete(effect.bytes), true);
        return;
      case 'read':
        expect([isGone, this.reads.has(id)]).toEqual([false, false]);
        this.reads.add(id);
        return;
      case 'retry':
        expect([isGone, this.timers.has(id)]).toEqual([false, false]);
        this.timers.add(id);
        return;
      case 'cancel retry':
        this.timers.delete(id);
        return;
      case 'cache':
        expect([isGone, this.caches.has(id)]).toEqual([false, false]);
        this.caches.add(id);
        return;
      case 'forget':
      case 'hold':
      case 'close':
      case 'log loaded':
      case 'log withdrawn':
      case 'log failed':
      case 'log lines':
      case 'log not cached':
        // No effect after removal but that memory comes back.
        assert.strictEqual(isGone, false);
    }
  }

  #check(before: UpdateState, event: UpdateEvent): void {
    const { lists, phase, generation, isClosed } = this.state;
    expect(generation).toBeGreaterThanOrEqual(before.generation);
    for (const { id, state } of lists) {
      const old = before.lists.find((list) => list.id === id);
      // The last good stays, whatever happens but a publication.
      if (event.on !== 'published' && old !== undefined) assert.strictEqual(state.current, old.state.current);
      if (old?.state.current.kind === 'served' && state.current.kind === 'served')
        expect(state.current.generation).toBeGreaterThanOrEqual(old.state.current.generation);
      // A timer for each that waits for one, and none besides; likewise what is being read.
      assert.strictEqual(this.timers.has(id), state.phase.kind === 'resting' && state.phase.isRetrying);
      if (!state.isClosed) assert.strictEqual(this.reads.has(id), state.phase.kind === 'reading');
      // Every failure has a next attempt; what was refused is up to its source.
      if (state.trouble !== null && !state.trouble.isRefused && state.phase.kind === 'resting' && !state.isClosed)
        assert.strictEqual(state.phase.isRetrying, true);
      if (phase === 'idle' && !isClosed) assert.notStrictEqual(state.phase.kind, 'waiting');
      if (this.run === 'none' && event.on !== 'run ended' && this.change !== 'may begin' && phase !== 'running')
        assert.notStrictEqual(state.phase.kind, 'judging');
    }
    assert.strictEqual(this.isGathering, phase === 'gathering' && !isClosed);
    const owned = lists.flatMap(({ state }) => {
      const { uncached, phase: now } = state;
      const records = now.kind === 'publishing' ? keptOf(now.passed)?.records : null;
      return [goodOf(state)?.bytes, uncached, candidateOf(state)?.bytes, records].filter(Boolean);
    });
    expect(new Set(owned)).toEqual(this.held);
    expect(owned.length).toBeLessThanOrEqual(4 * lists.length);
  }
}

describe('lives of lists', () => {
  test('in every order: the last good stays, one run at a time, a next attempt after each failure, no memory is lost', () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(CHOICES, (choices) => {
        const model = new Model();
        model.dispatch({ on: 'asked' });
        for (const choice of choices) model.step(choice);
        model.drain();
        for (const name of model.met) met.add(name);
        expect(model.state.phase).toBe(model.change === 'none' ? 'idle' : 'changing');
        for (const { state } of model.state.lists) {
          expect(state.phase).toEqual({ kind: 'resting', isRetrying: false });
          expect(goodOf(state) !== null || state.trouble?.isRefused === true).toBe(true);
        }
      }),
      { numRuns: 120 },
    );
    expect([...met].sort()).toEqual([
      'asked',
      'cached',
      'change',
      'change ended',
      'change given up',
      'changed',
      'gathered',
      'judged',
      'looked',
      'published',
      'read',
      'replaced',
      'retry',
      'stalled',
    ]);
  });

  test('once closed nothing begins any more, and what is under way gives its memory back or gets into force', () => {
    fc.assert(
      fc.property(CHOICES, CHOICES, (before, after) => {
        const model = new Model();
        model.dispatch({ on: 'asked' });
        for (const choice of before) model.step(choice);
        const { settledCount } = model;
        model.dispatch({ on: 'closed' });
        expect([model.settledCount, model.timers.size]).toEqual([settledCount + 1, 0]);
        const { run } = model;
        for (const choice of after) {
          const reads = model.reads.size;
          model.step(choice);
          expect(model.reads.size).toBeLessThanOrEqual(reads);
          expect([model.timers.size, model.run === 'judging' && run === 'none']).toEqual([0, false]);
        }
      }),
      { numRuns: 80 },
    );
  });
});
