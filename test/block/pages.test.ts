import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { BlockPages } from '../../src/block/pages.ts';
import type { BlockedRequest } from '../../src/block/pages.ts';
import { SHIPPED } from '../support/languages.ts';
import { OPERATOR_PAGE, pageList } from './page-lists.ts';
import { readResponse } from './read-response.ts';
import type { ReadResponse } from './read-response.ts';

const LISTS = [
  pageList({}),
  pageList({ status: 451, blockedBy: 'https://court.example/order/7' }),
  pageList({
    page: {
      operator: { en: 'Bare Net', fr: 'Réseau Nu' },
      contact: null,
      appeal: null,
      tipLine: null,
      help: [],
      reason: { en: null, fr: null },
    },
  }),
  pageList({ status: 451 }),
  pageList({
    page: {
      ...OPERATOR_PAGE,
      operator: { en: `<b>&"'</b>`, fr: `<b>&"'</b>` },
      appeal: 'https://isp.example/?a=1&b="2"',
      reason: { en: '<script>alert(1)</script>', fr: '</p>' },
      tipLine: { name: 'x', url: 'javascript:alert(1)' },
    },
  }),
];
const pages = new BlockPages(LISTS, { pseudonym: 'cf-0123456789ab', languages: SHIPPED });

const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';
const request = (overrides: Partial<BlockedRequest> = {}): BlockedRequest => ({
  acceptLanguage: null,
  accept: BROWSER,
  head: false,
  close: false,
  connect: false,
  ...overrides,
});
const answer = (list: number, overrides: Partial<BlockedRequest> = {}): ReadResponse =>
  readResponse(pages.response(list, request(overrides)));

describe('block page: status and fields', () => {
  test('403 by default', () => {
    const { status, fields } = answer(0);
    expect(status).toBe('HTTP/1.1 403 Forbidden');
    expect(Object.fromEntries(fields)).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
      'referrer-policy': 'no-referrer',
      'content-language': 'en',
      'cache-control': 'no-store',
      vary: 'Accept, Accept-Language',
      'x-content-type-options': 'nosniff',
      'proxy-status': 'cf-0123456789ab; error=http_request_denied',
      'content-length': expect.stringMatching(/^\d+$/),
    });
  });

  test('451 names who demands the block (RFC 7725)', () => {
    const { status, fields, body } = answer(1);
    expect(status).toBe('HTTP/1.1 451 Unavailable For Legal Reasons');
    expect(fields.get('link')).toBe('<https://court.example/order/7>; rel="blocked-by"');
    expect(body).toContain('for legal reasons');
  });

  test.each([0, 2, 3])('list %d: no Link field where nobody is named', (list) => {
    expect(answer(list).fields.has('link')).toBe(false);
  });

  test.each([
    { name: 'English by default', acceptLanguage: null, want: 'en' },
    { name: 'French where preferred', acceptLanguage: 'fr-CA,fr;q=0.9,en;q=0.1', want: 'fr' },
  ])('$name', ({ acceptLanguage, want }) => {
    expect(answer(0, { acceptLanguage }).fields.get('content-language')).toBe(want);
    expect(answer(0, { acceptLanguage }).body).toContain(`<html lang="${want}" dir="ltr">`);
    expect(answer(0, { acceptLanguage, accept: '*/*' }).fields.get('content-language')).toBe(want);
  });

  test.each([
    { name: 'curl', overrides: { accept: '*/*' } },
    { name: 'no Accept', overrides: { accept: null } },
    { name: 'CONNECT from a browser', overrides: { connect: true } },
  ])('$name gets text', ({ overrides }) => {
    const { fields, body } = answer(0, overrides);
    expect(fields.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(body).not.toContain('<');
  });

  test('a refused CONNECT always closes', () => {
    expect(answer(0, { connect: true }).fields.get('connection')).toBe('close');
  });

  const variants = [0, 1, 2, 3, 4].flatMap((list) =>
    [BROWSER, '*/*'].flatMap((accept) => ['en', 'fr'].map((acceptLanguage) => ({ list, accept, acceptLanguage }))),
  );
  test.each(variants)(
    'list $list, $acceptLanguage, $accept: exact length, HEAD the same without body, close adds one field',
    ({ list, ...overrides }) => {
      const full = answer(list, overrides);
      expect(full.fields.get('content-length')).toBe(String(Buffer.byteLength(full.body)));
      expect(answer(list, { ...overrides, head: true })).toEqual({ ...full, body: '' });
      expect(answer(list, { ...overrides, close: true })).toEqual({
        ...full,
        fields: new Map([...full.fields, ['connection', 'close']]),
      });
    },
  );

  test('nothing is rendered per request', () => {
    expect(pages.response(0, request())).toBe(pages.response(0, request({ acceptLanguage: 'en-GB' })));
  });
});

describe('block page: contents', () => {
  test.each([
    { name: 'HTML, English', accept: BROWSER, acceptLanguage: 'en' },
    { name: 'HTML, French', accept: BROWSER, acceptLanguage: 'fr' },
    { name: 'text, English', accept: '*/*', acceptLanguage: 'en' },
    { name: 'text, French', accept: '*/*', acceptLanguage: 'fr' },
  ])('$name: operator, contact, appeal, help, tip line', ({ accept, acceptLanguage }) => {
    const { body } = answer(0, { accept, acceptLanguage });
    for (const part of [
      'Réseau Example',
      'help@isp.example',
      'https://isp.example/appeal',
      'https://help.example/',
      'Example Tip Line',
      'https://tipline.example/',
    ]) {
      expect(body).toContain(part);
    }
    expect(body).toContain(acceptLanguage === 'en' ? 'Someone to talk to' : 'Quelqu’un à qui parler');
  });

  test.each([
    {
      acceptLanguage: 'en',
      want: ['list of addresses to which Bare Net refuses access', 'Please get in touch with Bare Net'],
    },
    { acceptLanguage: 'fr', want: ['figure sur une liste d’adresses', 'Veuillez communiquer avec Réseau Nu'] },
  ])('with nothing configured the page still says why and whom to ask: $acceptLanguage', ({ acceptLanguage, want }) => {
    for (const accept of [BROWSER, '*/*']) {
      for (const words of want) expect(answer(2, { acceptLanguage, accept }).body).toContain(words);
    }
  });

  test('the operator’s own reason replaces ours', () => {
    const own = new BlockPages(
      [pageList({ page: { ...OPERATOR_PAGE, reason: { en: 'A court said so.', fr: null } } })],
      { pseudonym: 'cf-0', languages: SHIPPED },
    );
    const { body } = readResponse(own.response(0, request()));
    expect(body).toContain('<p>A court said so.</p>');
    expect(body).not.toContain('This address is on a list');
    expect(body).toContain('Cette adresse figure sur une liste');
  });

  test('what the configuration says is text, never markup', () => {
    const { body } = answer(4);
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(body).toContain('&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;');
    expect(body).toContain('href="https://isp.example/?a=1&amp;b=&quot;2&quot;"');
    expect(body).not.toMatch(/<script|<b>|href="javascript:/);
  });

  test('it loads nothing: no element with a source, one style with the digest that the policy allows', () => {
    const { body, fields } = answer(0);
    expect(body).not.toMatch(/<(?:script|img|iframe|object|embed|form|base)\b|\bsrc=|@import|url\(/);
    expect(body.match(/<link [^>]*>/g)).toEqual(['<link rel="icon" href="data:,">']);
    const style = /<style>([^]*?)<\/style>/.exec(body)?.[1] ?? '';
    expect(fields.get('content-security-policy')).toContain(`'sha256-${hash('sha256', style, 'base64')}'`);
  });
});
