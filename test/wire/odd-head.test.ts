/** What it takes and refuses: observed-request.test.ts. Here: what it costs. */
import { expect, test } from '@jest/globals';
import { NEED_MORE } from '../../src/wire/field-section.ts';
import { OddHead } from '../../src/wire/odd-head.ts';
import { RequestFacts } from '../../src/wire/request-facts.ts';
import { countedLooks } from '../support/counted-looks.ts';

const LIMITS = { requestLineBytes: 5000, headerBytes: 20_000, headerCount: 1000 };

test.each([
  ['a long target', `GET  /${'a'.repeat(4000)} HTTP/1.1\n\n`],
  ['a long value', `GET  / HTTP/1.1\nX: ${'a'.repeat(8000)}\n\n`],
  ['a long name that is none', `GET  / HTTP/1.1\n${'a '.repeat(4000)}\n\n`],
  ['many lines', `GET  / HTTP/1.1\r\n${'Connection : a\r\n x\r\n'.repeat(300)}\r\n`],
])('%s, byte by byte, costs a few looks a byte', (_name, text) => {
  const { bytes, looks } = countedLooks(text);
  const head = new OddHead(LIMITS);
  const facts = new RequestFacts();
  head.begin(0);
  let after = NEED_MORE;
  for (let received = 1; received <= text.length; received++) after = head.parse(bytes, received, facts);
  expect(after).toBe(text.length);
  expect(looks()).toBeLessThan(10 * text.length);
});
