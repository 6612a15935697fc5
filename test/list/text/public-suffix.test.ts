/** Which entries take a registry along, and what becomes of their list, as text and compiled. */
import { NO_GATE_FILES } from '../../support/list-config.ts';
import { describe, expect, test } from '@jest/globals';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { compileToFile } from '../../../src/list/format/compile-file.ts';
import { COMPILED } from '../../../src/list/format/compiled.ts';
import { verdictOf } from '../../../src/list/gate.ts';
import type { GateVerdict } from '../../../src/list/gate.ts';
import { textVerdict } from '../text-verdict.ts';
import type { TextVerdict } from '../text-verdict.ts';

const TODAY = 20_000;
const compile = (text: string, suffixes: 'refuse' | 'warn' = 'refuse', maxBadLineRatio = 0): TextVerdict =>
  textVerdict(Buffer.from(text.endsWith('\n') ? text : `${text}\n`), { maxBadLineRatio, suffixes, today: TODAY });

describe('an entry covers a public suffix', () => {
  test.each([
    ['com', true],
    ['*.com', true],
    ['COM.', true],
    ['co.uk', true],
    ['*.co.uk', true],
    ['co.uk:8080', true],
    ['github.io', true],
    ['*.github.io', true],
    ['*.github.io/dir/*', true],
    ['*.github.io/a.html', true],
    ['*.ck', true],
    ['x.ck', true],
    ['xn--p1ai', true],
    ['рф', true],
    ['github.io/dir/*', false],
    ['co.uk/', false],
    ['http://com', false],
    ['user.github.io', false],
    ['*.user.github.io', false],
    ['*.example.co.uk', false],
    ['www.ck', false],
    ['localhost', false],
    ['*.localhost', false],
    ['intranet', false],
    ['*.lan', false],
    ['host.example', false],
    ['example', false],
    ['192.0.2.1', false],
    ['[2001:db8::1]', false],
    ['com expires=2001-01-01', false],
  ])('%s: %s', (line, covers) => {
    expect(compile(line).stats.publicSuffixes).toBe(covers ? 1 : 0);
  });
});

describe('its list', () => {
  const text = 'a.example\n  *.co.uk\n*\ncom\n';

  test('is refused, and each line is named', () => {
    expect(compile('a.example\n  *.co.uk\ncom\n')).toMatchObject({
      accepted: false,
      refusal: 'public_suffix',
      badLines: [],
      suffixLines: [
        {
          code: 'public_suffix',
          line: 2,
          column: 3,
          message: 'covers a public suffix and everything below it, below which everybody registers names',
        },
        {
          code: 'public_suffix',
          line: 3,
          column: 1,
          message: 'covers a public suffix, below which everybody registers names',
        },
      ],
    });
  });

  test('is refused for its bad lines first', () => {
    expect(compile(text)).toMatchObject({
      refusal: 'bad_lines',
      badLines: [{ line: 3 }],
      suffixLines: [{ line: 2 }, { line: 4 }],
    });
  });

  test('is not excused by the share of bad lines', () => {
    expect(compile(text, 'refuse', 1)).toMatchObject({ accepted: false, refusal: 'public_suffix' });
  });

  test('is used where its configuration says so', () => {
    expect(compile('co.uk\n', 'warn')).toMatchObject({
      accepted: true,
      refusal: null,
      suffixLines: [{ line: 1 }],
      stats: { entries: 1, publicSuffixes: 1 },
    });
  });

  test('gives no compiled list, unless told; then the compiled one is judged alike', async () => {
    const bytes = Buffer.from('a.example\n# a comment\n*.github.io\n');
    expect(compileToFile(bytes, { action: 'block', today: TODAY })).toMatchObject({
      file: null,
      refusal: { code: 'public_suffix' },
    });
    const file = compileToFile(bytes, { action: 'block', suffixes: 'warn', today: TODAY }).file!;
    const judged = await COMPILED.judge(file, { action: 'block', today: TODAY }, yieldToEventLoop);
    const verdict = (suffixes: 'refuse' | 'warn'): GateVerdict =>
      verdictOf(judged, { action: 'block', maxBadLineRatio: 0, suffixes, gate: NO_GATE_FILES });
    expect(verdict('refuse')).toMatchObject({
      stage: 'refused',
      error: {
        message:
          "1 entry covers a public suffix, which 'suffixes: refuse' forbids; the first is line 3 of the text that it was compiled from",
      },
      judged: { stats: { publicSuffixes: 1 } },
    });
    expect(verdict('warn')).toMatchObject({ stage: 'passed', stats: { publicSuffixes: 1 } });
  });
});
