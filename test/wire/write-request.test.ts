import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { connectionNames } from '../../src/wire/connection-field.ts';
import { HeadWriter } from '../../src/wire/head-writer.ts';
import { METHOD, RequestHead } from '../../src/wire/request-head.ts';
import { RequestTarget } from '../../src/wire/request-target.ts';
import { upgradeOffer, writeRequest } from '../../src/wire/write-request.ts';
import type { ForwardedPolicy } from '../../src/wire/write-request.ts';
import { readHead } from '../support/reference/read-head.ts';
import { plainRequestHead } from '../support/reference/request-head.ts';
import type { PlainHead } from '../support/reference/request-head.ts';
import { requestHeadText } from './made-up-head.ts';

const LIMITS = { requestLineBytes: 200, headerBytes: 400, headerCount: 12 };
const ROOMY = { requestLineBytes: 400, headerBytes: 1200, headerCount: 30 };
const VIA = 'Via: 1.1 pseudonym\r\n';
const PREFIX = 'before\r\n\r\n';

/** Judged and written, as in the middle of other bytes; null: not a request to be forwarded. */
function write(
  text: string,
  forwarded: ForwardedPolicy,
  client = '192.0.2.9',
): { readonly judged: string; readonly out: string; readonly upgrade: string | null } | null {
  const bytes = Buffer.from(PREFIX + text, 'latin1');
  const head = new RequestHead(LIMITS);
  const target = new RequestTarget();
  head.begin(PREFIX.length);
  if (
    head.parse(bytes, bytes.length) <= 0 ||
    head.method === METHOD.connect ||
    !target.parseAbsolute(bytes, head.targetStart, head.targetEnd)
  )
    return null;
  const writer = new HeadWriter(Buffer.alloc(4096));
  const upgrade = upgradeOffer(bytes, head, ['websocket', 'foo/2']);
  writeRequest(writer, bytes, head, target, {
    host: 'canonical.example',
    via: Buffer.from(VIA),
    forwarded,
    client,
    upgrade,
  });
  return {
    judged: bytes.toString('latin1', target.pathStart, target.pathEnd),
    out: writer.out.toString('latin1', 0, writer.pos),
    upgrade,
  };
}

describe('a request written for the origin', () => {
  const line = 'GET http://a.example/x?y HTTP/1.1\r\nHost: a\r\n';
  const cases: { name: string; text: string; policy?: ForwardedPolicy; want: string }[] = [
    {
      name: 'plain',
      text: `${line}\r\n`,
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\n${VIA}X-Forwarded-For: 192.0.2.9\r\n\r\n`,
    },
    {
      name: 'no path',
      text: 'GET http://a.example HTTP/1.0\r\n\r\n',
      policy: 'drop',
      want: `GET / HTTP/1.1\r\nHost: canonical.example\r\n${VIA}\r\n`,
    },
    {
      name: 'a query and no path',
      text: 'GET http://a.example?x HTTP/1.0\r\n\r\n',
      policy: 'drop',
      want: `GET /?x HTTP/1.1\r\nHost: canonical.example\r\n${VIA}\r\n`,
    },
    {
      name: 'OPTIONS for the server',
      text: 'OPTIONS http://a.example HTTP/1.0\r\nMax-Forwards: 3\r\n\r\n',
      policy: 'drop',
      want: `OPTIONS * HTTP/1.1\r\nHost: canonical.example\r\nMax-Forwards: 2\r\n${VIA}\r\n`,
    },
    {
      name: 'Max-Forwards of others is theirs',
      text: `${line}Max-Forwards: 3\r\n\r\n`,
      policy: 'drop',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\nMax-Forwards: 3\r\n${VIA}\r\n`,
    },
    {
      name: 'length in canonical form',
      text: `${line}A: b\r\nContent-Length: \t005 \r\nC:d\r\n\r\n`,
      policy: 'drop',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\nA: b\r\nC:d\r\nContent-Length: 5\r\n${VIA}\r\n`,
    },
    {
      name: 'coding in canonical form',
      text: `${line}transfer-encoding:CHUNKED\r\n\r\n`,
      policy: 'drop',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\nTransfer-Encoding: chunked\r\n${VIA}\r\n`,
    },
    {
      name: 'forwarded-for passed',
      text: `${line}X-Forwarded-For: x\r\nForwarded: for=x\r\n\r\n`,
      policy: 'pass',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\nX-Forwarded-For: x\r\nForwarded: for=x\r\n${VIA}\r\n`,
    },
    {
      name: 'forwarded-for dropped',
      text: `${line}X-Forwarded-For: x\r\nForwarded: for=x\r\n\r\n`,
      policy: 'drop',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\n${VIA}\r\n`,
    },
    {
      name: 'forwarded-for appended',
      text: `${line}X-Forwarded-For: x\r\nForwarded: for=x\r\nX-Forwarded-For: y\r\n\r\n`,
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\n${VIA}X-Forwarded-For: x, y, 192.0.2.9\r\nForwarded: for=x, for=192.0.2.9\r\n\r\n`,
    },
    {
      name: 'forwarded-for with empty elements',
      text: `${line}X-Forwarded-For:\r\nX-Forwarded-For: x ,\t\r\nForwarded: , for=x,\r\n\r\n`,
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\n${VIA}X-Forwarded-For: x, 192.0.2.9\r\nForwarded: for=x, for=192.0.2.9\r\n\r\n`,
    },
    {
      name: 'Forwarded with a quote left open',
      text: `${line}Forwarded: for="a, b\\"";by="c\\"\r\n\r\n`,
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\n${VIA}X-Forwarded-For: 192.0.2.9\r\nForwarded: for=192.0.2.9\r\n\r\n`,
    },
    {
      name: 'Forwarded with quotes',
      text: `${line}Forwarded: for="a, b\\""\r\n\r\n`,
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\n${VIA}X-Forwarded-For: 192.0.2.9\r\nForwarded: for="a, b\\"", for=192.0.2.9\r\n\r\n`,
    },
    {
      name: 'upgrade',
      text: `${line}Connection: upgrade\r\nUpgrade: h2c, websocket\r\n\r\n`,
      policy: 'drop',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${VIA}\r\n`,
    },
    {
      name: 'fields that Connection names',
      text: `${line}Connection: foo, cookie\r\nFoo: 1\r\nCookie: c\r\nfOO: 2\r\nBar: 3\r\n\r\n`,
      policy: 'drop',
      want: `GET /x?y HTTP/1.1\r\nHost: canonical.example\r\nCookie: c\r\nBar: 3\r\n${VIA}\r\n`,
    },
  ];
  test.each(cases)('$name', ({ text, policy = 'append', want }) => {
    expect(write(text, policy)?.out).toBe(want);
  });

  test('an IPv6 client in Forwarded', () => {
    expect(write(`${line}Forwarded: for=x\r\n\r\n`, 'append', '2001:db8::1')?.out).toContain(
      '\r\nForwarded: for=x, for="[2001:db8::1]"\r\n',
    );
  });

  test('parses strictly again, and is what was judged', () => {
    let written = 0;
    fc.assert(
      fc.property(requestHeadText, fc.constantFrom<ForwardedPolicy>('drop', 'append', 'pass'), (text, policy) => {
        const result = write(text, policy);
        if (result === null) return;
        written++;
        const { out, judged, upgrade } = result;
        const plain = plainRequestHead(text, LIMITS) as PlainHead;
        const path =
          judged === '' ? (plain.method === 'OPTIONS' ? '*' : '/') : judged.startsWith('/') ? judged : `/${judged}`;
        expect(readHead(out, ROOMY)).toEqual({
          length: out.length,
          method: plain.method,
          target: path,
          minor: 1,
          body: plain.body,
          hasLength: plain.hasLength,
          keepAlive: true,
          bindsConnection: plain.fields.some(
            ([name, value]) =>
              isKept(plain, policy, name) && name === 'authorization' && /^(?:ntlm|negotiate)/i.test(value),
          ),
          fields: expectedFields(plain, policy, upgrade),
        });
        expect(out.length).toBeLessThan(text.length + 300);
      }),
      { numRuns: 3000 },
    );
    expect(written).toBeGreaterThan(10);
  });
});

const HOP_BY_HOP = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'upgrade',
  'trailer',
  'proxy-authorization',
  'http2-settings',
]);

function isKept({ method, fields }: PlainHead, policy: ForwardedPolicy, name: string): boolean {
  if (HOP_BY_HOP.has(name) || (name === 'max-forwards' && method === 'OPTIONS')) return false;
  if (name === 'x-forwarded-for' || name === 'forwarded') return policy === 'pass';
  return !connectionNames(fields.filter(([known]) => known === 'connection').map(([, value]) => value)).has(name);
}

function expectedFields(
  plain: PlainHead,
  policy: ForwardedPolicy,
  upgrade: string | null,
): (readonly [string, string])[] {
  const all = (name: string): string[] => plain.fields.filter(([known]) => known === name).map(([, value]) => value);
  const made: [string, string][] = [];
  if (plain.body === 'chunked') made.push(['transfer-encoding', 'chunked']);
  else if (plain.hasLength) made.push(['content-length', String(plain.body)]);
  const hops = all('max-forwards').join(', ');
  if (plain.method === 'OPTIONS' && /^\d{1,9}$/.test(hops))
    made.push(['max-forwards', String(Math.max(Number(hops) - 1, 0))]);
  if (upgrade !== null) made.push(['connection', 'Upgrade'], ['upgrade', upgrade]);
  made.push(['via', '1.1 pseudonym']);
  if (policy === 'append') {
    const chain = (received: string, last: string): string =>
      [received.replaceAll(/^[ \t,]+|[ \t,]+$/g, ''), last].filter((part) => part !== '').join(', ');
    const forwarded = all('forwarded').join(', ');
    const isOpen = forwarded.replaceAll(/"(?:\\[^]|[^"\\])*"/g, '').includes('"');
    made.push(['x-forwarded-for', chain(all('x-forwarded-for').join(', '), '192.0.2.9')]);
    if (all('forwarded').length > 0) made.push(['forwarded', chain(isOpen ? '' : forwarded, 'for=192.0.2.9')]);
  }
  return [['host', 'canonical.example'], ...plain.fields.filter(([name]) => isKept(plain, policy, name)), ...made];
}
