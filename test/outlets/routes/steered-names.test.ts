/** Names that lists steer: from texts and payloads, in pieces, less what allow lists take out. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { namedEntriesOf, type ListNames } from '../../../src/list/names/list-names.ts';
import type { NamedEntry } from '../../../src/list/names/named-entry.ts';
import { namePieces } from '../../../src/outlets/routes/name-pieces.ts';
import { SteeredNames } from '../../../src/outlets/routes/steered-names.ts';

function list(text: string, more: Partial<ListNames> = {}): ListNames {
  return { list: 'a', action: 'block', form: 'text', bytes: Buffer.from(text), withdrawn: [], version: text, ...more };
}

const payload = (lines: string) => `cleanfeed names 2\nversion 7\ntime 1790000000\n${lines}\0\0\0`;

function names(max = 100, ended: { rests: number } = { rests: 0 }): SteeredNames {
  const rest = async () => {
    ended.rests += 1;
    await Promise.resolve();
  };
  return new SteeredNames({ lists: ['a', 'b'], allow: ['w'], max, rest });
}

const WHITE = list('', { list: 'w', action: 'allow' });
const NONE = list('', { list: 'b' });

describe('names', () => {
  test('of entries with steer in force, of both forms', async () => {
    const text = list(
      'one.example steer\ntwo.example dns\nthree.example/page steer dns\nold.example steer expires=2001-01-01\n',
    );
    const other = list(payload('1 four.example steer\n2 five.example steer\n3 six.example dns\n'), {
      list: 'b',
      form: 'names',
      withdrawn: [2n],
    });
    const { names: found, isWhole } = await names().of([text, other, WHITE], 20_000);
    expect([[...found].toSorted(), isWhole]).toEqual([['four.example', 'one.example', 'three.example'], true]);
  });

  test('less those of an allow list, with what lies below a domain of it', async () => {
    const text = list(
      'one.example steer\ntwo.example steer\na.b.three.example steer\nthree.example steer\nxthree.example steer\n',
    );
    const white = list(
      'one.example reason="a" expires=2090-01-01\n*.three.example reason="b" expires=2090-01-01\ntwo.example/page reason="c" expires=2090-01-01\n',
      {
        list: 'w',
        action: 'allow',
      },
    );
    expect([...(await names().of([text, NONE, white], 1)).names].toSorted()).toEqual(['two.example', 'xthree.example']);
  });

  test('at most so many', async () => {
    const { names: found, tooMany } = await names(1).of(
      [list('one.example steer\ntwo.example steer\n'), NONE, WHITE],
      1,
    );
    expect([[...found], tooMany]).toEqual([['one.example'], 1]);
  });

  test('of a list that is missing those of before; without them it is told', async () => {
    const steered = names();
    expect((await steered.of([NONE, WHITE], 1)).isWhole).toBe(false);
    await steered.of([list('one.example steer\n')], 1);
    expect(await steered.of([NONE], 1)).toMatchObject({ names: new Set(['one.example']), isWhole: true });
    expect((await steered.of([list('two.example steer\n')], 1)).names).toEqual(new Set(['two.example']));
  });

  test('are read again on another day only, or in another version', async () => {
    const ended = { rests: 0 };
    const steered = names(9, ended);
    const text = list('one.example steer expires=2027-01-01\n');
    const sizes = [];
    for (const today of [20_819, 20_819, 20_820]) sizes.push((await steered.of([text], today)).names.size, ended.rests);
    expect(sizes).toEqual([1, 1, 1, 1, 0, 2]);
  });
});

describe('pieces', () => {
  const line = fc.oneof(
    fc.constantFrom('# steer', '', 'two.example dns', 'steer.example', 'x\0y steer', 'é.example steer'),
    fc.nat(999).map((n) => `host${n}.example${n % 3 === 0 ? '/page' : ''} steer`),
  );

  test.each(['text', 'names'] as const)('of a list of form %s hold what it holds, in its order', (form) => {
    let entries = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 2000, size: 'max' }), fc.boolean(), (lines, isAllow) => {
        const text = lines
          .map((each, i) =>
            form === 'names' ? `${i} ${each}\n` : `${each}${isAllow ? ' reason="a" expires=2090-01-01' : ''}\n`,
          )
          .join('');
        const whole = list(form === 'names' ? payload(text) : text, { form, action: isAllow ? 'allow' : 'block' });
        const wanted = [...namedEntriesOf(whole, 1)].filter(({ steer }) => isAllow || steer);
        const found: NamedEntry[] = [];
        for (const piece of namePieces(whole))
          for (const entry of namedEntriesOf(piece, 1)) if (isAllow || entry.steer) found.push(entry);
        expect(found).toEqual(wanted);
        entries += wanted.length;
      }),
      { numRuns: 20 },
    );
    expect(entries).toBeGreaterThan(100);
  });
});
