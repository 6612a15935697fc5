import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FORMAT_TERMS, IMPORT_NAMES } from '../../../src/lib/list-formats.ts';
import type { ImportFrom } from '../../../src/lib/list-formats.ts';
import { LEFT_REASONS, NOTES } from '../../../src/list/import/reasons.ts';
import { imported, refuses, summary } from './imported.ts';

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

  test('a long comment goes with the first entry of its line alone, a short one with each', () => {
    const of = (bytes: number): string => imported('hosts', `0.0.0.0 a.example b.example #${'x'.repeat(bytes)}\n`).list;
    expect(of(256)).toBe(`a.example  # file:1 ${'x'.repeat(256)}\nb.example  # file:1 ${'x'.repeat(256)}\n`);
    expect(of(257)).toBe(`a.example  # file:1 ${'x'.repeat(257)}\nb.example  # file:1\n`);
  });

  test('what is longer than any name is none, lies in no zone, and excepts nothing', () => {
    const long = `${'a.'.repeat(500)}x`;
    expect(imported('domains', `x.${long}\n`).findings.map(({ code }) => code)).toEqual(['not_a_name']);
    expect(imported('rpz', `$ORIGIN ${long}\nb CNAME .\n@ CNAME .\n`).findings.map(({ code }) => code)).toEqual([
      'bad_line',
      'bad_line',
    ]);
    // Was a fault: it grew by each line, and each name with it.
    const grows = imported('rpz', `${'$ORIGIN a\n'.repeat(100_000)}${'b CNAME .\n'.repeat(100_000)}`);
    expect(grows.counts).toMatchObject({ entries: 0, left: { bad_line: 100_000 } });
    const excepted = imported(
      'unbound',
      `local-zone: "a.example" static\nlocal-zone: "${long}.a.example" transparent\n`,
    );
    expect(excepted.list).toBe('*.a.example  # file:1\n');
  });

  test('each part of a line has its column', () => {
    const line = `0.0.0.0 ${'\u00c3\u00a9..a '.repeat(400)}`;
    const { findings } = imported('hosts', `${line}\n${line}\n`);
    expect(findings.map(({ line: at, column }) => [at, column])).toEqual(
      [1, 2].flatMap((at) => Array.from({ length: 400 }, (_, i) => [at, 9 + 5 * i])),
    );
  });

  test('exceptions go to an allow list where it holds the same, and undo there what they undo here', () => {
    const text = '||ads.example^\n@@||good.ads.example^\n@@||ads.example/no$script\n';
    const without = imported('adblock', text, { match: 'url' });
    expect(without.list).toBe('');
    const withAllow = imported('adblock', text.split('\n').slice(0, 2).join('\n') + '\n', {
      match: 'url',
      allowUntil: '2099-03-31',
    });
    expect(withAllow.list).toBe('*.ads.example  # file:1\n');
    expect(withAllow.allow.split('\n')[0]).toBe('*.good.ads.example  expires=2099-03-31 reason="file:2"');
    const refused = refuses(withAllow);
    expect(
      ['http://ads.example/', 'http://good.ads.example/', 'http://good.ads.example/x', 'http://x.ads.example/'].map(
        refused,
      ),
    ).toEqual([true, false, false, true]);
  });

  test('an exception that no entry says exactly is none, and undoes entries', () => {
    const capitals = imported('adblock', '||ads.example^\n@@||ads.example/ok/\n', {
      match: 'url',
      allowUntil: '2099-03-31',
    });
    expect(summary(capitals)).toEqual({ entries: [], said: ['1:1 excepted', '2:1 exception_inexact'] });
    const escaped = imported('adblock', '||ads.example^\n@@||ads.example/s?q=AT%26T|$match-case\n', {
      match: 'url',
      allowUntil: '2099-03-31',
    });
    expect(summary(escaped)).toEqual({ entries: [], said: ['1:1 excepted', '2:1 other_spelling'] });
    const exact = imported('adblock', '||ads.example^\n@@||ads.example/ok/|$match-case\n', {
      match: 'url',
      allowUntil: '2099-03-31',
    });
    expect(exact.allow).toContain('ads.example:80/ok/ ');
  });

  test('an exception that names no host is told before anything is written', () => {
    expect(imported('adblock', '||a.example^\n@@/banner/\n', { match: 'url' }).exceptionAnywhere).toBe(2);
    expect(imported('adblock', '@@/banner/\n', { match: 'url', ignoresExceptions: true }).exceptionAnywhere).toBeNull();
  });

  // Was a fault: what it excepts was refused, since the entry above it was written.
  describe('an exception on a line that is not carried over undoes entries all the same', () => {
    test('unbound: a zone whose type stands in the next line', () => {
      const zones = 'server:\nlocal-zone: "a.example" static\nlocal-zone: "b.example" static\n';
      const done = imported('unbound', `${zones}local-zone: "x.a.example"\n  transparent\n`);
      expect(summary(done).entries).toEqual(['*.b.example']);
      expect(done.counts.left).toEqual({ excepted: 1, bad_line: 2 });
    });

    const LATIN1 = '# f\u00fcr';
    test.each<{ from: ImportFrom; text: string; match?: string; want: string }>([
      {
        from: 'dnsmasq',
        text: `address=/a.example/#\naddress=/b.example/#\nserver=/x.a.example/#  ${LATIN1}\n`,
        want: '*.b.example',
      },
      {
        from: 'unbound',
        text: `server:\nlocal-zone: "a.example" static\nlocal-zone: "b.example" static\nlocal-zone: "x.a.example" transparent ${LATIN1}\n`,
        want: '*.b.example',
      },
      {
        from: 'rpz',
        text: 'z.test. SOA a. b. 1 2 3 4 5\na.example CNAME .\n*.a.example CNAME .\nb.example CNAME .\nx.a.example CNAME rpz-passthru. ; f\u00fcr\n',
        want: 'a.example b.example',
      },
      // The name that has a record is out of the wildcard (RFC 4592), whatever the record says.
      {
        from: 'rpz',
        text: 'z.test. SOA a. b. 1 2 3 4 5\na.example CNAME .\n*.a.example CNAME .\nx.a.example TXT "f\u00fcr"\n',
        want: 'a.example',
      },
      {
        from: 'adblock',
        match: 'dns',
        text: '||a.example^\n||b.example^\n@@||x.a.example^$client=B\u00fcro\n',
        want: '*.b.example',
      },
    ])('$from: $text', ({ from, text, match = '', want }) => {
      const done = imported(from, text, { match });
      expect(done.exceptionAnywhere).toBeNull();
      expect(summary(done).entries.join(' ')).toBe(want);
      expect(done.counts.left.not_text).toBe(1);
      expect(summary(imported(from, text, { match, ignoresExceptions: true })).entries).toContain(
        from === 'rpz' ? 'a.example' : '*.a.example',
      );
    });

    test.each([
      { what: 'cut off', tail: '@@||x.a.exam' },
      { what: 'too long', tail: `@@||x.a.example^$client=${'a'.repeat(20_000)}\n` },
    ])('$what: nobody knows which', ({ tail }) => {
      expect(imported('adblock', `||a.example^\n${tail}`, { match: 'dns' }).exceptionAnywhere).toBe(2);
      expect(imported('adblock', `||a.example^\n${tail.slice(2)}`, { match: 'dns' }).exceptionAnywhere).toBeNull();
    });
  });

  // Was a fault: cut behind a slash it was taken for one that refuses, and what it excepts was refused.
  test.each<{ from: ImportFrom; long: string; want: number | null }>([
    { from: 'dnsmasq', long: `server=/x.a.example${`/${'b'.repeat(62)}.test`.repeat(300)}/#`, want: 2 },
    { from: 'dnsmasq', long: `server=/${'x'.repeat(16_000)}${' '.repeat(400)}/#`, want: 2 },
    { from: 'dnsmasq', long: `server=/x.a.example/${' '.repeat(17_000)}#`, want: 2 },
    { from: 'unbound', long: `local-zone: "x.a.example" ${' '.repeat(17_000)}transparent`, want: 2 },
    { from: 'dnsmasq', long: `# ${'x'.repeat(17_000)}`, want: null },
  ])('$from: a line that is too long may be an exception, as its end would say: $want', ({ from, long, want }) => {
    const text = `${from === 'dnsmasq' ? 'address=/a.example/#' : 'local-zone: "a.example" static'}\n${long}\n`;
    expect(imported(from, text).exceptionAnywhere).toBe(want);
    expect(imported(from, text, { ignoresExceptions: true }).exceptionAnywhere).toBeNull();
  });

  // Was a fault: what came behind it was read as if the line were not there, and names were refused that the tool lets pass.
  test.each<{ from: ImportFrom; text: string; want: readonly string[] }>([
    {
      from: 'rpz',
      text: 'z.test. SOA a. b. 1 2 3 4 5\ngood.example TXT "x"\nbad.example TXT "f\u00fcr"\n  CNAME .\n',
      want: ['bad.example'],
    },
    {
      from: 'rpz',
      text: '$ORIGIN z.test.\n@ SOA a. b. 1 2 3 4 5\n$ORIGIN sub.z.test. ; f\u00fcr\na.example CNAME .\n$ORIGIN z.test.\nb.example CNAME .\n',
      want: ['a.example.sub', 'b.example'],
    },
    {
      from: 'unbound',
      text: 'view: # f\u00fcr\nlocal-zone: "a.example" static\nserver:\nlocal-zone: "b.example" static\n',
      want: ['*.b.example'],
    },
    { from: 'csv', text: '"B\u00fcro\ngood.example\n",x\n"Buero\nf\u00fcr\n",x\nb.example\n', want: ['b.example'] },
  ])('$from: a line that is not carried over says what the next ones mean: $text', ({ from, text, want }) => {
    const done = imported(from, text);
    expect(summary(done).entries).toEqual(want);
    const { lines, ...kinds } = done.counts.lines;
    expect(Object.values(kinds).reduce((sum, count) => sum + count, 0)).toBe(lines);
  });

  test.each<{ from: ImportFrom; text: string; want: number | null }>([
    { from: 'csv', text: `a.example\n"${'a'.repeat(20_000)}\n`, want: 2 },
    { from: 'csv', text: `a.example\n"${'x\n'.repeat(70)}",y\nb.example\n`, want: 65 },
    { from: 'rpz', text: `a.example CNAME .\n; ${'a'.repeat(20_000)}\n`, want: 2 },
    { from: 'rpz', text: `a.example TXT (\n${'x\n'.repeat(40)})\n`, want: 32 },
    { from: 'domains', text: `a.example\n${'a'.repeat(20_000)}\nb.example\n`, want: null },
  ])(
    '$from: a record of which nobody can tell where it ends is told before anything is written',
    ({ from, text, want }) => {
      expect(imported(from, text).endlessLine).toBe(want);
    },
  );

  test.each(IMPORT_NAMES)('%s: any bytes give counts that add up, and lines that the grammar takes', (from) => {
    const format = FORMAT_TERMS[from];
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
