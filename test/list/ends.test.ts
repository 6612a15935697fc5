import { expect, test } from '@jest/globals';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { formatOf } from '../../src/list/format/formats.ts';
import { figuresOn } from '../../src/list/ends.ts';
import { contentsOf } from '../../src/list/staged-list.ts';
import type { ListStats } from '../../src/list/stats.ts';
import { compileText } from '../../src/list/text/compile.ts';

const TODAY = Date.UTC(2026, 10, 24) / 86_400_000;
const TEXT = Buffer.from(`# seven
a.example
b.example dns
*.b.example dns expires=2026-11-24
c.example/dir/* expires=2026-11-24
192.0.2.1 dns expires=2026-11-25
d.example:80 expires=2026-11-26 dns
e.example/page?* expires=2026-11-26
`);

async function compiledStats(today: number): Promise<ListStats> {
  const { file } = compileToFile(TEXT, { action: 'block', today });
  const judged = await formatOf(file ?? TEXT).judge(file ?? TEXT, { action: 'block', today }, () => Promise.resolve());
  return contentsOf(judged).stats;
}

// Was a fault: the figures of a list were those of the day on which it was read.
test.each([
  { name: 'text', of: (today: number) => compileText(TEXT, { list: 0, action: 'block', today }).stats },
  { name: 'compiled', of: compiledStats },
])('$name: the figures of each day are those of a list that is read on it', async ({ name, of }) => {
  const stats = await of(TODAY);
  for (let day = TODAY; day < TODAY + 5; day++) {
    const { enforceable, ...then } = await of(day);
    const figures = figuresOn(stats, day);
    expect(figures).toMatchObject({ entries: then.entries, expired: then.expired, publicSuffixes: 0 });
    // A compiled list does not show which of its hosts are addresses.
    if (name === 'text') expect(figures.enforceable).toEqual(enforceable);
    else expect(figures.enforceable).toMatchObject({ http: enforceable.http, https: enforceable.https });
  }
  expect(figuresOn(stats, TODAY + 5)).toMatchObject({ entries: 2, expired: 5 });
  expect(stats.ends?.map(({ last, entries }) => [last - TODAY, entries])).toEqual([
    [0, 2],
    [1, 1],
    [2, 2],
  ]);
});

test('a list without an expiry says nothing of it', async () => {
  const { stats } = compileText(Buffer.from('a.example\n'), { list: 0, action: 'block', today: TODAY });
  expect(stats).not.toHaveProperty('ends');
});
