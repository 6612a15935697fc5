/** The number by which nodes compare their text lists: what it depends on, and what it does not. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListAction } from '../../../src/lib/types.ts';
import { compileText } from '../../../src/list/text/compile.ts';
import { contentNumber, TextContent } from '../../../src/list/text/content.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const TODAY = 20_781;

function contentOf(text: string, action: ListAction = 'block', key: Uint8Array = KEY, today = TODAY): number {
  const content = new TextContent(key);
  compileText(Buffer.from(text), { list: 0, action: 'block', today, stated: (entry) => content.add(entry) });
  return contentNumber(content.digest(), action);
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const LINES = ['a.example', 'b.example/x', 'b.example/y/*', 'c.example/p?q=1', '*.d.example dns', 'e.example:8080'];

describe('the same', () => {
  test('whatever the order of the lines, their comments, and how often each is said', () => {
    const expected = contentOf(textOf(LINES));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...LINES, ...LINES, '# a comment', '', '  # another'], { minLength: 15, maxLength: 15 }),
        fc.constantFrom('', '   # why', ' reason="why"'),
        (lines, tail) => {
          const text = lines.map((line) => (LINES.includes(line) ? `${line}${tail}\n` : `${line}\n`)).join('');
          expect(contentOf(text)).toBe(expected);
        },
      ),
    );
  });

  test('however an address is spelled, and on the day after an entry has ended', () => {
    expect(contentOf('A.Example/%7Ex\n')).toBe(contentOf('a.example/~x\n'));
    const text = 'a.example\nb.example expires=2026-11-24\n';
    expect(contentOf(text, 'block', KEY, TODAY + 400)).toBe(contentOf(text));
  });

  test('for more entries than a list begins with', () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `n${i}.example`);
    expect(contentOf(textOf(lines.toReversed()))).toBe(contentOf(textOf(lines)));
    expect(contentOf(textOf(lines.slice(1)))).not.toBe(contentOf(textOf(lines)));
  });
});

test('another for each thing that an entry can say, and for each action', () => {
  const texts = [
    '# nothing\n',
    'a.example',
    '*.a.example',
    'a.example:8080',
    'a.example dns',
    'a.example dns steer',
    'a.example count',
    'a.example test',
    'a.example expires=2027-01-01',
    'a.example expires=2027-01-02',
    'a.example/',
    'a.example/*',
    'a.example/x',
    'a.example/x/*',
    'a.example/x?*',
    'a.example/x?y',
    'a.example/x fold=case',
    'a.example\na.example/x',
    'b.example',
  ];
  const numbers = texts.map((text) => contentOf(`${text}\n`));
  const ofActions = (['count', 'allow'] as const).map((action) => contentOf('a.example\n', action));
  const all = [...numbers, ...ofActions, contentOf('a.example\n', 'block', Buffer.from('f'.repeat(32)))];
  expect(new Set(all).size).toBe(all.length);
  for (const number of all) expect(Number.isInteger(number) && number >= 0 && number < 2 ** 48).toBe(true);
});

test('host and path cannot be told one way and another', () => {
  const host = { port: 0, id: 1n, list: 0, expires: 0, count: false, test: false, dns: false, steer: false, fold: 0 };
  const numbers = [
    { kind: 'url', path: '/x?y', query: null },
    { kind: 'url', path: '/x', query: 'y' },
    { kind: 'page', path: '/x?y' },
  ].map((path) => {
    const content = new TextContent(KEY);
    // Such a path cannot be read from a line; the digest must not depend on that.
    content.add({ ...host, host: 'a.example', subdomains: false, path } as never);
    return content.digest();
  });
  expect(new Set(numbers).size).toBe(3);
});
