import { describe, expect, test } from '@jest/globals';
import type { ConfigDiagnostic } from '../../src/config/diagnostic.ts';
import { excerptLines, withSource } from '../../src/config/excerpt.ts';
import { parseConfig } from '../../src/config/load.ts';

function shown(text: string, line: number, column: number): readonly string[] {
  const fault: ConfigDiagnostic = { file: 'f', line, column, key: '', message: 'm' };
  return withSource(text, [fault]).flatMap(excerptLines);
}

/** As `check` shows them. */
function excerptsOf(text: string): readonly string[] {
  const parsed = parseConfig(text, 'f', {});
  return parsed.ok ? [] : parsed.faults.flatMap(excerptLines);
}

// Was a fault: it was shown by each name that nobody had thought of.
describe('a key that nobody knows is shown without its value', () => {
  test.each([
    {
      name: 'in a block',
      text: 'lists:\n- source: ./x\n  barer: hunter2\n',
      want: ['  2 | - source: ./x', '    |   ^', '  3 |   barer: …', '    |   ^'],
    },
    { name: 'of several', text: 'a: hunter2\nb: hunter2\n', want: ['  1 | a: …', '    | ^', '  2 | b: …', '    | ^'] },
    {
      name: 'in a flow, with faults before and behind it',
      text: 'admin: { port: 0, pass: x, headr: [bearer, hunter2], address: 1 }\n',
      want: [],
    },
    {
      name: 'that has its value below',
      text: 'headr:\n- hunter2\n',
      want: ['  1 | headr:', '    | ^'],
    },
    { name: 'with a secret that has an anchor', text: 't: &t hunter2\n', want: ['  1 | t: …', '    | ^'] },
    {
      name: 'with a fault before it',
      text: 'admin: { port: -1, headr: [x, hunter2], address: hunter2 }\n',
      want: [
        '  1 | admin: { port: -1, headr: …',
        '    |                ^',
        '  1 | admin: { port: -1, headr: …',
        '    |                    ^',
      ],
    },
  ])('$name', ({ text, want }) => {
    const shown = excerptsOf(text);
    expect(shown.join('\n')).not.toContain('hunter2');
    expect(shown).toEqual(want);
  });
});

describe('the line of a fault', () => {
  test.each([
    { name: 'with a mark', text: 'a: 1\nb: 2\n', line: 2, column: 4, want: ['  2 | b: 2', '    |    ^'] },
    { name: 'of Windows', text: 'a: 1\r\nb: 2\r\n', line: 1, column: 1, want: ['  1 | a: 1', '    | ^'] },
    { name: 'with a tab', text: '\ta: 1\n', line: 1, column: 2, want: ['  1 | \ta: 1', '    | \t^'] },
    { name: 'beyond its end', text: 'a:\n', line: 1, column: 3, want: ['  1 | a:', '    |   ^'] },
    {
      name: 'with signs that a terminal obeys',
      text: 'a: \u001b[2J\n',
      line: 1,
      column: 1,
      want: ['  1 | a: ?[2J', '    | ^'],
    },
    { name: 'that is empty', text: 'a:\n\n', line: 2, column: 1, want: [] },
    { name: 'that is not there', text: 'a:\n', line: 9, column: 1, want: [] },
    {
      name: 'with a mail address or the end of a password',
      text: 'contact: a@isp.example\n',
      line: 1,
      column: 1,
      want: [],
    },
    {
      name: 'with a URL that has a path',
      text: 'source: https://lists.example/secret\n',
      line: 1,
      column: 1,
      want: [],
    },
    { name: 'with a token', text: 'bearer: abcdefgh12345678\n', line: 1, column: 1, want: [] },
    { name: 'with a word at such a key', text: 'bearer: word\n', line: 1, column: 1, want: [] },
    ...[
      'auth:\n  bearer:\n    word: x\n',
      'auth:\n  bearer:\n  - word\n',
      'bearer: "more\n  of a word\n  word\n',
      'a:\n  - identity: >\n\n      # b\n      word\n',
      '{ "key":\n  ["a",\n  "word"] }\n',
      'lists:\n- auth: {\n  basic:\n  word }\n',
      `bearer:\n${' word\n'.repeat(11_000)}`,
    ].map((text) => ({
      name: `that belongs to a key above it, ${JSON.stringify(text.slice(0, 60))}`,
      text,
      line: text.trimEnd().split('\n').length,
      column: 1,
      want: [],
    })),
    {
      name: 'beside such a key and behind it',
      text: 'lists:\n- auth:\n    bearer: ./a\n  name: 1 2\n',
      line: 4,
      column: 9,
      want: ['  4 |   name: 1 2', '    |         ^'],
    },
    {
      name: 'of a long list',
      text: `clients:\n${'- 192.0.2.0/24\n'.repeat(3000)}- 192.0.2.0/33\n`,
      line: 3002,
      column: 3,
      want: ['3002 | - 192.0.2.0/33', '     |   ^'],
    },
  ])('$name', ({ text, line, column, want }) => {
    expect(shown(text, line, column)).toEqual(want);
  });

  test('a long line is shown around its column', () => {
    const [text = '', mark = ''] = shown(`${'x'.repeat(300)} !${'y'.repeat(300)}`, 1, 302);
    expect(text.length).toBeLessThan(112);
    expect(text[mark.indexOf('^')]).toBe('!');
  });
});
