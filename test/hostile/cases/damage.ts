/** Real requests and answers of every kind, and what is done to them (requirement 40). */
import fc from 'fast-check';

export function hostileRequests(authority: string): readonly string[] {
  const url = `http://${authority}`;
  return [
    `GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    `POST ${url}/a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`,
    `POST ${url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n`,
    `GET ${url}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, X-A\r\nX-A: 1\r\nUpgrade: websocket\r\n\r\nframes`,
    `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01`,
    `OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 1\r\n\r\n`,
    `HEAD ${url}/ HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: NTLM x\r\n\r\n`,
    `GET ${url}/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=a\r\nVia: 1.1 a, 1.0 b (c)\r\n\r\n`,
  ];
}

export const HOSTILE_ANSWERS: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframes',
  'ICY 200 OK\r\nA : b\r\n c\r\n\r\nok',
  'HTTP/1.0 304 Not Modified\r\nContent-Length: 5\r\nWWW-Authenticate: NTLM\r\n\r\n',
];

const SMALL = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '%',
  '%00',
  '0',
  '-1',
  '99999999999999999999',
  'f',
  'chunked',
  '@',
  '#',
  '[',
  ']',
  '\xff',
];
const WORDS = [
  'HTTP/1.1',
  'HTTP/0.9',
  'http://',
  'Host: x\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close, upgrade\r\n',
  'Upgrade: websocket\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
];
/** Over the limits of the test. */
const LARGE = ['x'.repeat(2100), 'x'.repeat(4200), 'a: b\r\n'.repeat(70)];

export interface Change {
  readonly at: number;
  readonly cut: number;
  readonly piece: string;
}

/** What is done to a text: pieces put in, cut out, doubled. */
export const damage: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({ at: fc.nat(1000), cut: fc.nat(8), piece: fc.constantFrom('', ...SMALL, ...WORDS, ...LARGE) }),
  { maxLength: 4 },
);

export function damaged(text: string, changes: readonly Change[]): string {
  return changes.reduce((whole, { at, cut, piece }) => {
    const from = at % (whole.length + 1);
    return whole.slice(0, from) + piece + whole.slice(from + cut);
  }, text);
}
