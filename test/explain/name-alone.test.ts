/** What is given where a name is asked about: a URL, a name with more around it, a name. */
import { describe, expect, test } from '@jest/globals';
import { notANameAlone } from '../../src/explain/name-alone.ts';

const URLS = ['http://a.example/', '//a.example', 'a.example/page', '"http://a.example/"', 'a.example/arpa.x'];
const MORE = [
  '"a.example"',
  "'a.example'",
  '`a.example`',
  '<a.example>',
  '(a.example)',
  '[a.example]',
  '{a.example}',
  '“a.example”',
  '„a.example“',
  '«a.example»',
  '"a.example',
  'a.example"',
  'a.example,',
  'a.example;',
  '[2001:db8::1]',
  'a.example:443',
  'a.example.:53',
  '"',
  'a.example:',
  'a.example:https',
  'http:a.example',
  'user@a.example',
  'a.example#x',
  'a.example?x',
  '|a.example|',
  'a[.]example',
];
const NAMES = [
  'a.example',
  'a.example.',
  '*.a.example',
  'x!.a.example',
  'it"s.a.example',
  '_sip._tcp.a.example',
  'bücher.example',
  '2001:db8::1',
  '192.0.2.1',
  '1.0/25.2.0.192.in-addr.arpa',
  '1.0/25.2.0.192.IN-ADDR.ARPA.',
  'a..example',
  '',
  '.',
];

describe('notANameAlone', () => {
  test.each(URLS)('%s is a URL', (text) => {
    expect(notANameAlone(text)).toMatchObject({ code: 'usage', message: expect.stringContaining('that is a URL') });
  });

  test.each(MORE)('%s is more than a name', (text) => {
    expect(notANameAlone(text)).toMatchObject({ code: 'usage', message: expect.stringContaining('more than a name') });
  });

  test.each(NAMES)('%j may be asked for', (text) => {
    expect(notANameAlone(text)).toBeNull();
  });
});
