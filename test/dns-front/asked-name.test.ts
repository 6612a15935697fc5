/** A name that somebody writes is looked up as a question for it would be. */
import { expect, test } from '@jest/globals';
import { askedName } from '../../src/dns-front/asked-name.ts';
import { byteString } from '../../src/wire/bytes.ts';

test.each([
  ['Host.example', 'host.example', false],
  ['host.example.', 'host.example', false],
  ['_8443._https.host.example', '_8443._https.host.example', false],
  ['bücher.example', 'xn--bcher-kva.example', false],
  ['a!$(b.host.example', 'a!$(b.host.example', false],
  ['a b@c.host.example', '".host.example', true],
  ['*.host.example', '*.host.example', false],
])('%s', (text, host, hasOtherBytes) => {
  expect(askedName(text)).toMatchObject({ host, hasOtherBytes });
});

test.each(['192.0.2.1', 'host.0x1', 'host.ex@mple'])('%s is asked for, and no list can mean it', (text) => {
  expect(askedName(text)?.host).toBeNull();
});

test.each([
  '',
  '.',
  'a..example',
  '.example',
  `${'a'.repeat(64)}.example`,
  `${'a.'.repeat(130)}example`,
  'ü\u0000..example',
])('no question can ask for %j', (text) => {
  expect(askedName(text)).toBeNull();
});

test('it is total, and gives what was written where all characters are of hosts', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  for (let at = 0; at < 256; at += 1) askedName(`${byteString(bytes, at, 256)}.host.example`);
  for (const character of '!"$&\'()*+,;=`{}~_-') expect(askedName(`a${character}.example`)?.hasOtherBytes).toBe(false);
});

test('labels and names of as many bytes as DNS has, and of one more', () => {
  const label = (length: number): string => 'n'.repeat(length);
  expect(askedName(`${label(63)}.example`)).not.toBeNull();
  expect(askedName(`${label(64)}.example`)).toBeNull();
  // With a byte before each label and one at the end: 255 and 256.
  const name = (last: number): string => [label(63), label(63), label(63), label(last)].join('.');
  expect(askedName(name(61))).not.toBeNull();
  expect(askedName(name(62))).toBeNull();
});
