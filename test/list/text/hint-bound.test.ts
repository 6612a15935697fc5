/** Kinds of path entries that lie above one another are bounded, in whatever order they come; hosts beside one another are not. */
import { describe, expect, test } from '@jest/globals';
import { MAX_DEEP_KINDS, TOO_MANY_KINDS } from '../../../src/list/text/hint-bound.ts';
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { openSnapshot, SegmentBuilder } from '../../../src/match/snapshot.ts';
import type { Entry } from '../../../src/match/entry.ts';
import { textVerdict } from '../text-verdict.ts';

const TODAY = 20_000;
const OLD_FOLDS = ['', 'case', 'params', 'slash', 'case,params', 'case,slash', 'params,slash', 'case,params,slash'];
const ALL_FOLDS = [...OLD_FOLDS, ...OLD_FOLDS.map((fold) => (fold === '' ? 'info' : `${fold},info`))];
const labels = (count: number): string => Array.from({ length: count }, (_, i) => `l${count - i}`).join('.');

function read(lines: readonly string[]) {
  const builder = new SegmentBuilder(randomSegmentKeys());
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const visit = (entry: Entry): void => builder.add(entry);
  const { badLines } = textVerdict(bytes, { today: TODAY, visit });
  const matcher = new Matcher({ cacheEntries: 1 });
  matcher.use(openSnapshot([builder.build()]));
  return {
    messages: badLines.map(({ message }) => message),
    hints: (host: string) => matcher.lookup(host)!.hints.length,
  };
}

const foldsOf = (count: number): string[] =>
  ALL_FOLDS.map((fold) => `*.${labels(count)}/d.php?*${fold === '' ? '' : ` fold=${fold}`}`);

describe('requirement 84: the hints of a host', () => {
  test('names of eight labels need no count', () => {
    const { messages, hints } = read([1, 2, 3, 4, 5, 6, 7, 8].flatMap(foldsOf));
    expect(messages).toEqual([]);
    expect(hints(`x.${labels(8)}`)).toBe(128);
  });

  test.each([
    { order: 'from above', levels: [9, 12] },
    { order: 'from below', levels: [12, 9] },
  ])('of longer names sixteen kinds are taken, $order', ({ levels }) => {
    const { messages, hints } = read(levels.flatMap(foldsOf));
    expect(messages).toEqual(Array.from({ length: 16 }, () => TOO_MANY_KINDS));
    expect(hints(`x.${labels(12)}`)).toBe(MAX_DEEP_KINDS);
  });

  test('what is said again, hosts alone and hosts beside one another are no fault', () => {
    const deep = labels(12);
    const same = Array.from({ length: 40 }, (_, i) => `*.${deep}/d${i}/*`);
    const beside = Array.from({ length: 40 }, (_, i) => `h${i}.${deep}/d/*`);
    const whole = Array.from({ length: 40 }, (_, i) => `*.w${i}.${deep}`);
    expect(read([...same, ...beside, ...whole]).messages).toEqual([]);
  });
});
