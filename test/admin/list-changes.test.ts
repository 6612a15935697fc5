import { describe, expect, test } from '@jest/globals';
import { ListChanges } from '../../src/admin/list-changes.ts';
import type { ListStatus } from '../../src/observe/control-view.ts';
import { madeUpList } from './made-up-instance.ts';

function list(name: string, entries: number, loadedAt: number | null, version: string | null = null): ListStatus {
  const made = madeUpList(name, { entries, loadedAt });
  return { ...made, versions: { ...made.versions, inForce: version } };
}

/** Of what nothing is left to compare with. */
const UNKNOWN = { added: null, removed: null };

describe('changes of lists', () => {
  test('the first load, an update, and nothing where nothing changes', () => {
    const changes = new ListChanges();
    expect(changes.look([list('main', 0, null)])).toBe(false);
    expect(changes.look([list('main', 10, 1000, '1')])).toBe(true);
    expect(changes.look([list('main', 10, 1000, '1')])).toBe(false);
    expect(changes.look([list('main', 13, 2000, '2')])).toBe(true);
    expect(changes.all).toEqual([
      { list: 'main', at: 1000, before: null, entries: 10, ...UNKNOWN, version: '1' },
      { list: 'main', at: 2000, before: 10, entries: 13, added: 0, removed: 0, version: '2' },
    ]);
  });

  test('what came and what went is told by itself; two updates between two looks are one', () => {
    const changes = new ListChanges();
    const at = (entries: number, loadedAt: number, turnover: ListStatus['turnover']): ListStatus => ({
      ...list('main', entries, loadedAt),
      turnover,
    });
    changes.look([at(10, 1000, { added: 0, removed: 0, unknown: 0 })]);
    changes.look([at(19, 2000, { added: 12, removed: 3, unknown: 0 })]);
    changes.look([at(19, 3000, { added: 15, removed: 6, unknown: 0 })]);
    // Under other keys, then one that can be compared again.
    changes.look([at(30, 4000, { added: 15, removed: 6, unknown: 1 })]);
    changes.look([at(29, 5000, { added: 15, removed: 7, unknown: 1 })]);
    // Another list of this name, between two looks.
    changes.look([at(4, 6000, { added: 0, removed: 0, unknown: 1 })]);
    expect(changes.all.slice(1).map(({ added, removed }) => [added, removed])).toEqual([
      [12, 3],
      [3, 3],
      [null, null],
      [0, 1],
      [null, null],
    ]);
  });

  test('as many entries as before can be others', () => {
    const changes = new ListChanges();
    changes.look([list('main', 10, 1000)]);
    expect(changes.look([list('main', 10, 2000)])).toBe(true);
  });

  test('after a restart every list loads: only what differs has changed', () => {
    const before = new ListChanges();
    before.look([list('same', 10, 1000, '1'), list('other', 5, 1000, '1'), list('newer', 5, 1000, '1')]);
    const after = new ListChanges();
    after.restore(before.all, 5000);
    after.look([list('same', 10, 6000, '1'), list('other', 7, 6000, '1'), list('newer', 5, 6000, '2')]);
    expect(after.all.slice(3)).toEqual([
      { list: 'other', at: 6000, before: 5, entries: 7, ...UNKNOWN, version: '1' },
      { list: 'newer', at: 6000, before: 5, entries: 5, ...UNKNOWN, version: '2' },
    ]);
  });

  test('what was kept and lies in the future is of a clock that was wrong', () => {
    const before = new ListChanges();
    before.look([list('main', 10, 9000)]);
    const after = new ListChanges();
    after.restore(before.all, 5000);
    expect(after.all).toEqual([]);
  });

  test('of each list the last twenty, whatever another does', () => {
    const changes = new ListChanges();
    changes.look([list('calm', 1, 1), list('busy', 1, 1)]);
    for (let at = 2; at < 500; at += 1) changes.look([list('calm', 1, 1), list('busy', at, at)]);
    expect(changes.of('busy')).toHaveLength(20);
    expect(changes.of('busy').at(-1)).toMatchObject({ entries: 499 });
    expect(changes.of('calm')).toHaveLength(1);
  });
});
