import { expect, test } from '@jest/globals';
import { FIELD, fieldId } from '../../src/wire/field-names.ts';

const NAMES: Readonly<Record<Exclude<keyof typeof FIELD, 'other'>, string>> = {
  host: 'Host',
  contentLength: 'Content-Length',
  transferEncoding: 'Transfer-Encoding',
  connection: 'Connection',
  proxyConnection: 'Proxy-Connection',
  keepAlive: 'Keep-Alive',
  te: 'TE',
  upgrade: 'Upgrade',
  trailer: 'Trailer',
  expect: 'Expect',
  via: 'Via',
  proxyAuthorization: 'Proxy-Authorization',
  proxyAuthenticate: 'Proxy-Authenticate',
  xForwardedFor: 'X-Forwarded-For',
  forwarded: 'Forwarded',
  authorization: 'Authorization',
  wwwAuthenticate: 'WWW-Authenticate',
  maxForwards: 'Max-Forwards',
  http2Settings: 'HTTP2-Settings',
  proxyAuthenticationInfo: 'Proxy-Authentication-Info',
  cleanfeedTrace: 'Cleanfeed-Trace',
};

function idOf(name: string): number {
  const text = Buffer.from(`::${name}::`, 'latin1');
  return fieldId(text, 2, text.length - 2);
}

test('each known name has a number of its own', () => {
  expect(new Set(Object.values(FIELD)).size).toBe(Object.keys(FIELD).length);
});

test.each(Object.entries(NAMES))('%s: %s, in any case, and no name that is nearly so', (key, name) => {
  const id = FIELD[key as keyof typeof FIELD];
  for (const spelled of [name, name.toLowerCase(), name.toUpperCase()]) expect(idOf(spelled)).toBe(id);
  for (const near of [`${name}s`, name.slice(1), `Q${name.slice(1)}`, `${name.slice(0, -1)}_`])
    expect(idOf(near)).toBe(FIELD.other);
});

test.each(['', 'a', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(36), 'Cookie'])('%j is any other', (name) => {
  expect(idOf(name)).toBe(FIELD.other);
});
