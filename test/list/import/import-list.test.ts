import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IMPORT_NAMES } from '../../../src/list/import/format-names.ts';
import { IMPORT_FORMATS } from '../../../src/list/import/formats.ts';
import type { ImportFormat } from '../../../src/list/import/formats.ts';
import { LEFT_REASONS, NOTES } from '../../../src/list/import/reasons.ts';
import { imported, refuses } from './imported.ts';

describe('an import', () => {
  test('counts each line once, and names where each entry comes from', () => {
    const text = '# head\n\n0.0.0.0 ads.example localhost # banner\n:: b.example\n0.0.0.0 c.example';
    const { list, counts, findings } = imported('hosts', text);
    expect(list).toBe('ads.example  # file:3 banner\n');
    expect(counts.lines).toEqual({
      lines: 5,
      blank: 1,
      comment: 1,
      frame: 0,
      continued: 0,
      carried: 0,
      partly: 1,
      left: 2,
    });
    expect(counts.left).toEqual({ own_machine: 1, ipv6_only: 1, cut_off: 1 });
    expect(findings.map(({ line, column }) => [line, column])).toEqual([
      [3, 21],
      [4, 4],
      [5, 1],
    ]);
  });

  test('exceptions go to an allow list where it holds the same, and undo there what they undo here', () => {
    const text = '||ads.example^\n@@||good.ads.example^\n@@||ads.example/ok/\n@@||ads.example/no$script\n';
    const without = imported('adblock', text, { match: 'url' });
    expect(without.list).toBe('');
    const withAllow = imported('adblock', text.split('\n').slice(0, 3).join('\n') + '\n', {
      match: 'url',
      allowUntil: '2099-03-31',
    });
    expect(withAllow.list).toBe('*.ads.example  # file:1\n');
    expect(withAllow.allow.split('\n')[0]).toBe('*.good.ads.example  expires=2099-03-31 reason="file:2"');
    const refused = refuses(withAllow);
    expect(
      ['http://ads.example/', 'http://good.ads.example/', 'http://ads.example/ok/x', 'http://x.ads.example/'].map(
        refused,
      ),
    ).toEqual([true, false, false, true]);
  });

  test('an exception that names no host is told before anything is written', () => {
    expect(imported('adblock', '||a.example^\n@@/banner/\n', { match: 'url' }).exceptionAnywhere).toBe(2);
    expect(imported('adblock', '@@/banner/\n', { match: 'url', ignoresExceptions: true }).exceptionAnywhere).toBeNull();
  });

  test.each(IMPORT_NAMES)('%s: any bytes give counts that add up, and lines that the grammar takes', (from) => {
    const format: ImportFormat = IMPORT_FORMATS[from];
    const match = fc.constantFrom(...(format.matches.length === 0 ? [''] : format.matches));
    const sample = fc.constantFrom(...(format.samples.length === 0 ? [''] : format.samples));
    fc.assert(
      fc.property(
        fc.array(lineOf(), { maxLength: 12 }),
        match,
        sample,
        fc.boolean(),
        (lines, match, sample, hasAllow) => {
          const allowUntil = hasAllow ? '2099-01-01' : null;
          const done = imported(from, lines.join('\n'), { match, sample, allowUntil });
          const { lines: sums, left } = done.counts;
          const { lines: all, ...kinds } = sums;
          expect(Object.values(kinds).reduce((sum, count) => sum + count, 0)).toBe(all);
          expect(Object.values(left).reduce((sum, count) => sum + count, 0)).toBe(
            done.findings.filter(({ kind }) => kind === 'left').length,
          );
          // It throws where a line is no entry.
          refuses(done);
          for (const { code, kind } of done.findings)
            expect(kind === 'left' ? LEFT_REASONS : NOTES).toHaveProperty(code);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Parts of all formats, in any order. */
function lineOf(): fc.Arbitrary<string> {
  const part = fc.constantFrom(
    'ads.example',
    'x.ads.example',
    '*.',
    '.',
    '||',
    '@@',
    '^',
    '|',
    '/',
    '/a/',
    '/p',
    '?x',
    ' ',
    '\t',
    '#',
    '!',
    ';',
    '"',
    "'",
    '(',
    ')',
    ',',
    '0.0.0.0',
    '::',
    '192.0.2.7',
    'address=/',
    'server=/',
    'local-zone: ',
    'local-data: ',
    'static',
    'redirect',
    'transparent',
    'CNAME',
    ' . ',
    'rpz-passthru.',
    '$ORIGIN ',
    '$TTL ',
    'SOA',
    '$script',
    '$important',
    ':80',
    'http://',
    '%41',
    '..',
    '\u00c3\u00a9',
    '\u00e9',
    '\\',
    '\u0000',
    'host-record=',
    'view:',
    '@',
    '##',
  );
  return fc.oneof(
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string(),
  );
}
