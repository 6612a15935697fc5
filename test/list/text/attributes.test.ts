/** What follows an address on a line, and where it is wrong. */
import { describe, expect, test } from '@jest/globals';
import { parseAttributes } from '../../../src/list/text/attributes.ts';
import { FOLD } from '../../../src/url/fold.ts';

const NONE = { ok: true, dns: false, steer: false, count: false, test: false, expires: 0, hasReason: false, fold: 0 };
const HOST = 'a.example';

describe('attributes', () => {
  test.each([
    { text: '', want: {} },
    { text: '  # dns', want: {} },
    { text: '\tdns count', want: { dns: true, count: true } },
    { text: ' test steer # why', want: { test: true, steer: true } },
    { text: ' expires=2000-01-01', want: { expires: 10_957 } },
    { text: ' expires=2149-06-06', want: { expires: 65_535 } },
    { text: ' expires=9999-12-31', want: { expires: 65_535 } },
    { text: ' reason="court order, section 4" dns', want: { hasReason: true, dns: true } },
    { text: ' fold=case,slash', want: { fold: FOLD.case | FOLD.slash } },
    { text: ' fold=params', want: { fold: FOLD.params } },
    { text: ' fold=info,case', want: { fold: FOLD.info | FOLD.case } },
  ])('$text', ({ text, want }) => {
    expect(parseAttributes(HOST + text, HOST.length)).toEqual({ ...NONE, ...want });
  });

  test.each([
    { text: ' dnss', at: 1, message: "did you mean 'dns'" },
    { text: ' something', at: 1, message: 'known are dns, steer, count, test, fold, expires, reason' },
    { text: ' dns dns', at: 5, message: "'dns' is given twice" },
    { text: ' dns=1', at: 4, message: "'dns' takes no value" },
    { text: ' expires', at: 1, message: 'expires=YYYY-MM-DD' },
    { text: ' expires=2026-6-1', at: 1, message: 'expires=YYYY-MM-DD' },
    { text: ' expires=2026-06-31', at: 9, message: 'no such day' },
    { text: ' expires=1999-12-31', at: 9, message: 'no such day' },
    { text: ' expires=2026-06-30x', at: 1, message: 'expires=YYYY-MM-DD' },
    { text: ' reason=court', at: 1, message: 'in straight double quotes' },
    { text: ' reason=" "', at: 8, message: 'the reason is empty' },
    { text: ' fold', at: 1, message: 'fold=case,params,slash,info' },
    { text: ' fold=case,cases', at: 11, message: 'unknown fold' },
    { text: ' fold=case,case', at: 11, message: "'case' is given twice" },
  ])('$text: refused at $at', ({ text, at, message }) => {
    expect(parseAttributes(HOST + text, HOST.length)).toMatchObject({
      ok: false,
      at: HOST.length + at,
      message: expect.stringContaining(message) as unknown,
    });
  });
});
