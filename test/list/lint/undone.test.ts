/** What an allow list undoes, held against the judge: without an entry that is undone, no verdict changes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { AllowIndex } from '../../../src/list/lint/undone.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { openSnapshot, SegmentBuilder } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { testKeys } from '../../match/support.ts';

const TODAY = 20_000;
const WHY = ' reason="a test" expires=2099-12-31';
const allowText = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}${WHY}\n`).join(''));

/** `allow>undone`, by line. */
function undone(allow: readonly string[], block: readonly string[], action: ListAction = 'block'): string[] {
  const index = new AllowIndex({ bytes: allowText(allow), action: 'allow' }, TODAY);
  return [...index.undoneIn({ bytes: Buffer.from(block.map((line) => `${line}\n`).join('')), action })].map(
    (found) => `${found.allow}>${found.undone}`,
  );
}

describe('an entry that allows undoes', () => {
  test.each([
    {
      name: 'the same entry, however it is spelled',
      allow: ['http://A.example/x'],
      block: ['a.example/./x'],
      want: ['1>1'],
    },
    { name: 'a page on its host', allow: ['a.example'], block: ['a.example/x?y', 'b.example/x'], want: ['1>1'] },
    {
      name: 'a page below its directory',
      allow: ['a.example/d/*'],
      block: ['a.example/e', 'a.example/d/e/f'],
      want: ['1>2'],
    },
    { name: 'a URL of its page', allow: ['a.example/p?*'], block: ['a.example/p?x=1'], want: ['1>1'] },
    {
      name: 'what is below its host',
      allow: ['*.a.example'],
      block: ['b.a.example', '*.c.a.example/x', 'a.example'],
      want: ['1>1', '1>2', '1>3'],
    },
    { name: 'an entry that only counts', allow: ['a.example'], block: ['a.example/x count'], want: ['1>1'] },
    {
      name: 'an entry that lasts longer',
      allow: ['a.example'],
      block: ['a.example/x expires=2100-01-01'],
      want: ['1>1'],
    },
    { name: 'the widest is named', allow: ['a.example/x', 'a.example'], block: ['a.example/x'], want: ['2>1'] },
    { name: 'a port on any', allow: ['a.example'], block: ['a.example:8080'], want: ['1>1'] },
    { name: 'not a port by another', allow: ['a.example:80'], block: ['a.example:8080', 'a.example'], want: [] },
    { name: 'not the host by all its paths, which TLS hides', allow: ['a.example/*'], block: ['a.example'], want: [] },
    { name: 'not a directory by one page in it', allow: ['a.example/d/e'], block: ['a.example/d/*'], want: [] },
    { name: 'not what is below by the host alone', allow: ['a.example'], block: ['*.a.example'], want: [] },
    { name: 'nothing, if there is none', allow: [], block: ['a.example'], want: [] },
  ])('$name', ({ allow, block, want }) => {
    expect(undone(allow, block)).toEqual(want);
  });
});

test('the judge agrees', () => {
  const host = fc.constantFrom('a.example', 'b.a.example');
  const line = fc
    .tuple(
      fc.constantFrom('', '*.'),
      host,
      fc.constantFrom('', ':80'),
      fc.constantFrom('', '/', '/*', '/d/*', '/d/e', '/d/e?*', '/d/e?q'),
    )
    .map((parts) => parts.join(''));
  const lines = fc.array(line, { minLength: 1, maxLength: 4 });
  const urls = ['a.example', 'b.a.example', 'c.b.a.example'].flatMap((name) =>
    ['/', '/d/', '/d/e', '/d/e?q', '/x'].flatMap((target) => [80, 81].map((port) => ({ name, target, port }))),
  );
  fc.assert(
    fc.property(lines, lines, (allow, block) => {
      const gone = new Set(undone(allow, block).map((pair) => Number(pair.split('>')[1])));
      const [all, rest] = [block, block.filter((_, i) => !gone.has(i + 1))].map((kept) => judgeOf(allow, kept));
      for (const { name, target, port } of urls) {
        const [before, after] = [all!, rest!].map(
          (judge) => judge.url(judge.matcher.lookup(name)!, target, { port, listMask: -1, today: TODAY }).action,
        );
        if (before !== after)
          throw new Error(
            `${allow.join(' | ')} against ${block.join(' | ')}: ${name}:${port}${target}: ${before}, ${after}`,
          );
      }
    }),
    { numRuns: 100 },
  );
});

function judgeOf(allow: readonly string[], block: readonly string[]): Judge {
  const builder = new SegmentBuilder(testKeys(1));
  for (const entry of listEntries(allowText(allow), { list: 0, action: 'allow', today: TODAY })) builder.add(entry);
  for (const entry of listEntries(Buffer.from(block.map((line) => `${line}\n`).join('')), {
    list: 1,
    action: 'block',
    today: TODAY,
  }))
    builder.add(entry);
  const matcher = new Matcher({ cacheEntries: 16 });
  matcher.use(openSnapshot([builder.build()]));
  return new Judge(matcher, [{ action: 'allow' }, { action: 'block' }]);
}
