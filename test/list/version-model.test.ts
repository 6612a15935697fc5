/**
 * The life of one list against chance, with everything that concerns its versions: a publisher who publishes sound and odd ones, withdraws, and
 * an operator who accepts, goes back, releases, restarts. The lives, the notes and the gate are those of the program; source and disk are the model's.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ListError } from '../../src/list/list-error.ts';
import { verdictOf } from '../../src/list/gate.ts';
import type { ListEffect, ListEvent } from '../../src/list/list-events.ts';
import { listStep } from '../../src/list/list-life.ts';
import { goodOf, NEW_LIST } from '../../src/list/list-state.ts';
import type { ListState } from '../../src/list/list-state.ts';
import * as notes from '../../src/list/source/version-notes.ts';
import type { ListVersion, ReadList } from '../../src/list/staged-list.ts';
import { emptyStats } from '../../src/list/stats.ts';
import { listConfig } from '../support/list-config.ts';

/** One publication: what it is called tells what is in it, and the same may be published again. */
interface Publication {
  readonly label: string;
  readonly serial: number;
}

const CONTENTS = ['sound 1', 'sound 2', 'odd 1', 'odd 2'] as const;
const RULES = listConfig('a', '/a');
/** Small numbers, which fast-check likes, would pick the same steps again and again. */
const CHOICES = fc.array(fc.noBias(fc.nat()), { maxLength: 120, size: 'max' });

class Model {
  #state: ListState = NEW_LIST;
  #notes = notes.NO_NOTES;
  readonly #disk: { current: Publication | null; previous: Publication | null } = { current: null, previous: null };
  #newest: Publication = { label: 'sound 1', serial: 1 };
  #given: Publication | null = null;
  #inForce: Publication | null = null;
  #hasRead = false;
  #withdrawn = 0;
  readonly #withdrawnOf = new Map<Uint8Array, number>();
  readonly #bytesOf = new Map<Uint8Array, Publication>();
  /** Acceptances by an operator that were not used yet, by label. */
  readonly #acceptances = new Map<string, number>();
  readonly met = new Set<string>();

  step(choice: number): void {
    const rest = Math.floor(choice / 8);
    const steps: readonly (readonly [string, () => void])[] = [
      ['publish', () => this.#publish(CONTENTS[rest % CONTENTS.length] ?? 'sound 1')],
      ['poll', () => this.#tell({ on: 'changed' })],
      ['withdraw', () => this.#withdraw()],
      ['accept', () => this.#accept(CONTENTS[rest % CONTENTS.length] ?? 'odd 1')],
      ['accept what is held', () => this.#accept(this.#notes.held ?? 'odd 1')],
      ['rollback', () => this.#rollback()],
      ['release', () => this.#decide(() => notes.released(this.#notes))],
      ['restart', () => this.#restart()],
    ];
    const [name, act] = steps[choice % steps.length] ?? ['', () => {}];
    const before = this.#inForce;
    act();
    this.met.add(name);
    this.#check(before);
  }

  /** Whatever has happened: where nothing is held or pinned, and the newest is sound, it is in force. */
  settle(): void {
    if (this.#notes.pinned !== null) this.#decide(() => notes.released(this.#notes));
    this.#publish('sound 2');
    this.#tell({ on: 'changed' });
    expect(this.#inForce?.serial).toBe(this.#newest.serial);
    expect(this.#state).toMatchObject({ held: null, trouble: null, phase: { kind: 'resting' } });
  }

  #check(before: Publication | null): void {
    const good = goodOf(this.#state);
    const { inForce } = { inForce: this.#inForce };
    // What is in force goes back only where an operator has said so.
    if (before !== null && inForce !== null && this.#notes.pinned === null)
      expect(inForce.serial).toBeGreaterThanOrEqual(before.serial);
    if (before !== null) expect(inForce).not.toBeNull();
    // What was withdrawn is withdrawn from whatever is in force.
    if (good !== null) expect(this.#withdrawnOf.get(good.bytes)).toBe(this.#withdrawn);
    if (this.#notes.pinned !== null && good !== null) expect(inForce?.label).toBe(this.#notes.pinned);
    if (this.#state.held !== null) expect(this.#state.held.label).toBe(this.#notes.held);
    expect(this.#state.phase.kind).toBe('resting');
  }

  #publish(label: string): void {
    this.#newest = { label, serial: this.#newest.serial + 1 };
  }

  #withdraw(): void {
    this.#withdrawn += 1;
    const good = goodOf(this.#state);
    if (good === null) return;
    // In place, past whatever is held or pinned.
    this.#withdrawnOf.set(good.bytes, this.#withdrawn);
    this.#tell({ on: 'withdrawn', bytes: good.bytes, stats: good.stats, today: 20_000 });
    this.#tell({ on: 'republished', generation: 1, at: 1 });
  }

  #accept(label: string): void {
    this.#decide(() => {
      const next = notes.accepted(this.#notes, label);
      this.#acceptances.set(label, (this.#acceptances.get(label) ?? 0) + 1);
      return next;
    });
  }

  #rollback(): void {
    const { previous } = this.#disk;
    this.#decide(() =>
      notes.pinned(this.#notes, previous === null || previous.label === this.#inForce?.label ? null : previous.label),
    );
  }

  #decide(next: () => notes.VersionNotes): void {
    try {
      this.#notes = next();
    } catch (error) {
      expect(error).toBeInstanceOf(ListError);
      return;
    }
    this.#given = null;
    this.#tell({ on: 'changed' });
  }

  /** What is held is refused again. */
  #restart(): void {
    this.#notes = { ...this.#notes, held: null };
    this.#state = NEW_LIST;
    this.#given = null;
    this.#hasRead = false;
    this.#tell({ on: 'changed' });
    this.#tell({ on: 'changed' });
  }

  #tell(event: ListEvent): void {
    const [state, effects] = listStep(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    if (this.#state.phase.kind === 'waiting') this.#run();
  }

  #carryOut(effect: ListEffect): void {
    if (effect.do === 'read') this.#tell(this.#read());
    if (effect.do === 'forget') this.#given = null;
    if (effect.do === 'hold') this.#notes = notes.held(this.#notes, effect.version.label);
    if (effect.do === 'cache') {
      this.#keep();
      this.#tell({ on: 'cached', warning: null });
    }
  }

  #read(): ListEvent {
    const { pinned } = this.#notes;
    if (pinned !== null && this.#given?.label === pinned) return { on: 'pinned' };
    if (pinned !== null) return this.#give(this.#disk.previous, 'pinned');
    if (!this.#hasRead && this.#disk.current !== null) return this.#give(this.#disk.current, 'accepted');
    this.#hasRead = true;
    if (this.#given?.serial === this.#newest.serial) return { on: 'unchanged', at: 1 };
    const [version, next] = notes.offered(this.#notes, this.#newest.label);
    this.#notes = next;
    return this.#give(this.#newest, this.#newest.label === this.#disk.current?.label ? 'accepted' : version.gate);
  }

  #give(publication: Publication | null, gate: ListVersion['gate']): ListEvent {
    this.#hasRead = true;
    this.#given = publication;
    if (publication === null) throw new Error('a copy is missing');
    return this.#list(publication, gate);
  }

  #list(publication: Publication, gate: ListVersion['gate']): ListEvent {
    const bytes = new Uint8Array(1);
    this.#bytesOf.set(bytes, publication);
    this.#withdrawnOf.set(bytes, this.#withdrawn);
    const list: ReadList = {
      stage: 'read',
      bytes,
      version: { label: publication.label, gate },
      currentAt: 1,
      sourceFault: null,
    };
    return { on: 'read', list };
  }

  #run(): void {
    this.#tell({ on: 'run began' });
    const { phase } = this.#state;
    if (phase.kind !== 'judging') throw new Error('nothing to judge');
    const { bytes, version } = phase.candidate;
    const publication = this.#bytesOf.get(bytes);
    if (publication === undefined || version === null) throw new Error('bytes of nobody');
    const isOdd = publication.label.startsWith('odd');
    const verdict = verdictOf(
      {
        stage: 'judged',
        bytes,
        segment: { kind: 'shared', kept: null },
        stats: { ...emptyStats(), entries: 1, publicSuffixes: isOdd ? 1 : 0 },
        tests: [],
        grammar: 'block',
        badLines: [],
        suffixLines: [],
        protectedLines: [],
        firstSuffix: null,
      },
      RULES,
      { gate: version.gate },
    );
    if (verdict.stage === 'refused') {
      this.#tell({ on: 'refused', list: verdict });
      return;
    }
    this.#tell({ on: 'passed', list: verdict });
    if (isOdd) this.#useAcceptance(publication, version.gate);
    this.#inForce = publication;
    this.#tell({ on: 'published', generation: publication.serial, at: 1 });
  }

  /** What is odd gets into force by an acceptance, which is used up, or because it has been there before. */
  #useAcceptance({ label }: Publication, gate: ListVersion['gate']): void {
    expect(gate).not.toBe('ask');
    if (gate !== 'accepted' || label === this.#disk.current?.label) return;
    const left = (this.#acceptances.get(label) ?? 0) - 1;
    expect(left).toBeGreaterThanOrEqual(0);
    this.#acceptances.set(label, left);
    this.met.add('odd in force');
  }

  #keep(): void {
    const entered = this.#inForce;
    this.#notes = notes.entered(this.#notes);
    if (this.#notes.pinned !== null || entered === null) return;
    const { current } = this.#disk;
    const wasInForce = this.#before?.label === current?.label;
    if (current !== null && wasInForce && current.label !== entered.label) this.#disk.previous = current;
    this.#disk.current = entered;
    this.#before = entered;
  }

  #before: Publication | null = null;
}

test('in every order: nothing older unless pinned, nothing odd unless accepted, each acceptance once, removals always', () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(CHOICES, (choices) => {
      const model = new Model();
      for (const choice of choices) model.step(choice);
      model.settle();
      for (const name of model.met) met.add(name);
    }),
    { numRuns: 120 },
  );
  expect([...met].sort()).toEqual([
    'accept',
    'accept what is held',
    'odd in force',
    'poll',
    'publish',
    'release',
    'restart',
    'rollback',
    'withdraw',
  ]);
});
