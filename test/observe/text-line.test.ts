import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { painter } from '../../src/observe/colour.ts';
import { textLine } from '../../src/observe/text-line.ts';

const AT = new Date(2026, 0, 2, 3, 4, 5);
const plain = (fields: Readonly<Record<string, string | number | boolean>>): string =>
  textLine(AT, 'warn', 'list.bad_lines', fields, painter(false));

describe('a line for people', () => {
  test.each([
    { name: 'time, level, words', fields: {}, want: '03:04:05 warn  list bad lines' },
    { name: 'fields', fields: { list: 'own', lines: 3, kept: true }, want: 'list=own lines=3 kept=true' },
    { name: 'a text of several words', fields: { reason: 'is not there' }, want: 'reason="is not there"' },
    { name: 'an empty text', fields: { reason: '' }, want: 'reason=""' },
    { name: 'a line break', fields: { reason: 'a\nb' }, want: 'reason="a\\nb"' },
    { name: 'what a terminal obeys', fields: { reason: '\u001b[2J' }, want: 'reason="\\u001b[2J"' },
    { name: 'C1', fields: { reason: 'a\u009b2J' }, want: 'reason="a\\u{9b}2J"' },
    { name: 'text that runs backwards', fields: { reason: 'a\u202eb' }, want: 'reason="a\\u{202e}b"' },
  ])('$name', ({ fields, want }) => {
    expect(plain(fields)).toBe(want.startsWith('03') ? want : `03:04:05 warn  list bad lines ${want}`);
  });

  test('coloured: the level stands out', () => {
    const line = textLine(AT, 'error', 'list.failed', { list: 'own' }, painter(true));
    expect(line).toContain('\u001b[31merror\u001b[0m');
    expect(stripVTControlCharacters(line)).toBe('03:04:05 error list failed list=own');
  });
});
