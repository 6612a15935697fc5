/** What a list changes, and what is refused before anything is made of it. */
import { describe, expect, test } from '@jest/globals';
import { ProtectedHosts } from '../../src/list/sanity/protected-hosts.ts';
import { build } from '../../src/publish/build.ts';
import type { Built } from '../../src/publish/build.ts';
import { changeSetDigest, changeSetText, checkStandsOn, parseChangeSet } from '../../src/publish/change-set.ts';
import { ListState } from '../../src/publish/state/list-state.ts';
import type { PublisherEvent } from '../../src/publish/state/events.ts';
import { canonicalHost } from '../../src/url/host.ts';

const TODAY = Math.floor(Date.UTC(2026, 10, 26) / 86_400_000);

function stateOf(...events: readonly PublisherEvent[]): ListState {
  const state = new ListState();
  for (const [i, event] of events.entries()) state.apply({ seq: i + 1, time: '', salt: '', ...event });
  return state;
}
const added = (line: string): PublisherEvent => ({ kind: 'added', line });
const version = (number: number): PublisherEvent => ({
  kind: 'version',
  version: number,
  digests: {},
  changeSet: null,
  approvedBy: [],
});
const built = (text: string, state = new ListState(), options: Partial<Parameters<typeof build>[2]> = {}): Built =>
  build(Buffer.from(text), state, { today: TODAY, suffixes: 'refuse', isRelisted: false, ...options });

describe('a list', () => {
  test('is compared with what is in force by what its lines say', () => {
    const state = stateOf(added('http://a.example/x'), added('b.example'), added('c.example count'), version(1));
    expect(built('HTTP://A.example/./x # same\nc.example\nd.example\nd.example reason="twice"\n', state)).toEqual({
      ok: true,
      changeSet: {
        version: 2,
        entries: 3,
        additions: ['c.example', 'd.example'],
        removals: [
          { uid: 2, line: 'b.example' },
          { uid: 3, line: 'c.example count' },
        ],
        leftOut: [],
        relisted: [],
      },
    });
  });

  test('is taken without what has expired', () => {
    const state = stateOf(added('a.example expires=2026-11-25'), version(1));
    const text = 'a.example expires=2026-11-25\nb.example expires=2026-11-26\n';
    expect(built(text, state)).toMatchObject({
      changeSet: { additions: ['b.example expires=2026-11-26'], removals: [{ uid: 1 }] },
    });
  });

  test('is left out where it was withdrawn, and removed from what is in force', () => {
    const state = stateOf(added('a.example'), added('b.example'), version(1), {
      kind: 'withdrawn',
      uid: 1,
      line: 'a.example',
    });
    expect(built('a.example\nb.example\n', state)).toMatchObject({
      changeSet: { additions: [], removals: [{ uid: 1 }], leftOut: ['a.example'], entries: 1 },
    });
    expect(built('a.example\nb.example\n', state, { isRelisted: true })).toMatchObject({
      changeSet: { additions: ['a.example'], removals: [{ uid: 1 }], leftOut: [], relisted: ['a.example'], entries: 2 },
    });
  });

  test('is left out where its address was withdrawn with other attributes, and not once it is listed again', () => {
    const withdrawn: PublisherEvent = { kind: 'withdrawn', uid: 1, line: 'a.example count' };
    const gone = stateOf(added('a.example count'), version(1), withdrawn);
    for (const line of ['a.example', 'a.example dns', 'a.example count expires=2027-03-31'])
      expect(built(`${line}\n`, gone)).toMatchObject({
        changeSet: { additions: [], removals: [{ uid: 1 }], leftOut: [line], relisted: [] },
      });
    expect(built('a.example:8080\n*.a.example\n', gone)).toMatchObject({ changeSet: { leftOut: [], entries: 2 } });
    const again = stateOf(added('a.example count'), version(1), withdrawn, added('a.example'), version(2));
    expect(built('a.example dns\n', again)).toMatchObject({
      changeSet: { additions: ['a.example dns'], leftOut: [], relisted: [] },
    });
  });

  test.each([
    ['bad lines', 'a.example cuont\n', [[1, 11, 'bad-line']]],
    ['a public suffix', 'a.example\n*.co.uk\n', [[2, 1, 'public-suffix']]],
    ['a page behind TLS', 'a.example:443/x\n', [[1, 1, 'never-matches']]],
    ['a cut end', 'a.example\nb.example', [[2, 10, 'bad-line']]],
    [
      'too many entries for one address',
      `${Array.from({ length: 65 }, (_, i) => `a.example:${i + 1}`).join('\n')}\n`,
      [[65, 1, 'bad-line']],
    ],
  ])('with %s is refused', (_, text, errors) => {
    const outcome = built(text);
    expect(outcome.ok ? [] : outcome.errors.map(({ line, column, rule }) => [line, column, rule])).toEqual(errors);
  });

  test('on a protected host is refused, with its line, as the gate of a node would', () => {
    const hosts = new ProtectedHosts([{ host: canonicalHost('www.bank.example')!, where: 'line 7 of own.txt' }]);
    const outcome = built('a.example\n*.bank.example\nwww.bank.example/x\n', new ListState(), {
      protectedHosts: hosts,
    });
    expect(outcome).toEqual({
      ok: false,
      errors: [
        {
          line: 2,
          column: 1,
          severity: 'error',
          rule: 'protected-host',
          code: null,
          otherLine: null,
          message: 'covers the protected host www.bank.example (line 7 of own.txt), which no list should',
        },
      ],
    });
  });

  test('may cover a public suffix where that is said', () => {
    expect(built('*.co.uk\n', new ListState(), { suffixes: 'warn' }).ok).toBe(true);
  });
});

describe('a change set', () => {
  const changeSet = {
    version: 2,
    entries: 2,
    additions: ['b.example', 'http://c.example/"\\'],
    removals: [{ uid: 1, line: 'a.example' }],
    leftOut: [],
    relisted: ['b.example'],
  };

  test('is written one entry a line, and read again', () => {
    const text = changeSetText(changeSet);
    expect(text.split('\n')).toHaveLength(13);
    expect(parseChangeSet(text, 'f')).toEqual({ changeSet: 1, ...changeSet });
    expect(changeSetDigest(text)).toMatch(/^[0-9a-f]{64}$/);
    expect(changeSetDigest(text.replace('b.example', 'd.example'))).not.toBe(changeSetDigest(text));
  });

  test.each([
    ['{}', 'changeSet: '],
    ['[', 'not JSON'],
    [changeSetText(changeSet).replace('"uid":1', '"uid":"1"'), 'removals.0.uid: '],
  ])('%s is none', (text, message) => {
    expect(() => parseChangeSet(text, 'change.json')).toThrow(`change.json: ${message}`);
  });

  test('stands on the version that it was made for, and on nothing else', () => {
    const before = stateOf(added('a.example'), version(1));
    checkStandsOn(changeSet, before, 'f');
    const others = [
      stateOf(added('a.example'), version(1), version(2)),
      stateOf(added('x.example'), version(1)),
      stateOf(added('x.example'), added('a.example'), version(1)),
      stateOf(added('a.example'), added('b.example'), version(1)),
    ];
    for (const state of others) expect(() => checkStandsOn(changeSet, state, 'f')).toThrow('build it again');
  });

  test('made before an address that it adds was withdrawn does not stand, unless it says that it is listed again', () => {
    const before = stateOf(added('a.example'), version(1));
    const outcome = built('a.example count\n', before);
    if (!outcome.ok) throw new Error('it is a list');
    const changed = outcome.changeSet;
    checkStandsOn(changed, before, 'f');
    const after = stateOf(added('a.example'), version(1), { kind: 'withdrawn', uid: 1, line: 'a.example' });
    expect(() => checkStandsOn(changed, after, 'f')).toThrow('f: 1 of its additions was withdrawn; build it again');
    checkStandsOn({ ...changed, relisted: changed.additions }, after, 'f');
  });
});
