/** One list, event by event: the next phase and what is to be done, in order. */
import { describe, expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import type { ListEvent } from '../../src/list/list-events.ts';
import { listStep } from '../../src/list/list-life.ts';
import { NEW_LIST } from '../../src/list/list-state.ts';
import type { ListState } from '../../src/list/list-state.ts';
import { refused } from '../../src/list/staged-list.ts';
import type { JudgedList, ListVersion, PassedList, ReadList } from '../../src/list/staged-list.ts';
import { emptyStats } from '../../src/list/stats.ts';

const BYTES = Uint8Array.of(1);
const OTHER = Uint8Array.of(2);
const LINE = { code: 'bad_line', line: 1, column: 1, message: 'bad' } as const;

function readList(bytes = BYTES, sourceFault: string | null = null, version: ListVersion | null = null): ReadList {
  return { stage: 'read', bytes, version, currentAt: 5, sourceFault };
}

function passed(bytes = BYTES): PassedList {
  return { ...judged(bytes), stage: 'passed' };
}

function judged(bytes = BYTES): JudgedList {
  return {
    stage: 'judged',
    bytes,
    segment: { kind: 'shared', kept: null },
    stats: emptyStats(),
    tests: [],
    grammar: 'block',
    badLines: [],
    suffixLines: [],
    protectedLines: [],
    firstSuffix: null,
  };
}

/** A text that was compiled. */
const RECORDS = Uint8Array.of(3);
function compiled(bytes = BYTES): PassedList {
  const kept = { records: RECORDS, names: null, digest: { byteLength: bytes.length, sha256: '' }, content: null };
  return { ...passed(bytes), segment: { kind: 'shared', kept } };
}

/** After these events; the effects of the last one, by name. */
function after(...events: readonly ListEvent[]): { readonly state: ListState; readonly effects: readonly string[] } {
  let state = NEW_LIST;
  let effects: readonly string[] = [];
  for (const event of events) {
    const [next, more] = listStep(state, event);
    state = next;
    effects = more.map((effect) => effect.do);
  }
  return { state, effects };
}

const CHANGED: ListEvent = { on: 'changed' };
const READ: readonly ListEvent[] = [CHANGED, { on: 'read', list: readList() }];
const JUDGING: readonly ListEvent[] = [...READ, { on: 'run began' }];
const PUBLISHING: readonly ListEvent[] = [...JUDGING, { on: 'passed', list: passed() }];
const CACHING: readonly ListEvent[] = [...PUBLISHING, { on: 'published', generation: 7, at: 9 }];
const SERVED: readonly ListEvent[] = [...CACHING, { on: 'cached', warning: null }];
const SECOND: readonly ListEvent[] = [...SERVED, CHANGED, { on: 'read', list: readList(OTHER) }, { on: 'run began' }];
const REFUSED: ListEvent = { on: 'refused', list: refused(new ListError('bad_lines', 'bad')) };
const HELD: readonly ListEvent[] = [
  ...SERVED,
  CHANGED,
  { on: 'read', list: readList(OTHER, null, { label: 'b', gate: 'ask' }) },
  { on: 'run began' },
  { on: 'refused', list: refused(new ListError('public_suffix', 'told to')) },
];
const FAILED: ListEvent = { on: 'read failed', error: new ListError('timeout', 'late') };
const RUN_FAILED: ListEvent = { on: 'run failed', error: new ListError('snapshot_invalid', 'no') };

test.each<{ name: string; more: readonly ListEvent[]; held: string | null }>([
  { name: 'the source has nothing newer', more: [CHANGED, { on: 'unchanged', at: 9 }], held: 'b' },
  { name: 'it cannot be reached', more: [CHANGED, FAILED], held: 'b' },
  { name: 'it gives what is in force', more: [CHANGED, { on: 'same', at: 9 }], held: null },
  {
    name: 'a later version is refused for a fault of its own',
    more: [CHANGED, { on: 'read', list: readList() }, { on: 'run began' }, REFUSED],
    held: null,
  },
  {
    name: 'another version is in force',
    more: [
      CHANGED,
      { on: 'read', list: readList() },
      { on: 'run began' },
      { on: 'passed', list: passed() },
      { on: 'published', generation: 8, at: 9 },
    ],
    held: null,
  },
])('what is held stays so: $name: $held', ({ more, held }) => {
  expect(after(...HELD).state.held).toEqual({ label: 'b', code: 'public_suffix', reason: 'told to' });
  expect(after(...HELD, ...more).state.held?.label ?? null).toBe(held);
});

test.each(['public_suffix', 'corrupt'] as const)(
  'what is held stays so where an older one is judged in its place, and refused (%s)',
  (code) => {
    const behind: ListVersion = { label: 'a', gate: 'ask', isBehindHeld: true };
    const judging: readonly ListEvent[] = [
      CHANGED,
      { on: 'read', list: readList(BYTES, null, behind) },
      { on: 'run began' },
    ];
    const last: ListEvent = { on: 'refused', list: refused(new ListError(code, 'of the older one')) };
    const { state, effects } = after(...HELD, ...judging, last);
    expect(state.held).toEqual({ label: 'b', code: 'public_suffix', reason: 'told to' });
    expect(state.trouble?.message).toBe('of the older one');
    expect(effects.includes('hold')).toBe(code === 'public_suffix');
    // Without one that is held it is the one that is.
    const alone = after(...SERVED, ...judging, last).state.held;
    expect(alone?.label ?? null).toBe(code === 'public_suffix' ? 'a' : null);
  },
);

describe('what updates added and removed', () => {
  const update = (turnover: PassedList['turnover']): readonly ListEvent[] => [
    CHANGED,
    { on: 'read', list: readList(OTHER) },
    { on: 'run began' },
    { on: 'passed', list: { ...passed(OTHER), stats: { ...emptyStats(), entries: 10 }, turnover: turnover ?? null } },
    { on: 'published', generation: 8, at: 9 },
    { on: 'cached', warning: null },
  ];

  test('is summed; the first version adds nothing, and of one that cannot be compared nothing is known', () => {
    expect(after(...update({ added: 10, removed: 0 })).state.turnover).toEqual({ added: 0, removed: 0, unknown: 0 });
    const { turnover } = after(
      ...SERVED,
      ...update({ added: 12, removed: 3 }),
      ...update(null),
      ...update({ added: 0, removed: 1 }),
    ).state;
    expect(turnover).toEqual({ added: 12, removed: 4, unknown: 1 });
  });

  test('has what is withdrawn from what is in force, and nothing of a version that is on its way or refused', () => {
    const less: ListEvent = { on: 'withdrawn', bytes: OTHER, stats: { ...emptyStats(), entries: 7 }, today: 20_000 };
    const { turnover } = after(...SERVED, ...update({ added: 10, removed: 0 }), less).state;
    expect(turnover).toEqual({ added: 10, removed: 3, unknown: 0 });
    const next = update({ added: 10, removed: 0 }).slice(0, 4);
    expect(after(...SERVED, ...next, less).state.turnover).toEqual({ added: 0, removed: 0, unknown: 0 });
    expect(after(...SERVED, ...next, RUN_FAILED).state.turnover).toEqual({ added: 0, removed: 0, unknown: 0 });
  });
});

describe('something is withdrawn', () => {
  // Was a fault: what had expired since the version was read counted as removed with the next withdrawal.
  test('what has expired meanwhile was not withdrawn', () => {
    const ends = [{ last: 20_000, entries: 4, publicSuffixes: 0, https: 4, dns: 0 }];
    const counted = { ...emptyStats(), entries: 10, ends };
    const first: readonly ListEvent[] = SERVED.map((event) =>
      event.on === 'passed' ? { ...event, list: { ...event.list, stats: counted } } : event,
    );
    const on = (today: number, entries: number): ListEvent => ({
      on: 'withdrawn',
      bytes: BYTES,
      stats: { ...emptyStats(), entries },
      today,
    });
    expect(after(...first, on(20_000, 9)).state.turnover).toEqual({ added: 0, removed: 1, unknown: 0 });
    expect(after(...first, on(20_001, 5)).state.turnover).toEqual({ added: 0, removed: 1, unknown: 0 });
    expect(after(...first, on(20_001, 6)).state.turnover).toEqual({ added: 0, removed: 0, unknown: 0 });
  });

  const stats = { ...emptyStats(), entries: 3 };
  const less = (bytes: Uint8Array): ListEvent => ({ on: 'withdrawn', bytes, stats, today: 20_000 });
  const AGAIN: ListEvent = { on: 'republished', generation: 8, at: 10 };

  test.each<{ name: string; events: readonly ListEvent[]; phase: string }>([
    { name: 'nothing is under way', events: SERVED, phase: 'resting' },
    { name: 'the next version is being read', events: [...SERVED, CHANGED], phase: 'reading' },
    { name: 'it is judged', events: SECOND, phase: 'judging' },
    { name: 'it is published', events: [...SECOND, { on: 'passed', list: passed(OTHER) }], phase: 'publishing' },
    { name: 'what is in force is written to disk', events: CACHING, phase: 'caching' },
  ])('while $name: the figures are those of what is left, and all else goes on', ({ events, phase }) => {
    const before = after(...events).state;
    const { state, effects } = after(...events, less(BYTES), AGAIN);
    expect(effects).toEqual(['log withdrawn']);
    expect(state).toMatchObject({ current: { list: { bytes: BYTES, stats }, generation: 8, since: 10 } });
    expect(state.phase).toEqual(before.phase);
    expect(state.phase.kind).toBe(phase);
    expect(state.syncs.updated).toBe(before.syncs.updated + 1);
  });

  test('what the withdrawn set has lost is in force again, and counts as added', () => {
    const more: ListEvent = { on: 'withdrawn', bytes: BYTES, stats: { ...stats, entries: 5 }, today: 20_000 };
    const { turnover } = after(...SERVED, less(BYTES)).state;
    const { added, removed } = after(...SERVED, less(BYTES), more).state.turnover;
    expect([added - turnover.added, removed - turnover.removed]).toEqual([2, 0]);
  });

  test('from what is about to be in force: it comes with these figures', () => {
    const publishing: readonly ListEvent[] = [...SECOND, { on: 'passed', list: passed(OTHER) }];
    const { state } = after(...publishing, less(OTHER), { on: 'published', generation: 8, at: 9 });
    expect(state.current).toMatchObject({ list: { bytes: OTHER, stats } });
  });

  test('what is held stays so, and nothing was found to be current', () => {
    const { state } = after(...HELD, less(BYTES), AGAIN, CHANGED, { on: 'unchanged', at: 11 });
    expect(state).toMatchObject({ held: { label: 'b' }, trouble: { isRefused: true }, currentAt: 5 });
  });

  test("from bytes that are nobody's any more, or of a list that is not in force: nothing", () => {
    expect(after(...SERVED, less(OTHER)).state).toEqual(after(...SERVED).state);
    expect(after(AGAIN)).toEqual({ state: NEW_LIST, effects: [] });
  });
});

test('held, and nothing before it: why stays told when the source is read again', () => {
  const version = { label: '1', gate: 'ask' } as const;
  const held = after(
    CHANGED,
    { on: 'read', list: readList(BYTES, null, version) },
    { on: 'run began' },
    { on: 'refused', list: refused(new ListError('canary', 'it covers 1 canary')) },
    CHANGED,
    { on: 'read failed', error: new ListError('version_refused', 'version 1 is held') },
  );
  expect(held.state.trouble).toMatchObject({ message: 'version 1 is held: it covers 1 canary' });
  const slow = listStep(held.state, CHANGED)[0];
  expect(listStep(slow, { on: 'read failed', error: new ListError('timeout', 'slow') })[0].trouble).toMatchObject({
    message: 'slow',
  });
});

test('pinned: when it was found to be current is not known anew', () => {
  expect(after(...SERVED, CHANGED, { on: 'pinned' }).state).toMatchObject({ currentAt: 5, syncs: { unchanged: 1 } });
});

test('pinned: that the source could not be read is over when it is read again', () => {
  const failing = after(...SERVED, CHANGED, { on: 'read failed', error: new ListError('timeout', 'slow') });
  expect(failing.state.trouble).toEqual({ message: 'slow', isRefused: false });
  const [reading] = listStep(failing.state, CHANGED);
  expect(listStep(reading, { on: 'pinned' })[0]).toMatchObject({ trouble: null, failuresInARow: 0 });
});

describe('what does not come to its end', () => {
  const STALLED: ListEvent = { on: 'stalled', error: new ListError('timeout', 'slow') };

  test.each<{ name: string; events: readonly ListEvent[]; end: ListEvent }>([
    { name: 'reading', events: [CHANGED], end: { on: 'same', at: 9 } },
    {
      name: 'waiting',
      events: [CHANGED, { on: 'read', list: readList(OTHER) }],
      end: { on: 'published', generation: 9, at: 9 },
    },
    { name: 'caching', events: [], end: { on: 'cached', warning: null } },
  ])('is told and goes on: $name', ({ name, events, end }) => {
    const before = after(...(name === 'caching' ? CACHING : SERVED), ...events).state;
    const [state, effects] = listStep(before, STALLED);
    expect(state).toMatchObject({
      phase: before.phase,
      current: before.current,
      trouble: { message: 'slow', isRefused: false },
      syncs: { failed: 1 },
    });
    expect(effects).toMatchObject([{ do: 'log failed', code: 'timeout', reason: 'slow', servingLastGood: true }]);
    // Whatever is in force is not known to be current meanwhile.
    expect(listStep(state, { on: 'looked', at: 99 })[0].currentAt).toBe(before.currentAt);
    const ended = [
      ...(name === 'waiting' ? ([{ on: 'run began' }, { on: 'passed', list: passed(OTHER) }] as const) : []),
      end,
    ].reduce((at: ListState, event: ListEvent) => listStep(at, event)[0], state);
    expect(ended).toMatchObject({ trouble: null });
  });

  test('is nothing to a list at rest, or one that is closed', () => {
    for (const events of [SERVED, [...SERVED, CHANGED, { on: 'closed' }] as const]) {
      const { state } = after(...events);
      expect(listStep(state, STALLED)).toEqual([state, []]);
    }
  });
});

describe('on its way', () => {
  test.each<{ name: string; events: readonly ListEvent[]; phase: string; effects: readonly string[] }>([
    { name: 'a change is read', events: [CHANGED], phase: 'reading', effects: ['read'] },
    { name: 'what was read waits for a run', events: READ, phase: 'waiting', effects: [] },
    { name: 'a run judges it', events: JUDGING, phase: 'judging', effects: [] },
    { name: 'the gate lets it pass', events: PUBLISHING, phase: 'publishing', effects: ['log lines'] },
    { name: 'it is in force, and may be written to disk', events: CACHING, phase: 'caching', effects: ['cache'] },
    { name: 'and rests', events: SERVED, phase: 'resting', effects: ['log loaded'] },
    {
      name: 'the one before is given back',
      events: [...SECOND, { on: 'passed', list: passed(OTHER) }, { on: 'published', generation: 8, at: 9 }],
      phase: 'caching',
      effects: ['release', 'cache'],
    },
    {
      name: 'a copy that cannot be written is a warning',
      events: [...CACHING, { on: 'cached', warning: 'full' }],
      phase: 'resting',
      effects: ['log not cached', 'log loaded'],
    },
    {
      name: 'a copy serves: what is wrong is told, and it is tried again',
      events: [
        CHANGED,
        { on: 'read', list: readList(BYTES, 'away') },
        { on: 'run began' },
        { on: 'passed', list: passed() },
        { on: 'published', generation: 7, at: 9 },
      ],
      phase: 'caching',
      effects: ['log failed', 'cache'],
    },
    {
      name: 'a copy that serves was noted: it is tried again',
      events: [
        CHANGED,
        { on: 'read', list: readList(BYTES, 'away') },
        { on: 'run began' },
        { on: 'passed', list: passed() },
        { on: 'published', generation: 7, at: 9 },
        { on: 'cached', warning: null },
      ],
      phase: 'resting',
      effects: ['log loaded', 'retry'],
    },
    {
      name: 'good, and others are missing: nothing is said to be loaded',
      events: [...PUBLISHING, { on: 'published', generation: null, at: 9 }, { on: 'cached', warning: null }],
      phase: 'resting',
      effects: [],
    },
    {
      name: 'the others have come',
      events: [
        ...PUBLISHING,
        { on: 'published', generation: null, at: 9 },
        { on: 'cached', warning: null },
        { on: 'published', generation: 7, at: 9 },
      ],
      phase: 'resting',
      effects: ['log loaded'],
    },
    { name: 'refused', events: [...SECOND, REFUSED], phase: 'resting', effects: ['log failed', 'discard'] },
    {
      name: 'refused for lines that are named',
      events: [
        ...SECOND,
        { on: 'refused', list: refused(new ListError('bad_lines', 'bad'), { ...judged(), badLines: [LINE] }) },
      ],
      phase: 'resting',
      effects: ['log lines', 'discard'],
    },
    {
      name: 'refused by a sanity rule: held',
      events: HELD,
      phase: 'resting',
      effects: ['log failed', 'hold', 'discard'],
    },
    {
      name: 'refused by a sanity rule, and its source has no versions: nobody can accept it',
      events: [...SECOND, { on: 'refused', list: refused(new ListError('public_suffix', 'told to')) }],
      phase: 'resting',
      effects: ['log failed', 'discard'],
    },
    {
      name: 'pinned: whatever the source has',
      events: [...SERVED, CHANGED, { on: 'pinned' }],
      phase: 'resting',
      effects: [],
    },
    {
      name: 'refused for what may have happened on its way',
      events: [...SECOND, { on: 'refused', list: refused(new ListError('truncated', 'cut')) }],
      phase: 'resting',
      effects: ['forget', 'log failed', 'discard'],
    },
    { name: 'not read', events: [CHANGED, FAILED], phase: 'resting', effects: ['log failed', 'retry'] },
    {
      name: 'not in force',
      events: [...PUBLISHING, RUN_FAILED],
      phase: 'resting',
      effects: ['forget', 'log failed', 'discard', 'retry'],
    },
    {
      name: 'a change while a retry is due',
      events: [CHANGED, FAILED, CHANGED],
      phase: 'reading',
      effects: ['cancel retry', 'read'],
    },
    { name: 'the same', events: [...SERVED, CHANGED, { on: 'same', at: 9 }], phase: 'resting', effects: [] },
    {
      name: 'the same, and not on disk yet',
      events: [...CACHING, { on: 'cached', warning: 'full' }, CHANGED, { on: 'same', at: 9 }],
      phase: 'caching',
      effects: ['cache'],
    },
    {
      name: 'unchanged after a refusal',
      events: [...SECOND, REFUSED, CHANGED, { on: 'unchanged', at: 9 }],
      phase: 'resting',
      effects: [],
    },
    { name: 'closed', events: [...SERVED, { on: 'closed' }], phase: 'resting', effects: ['close'] },
    { name: 'closed twice', events: [...SERVED, { on: 'closed' }, { on: 'closed' }], phase: 'resting', effects: [] },
    {
      name: 'closed while a retry is due',
      events: [CHANGED, FAILED, { on: 'closed' }],
      phase: 'resting',
      effects: ['cancel retry', 'close'],
    },
    {
      name: 'closed, then read',
      events: [CHANGED, { on: 'closed' }, { on: 'read', list: readList() }],
      phase: 'resting',
      effects: ['discard'],
    },
    { name: 'closed, then a failure', events: [CHANGED, { on: 'closed' }, FAILED], phase: 'resting', effects: [] },
    { name: 'closed, then a change', events: [{ on: 'closed' }, CHANGED], phase: 'resting', effects: [] },
    {
      name: 'closed, then not in force',
      events: [...PUBLISHING, { on: 'closed' }, RUN_FAILED],
      phase: 'resting',
      effects: ['discard'],
    },
    { name: 'removed', events: [...SERVED, { on: 'removed' }], phase: 'resting', effects: ['close', 'release'] },
    {
      name: 'removed with what waits',
      events: [...SERVED, ...READ, { on: 'removed' }],
      phase: 'resting',
      effects: ['close', 'release', 'discard'],
    },
  ])('$name', ({ events, phase, effects }) => {
    const { state, effects: done } = after(...events);
    expect([state.phase.kind, done]).toEqual([phase, effects]);
  });
});

describe('of a text its records are kept', () => {
  /** The bytes that the effects of the last event are about. */
  const bytesOf = (...events: readonly ListEvent[]): readonly (readonly [string, Uint8Array])[] => {
    const { state } = after(...events.slice(0, -1));
    return listStep(state, events.at(-1)!)[1].flatMap((effect) =>
      'bytes' in effect ? [[effect.do, effect.bytes] as const] : [],
    );
  };
  const passing: readonly ListEvent[] = [...JUDGING, { on: 'passed', list: compiled() }];
  const caching: readonly ListEvent[] = [...passing, { on: 'published', generation: 7, at: 9 }];

  test('its copy is written of the text, which goes then', () => {
    expect(after(...caching).state).toMatchObject({ current: { list: { bytes: RECORDS } }, uncached: BYTES });
    expect(bytesOf(...caching)).toEqual([['cache', BYTES]]);
    expect(bytesOf(...caching, { on: 'cached', warning: null })).toEqual([['discard', BYTES]]);
    expect(after(...caching, { on: 'cached', warning: null }).state.uncached).toBeNull();
  });

  test('it stays where that failed, and is written again, until another version is in force', () => {
    const full: readonly ListEvent[] = [...caching, { on: 'cached', warning: 'full' }];
    expect(bytesOf(...full)).toEqual([]);
    expect(bytesOf(...full, CHANGED, { on: 'same', at: 9 })).toEqual([['cache', BYTES]]);
    const second: readonly ListEvent[] = [
      ...full,
      CHANGED,
      { on: 'read', list: readList(OTHER) },
      { on: 'run began' },
      { on: 'passed', list: passed(OTHER) },
      { on: 'published', generation: 8, at: 9 },
    ];
    expect(bytesOf(...second)).toEqual([
      ['release', RECORDS],
      ['discard', BYTES],
      ['cache', OTHER],
    ]);
    expect(bytesOf(...full, { on: 'removed' })).toEqual([
      ['discard', BYTES],
      ['release', RECORDS],
    ]);
  });

  test('of a list that is removed while its copy is written nobody takes the text away', () => {
    expect(bytesOf(...caching, { on: 'removed' })).toEqual([['release', RECORDS]]);
  });

  test('what comes to nothing leaves neither', () => {
    expect(bytesOf(...passing, RUN_FAILED)).toEqual([
      ['discard', BYTES],
      ['discard', RECORDS],
    ]);
  });
});

describe('a change meanwhile is read at the end, at once', () => {
  test.each<{ name: string; events: readonly ListEvent[]; last: ListEvent; effects: readonly string[] }>([
    { name: 'while it is read', events: [...SERVED, CHANGED], last: { on: 'same', at: 9 }, effects: ['read'] },
    { name: 'while reading fails', events: [CHANGED], last: FAILED, effects: ['log failed', 'read'] },
    { name: 'while it is judged', events: SECOND, last: REFUSED, effects: ['log failed', 'discard', 'read'] },
    {
      name: 'while it is published',
      events: PUBLISHING,
      last: RUN_FAILED,
      effects: ['forget', 'log failed', 'discard', 'read'],
    },
    {
      name: 'while it is cached',
      events: CACHING,
      last: { on: 'cached', warning: null },
      effects: ['log loaded', 'read'],
    },
  ])('$name', ({ events, last, effects }) => {
    const during = after(...events, CHANGED);
    expect(during.effects).toEqual([]);
    expect(after(...events, CHANGED, CHANGED, last)).toMatchObject({
      effects,
      state: { phase: { kind: 'reading', again: false } },
    });
  });

  test('it is remembered while what was read waits for its run', () => {
    expect(after(CHANGED, CHANGED, { on: 'read', list: readList() }).state.phase).toMatchObject({
      kind: 'waiting',
      again: true,
    });
  });
});

describe('what is shown', () => {
  test('counts, age and trouble', () => {
    expect(after(...SERVED).state).toMatchObject({
      current: { kind: 'served', generation: 7, since: 9 },
      currentAt: 5,
      trouble: null,
      isCached: true,
      syncs: { updated: 1, unchanged: 0, rejected: 0, failed: 0 },
    });
    expect(after(...SECOND, REFUSED).state).toMatchObject({
      current: { generation: 7 },
      trouble: { message: 'bad', isRefused: true },
      failuresInARow: 1,
      syncs: { updated: 1, rejected: 1 },
      rejections: { bad_lines: 1 },
    });
    expect(after(...SECOND, REFUSED, CHANGED, { on: 'unchanged', at: 9 }).state).toMatchObject({
      trouble: { isRefused: true },
      currentAt: 5,
      syncs: { unchanged: 1 },
    });
    expect(after(...SECOND, REFUSED, CHANGED, { on: 'same', at: 9 }).state).toMatchObject({
      trouble: null,
      failuresInARow: 0,
      currentAt: 9,
    });
    expect(after(...SECOND, REFUSED, CHANGED, FAILED).state).toMatchObject({
      trouble: { message: 'late', isRefused: true },
      failuresInARow: 2,
    });
  });

  test('each copy that serves in place of what cannot be had is one more failure in a row', () => {
    const copy: readonly ListEvent[] = [
      CHANGED,
      { on: 'read', list: readList(BYTES, 'away') },
      { on: 'run began' },
      { on: 'passed', list: passed() },
      { on: 'published', generation: 7, at: 9 },
      { on: 'cached', warning: null },
    ];
    const [, effects] = listStep(after(...copy.slice(0, 4)).state, copy[4]!);
    expect(effects).toContainEqual({ do: 'log failed', code: 'cached_copy', reason: 'away', servingLastGood: true });
    expect(after(...copy).state.failuresInARow).toBe(1);
    expect(after(...copy, ...copy).state.failuresInARow).toBe(2);
    expect(after(...copy, ...SECOND).state.failuresInARow).toBe(0);
  });

  test('a look of the source makes it current, unless something is wrong or nothing is good', () => {
    const looked: ListEvent = { on: 'looked', at: 11 };
    expect(after(...SERVED, looked).state.currentAt).toBe(11);
    expect(after(...SERVED, CHANGED, FAILED, looked).state.currentAt).toBe(5);
    expect(after(looked).state.currentAt).toBe(null);
  });

  test('an error that nobody expected is told by its own words, and is ours', () => {
    expect(after(CHANGED, { on: 'read failed', error: new TypeError('odd') }).state).toMatchObject({
      trouble: { message: 'TypeError: odd' },
      rejections: { internal: 1 },
    });
  });
});

test.each<{ name: string; event: ListEvent }>([
  { name: 'run began', event: { on: 'run began' } },
  { name: 'passed', event: { on: 'passed', list: passed() } },
  { name: 'refused', event: REFUSED },
  { name: 'published', event: { on: 'published', generation: 9, at: 9 } },
  { name: 'run failed', event: RUN_FAILED },
  { name: 'cached', event: { on: 'cached', warning: null } },
])('a run is nothing to a list that is not in it: $name', ({ event }) => {
  const { state } = after(...SERVED, CHANGED);
  expect(listStep(state, event)).toEqual([state, []]);
});
