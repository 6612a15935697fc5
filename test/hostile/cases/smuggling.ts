/**
 * Requests as they are sent by those who want two servers to disagree about where one ends. `AUTHORITY` stands for the
 * origin's; Host names the same, so that what is refused is refused for the fault and not for a Host that differs.
 */
import { BAD_FIELD_LINES, BAD_REQUEST_LINES } from './field-syntax.ts';
import { BAD_HOSTS, GOOD_HOSTS } from './host-field.ts';
import { BAD_CODINGS, BAD_LENGTHS, BROKEN_CHUNKS, REFRAMED_CHUNKS, TWO_FRAMINGS } from './request-framing.ts';
import { BAD_PATHS, BAD_TARGETS, RAW_PATHS } from './request-target.ts';

export interface SmugglingCase {
  /** `group number: what stands in it`. */
  readonly name: string;
  readonly bytes: string;
}

const HOST = 'Host: AUTHORITY\r\n';
const SMUGGLED = `GET http://AUTHORITY/smuggled HTTP/1.1\r\n${HOST}\r\n`;
const post = (fields: string, body: string, version = '1.1'): string =>
  `POST http://AUTHORITY/ HTTP/${version}\r\n${HOST}${fields}Connection: close\r\n\r\n${body}`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);
const get = (target: string, fields = HOST): string => `GET ${target} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`;

/** Ways of the collections: a coding that one side sees and the other does not, ends of lines and chunks that differ. */
const CLASSIC: readonly string[] = [
  post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nG'),
  post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `5c\r\n${SMUGGLED}`),
  post('Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('Transfer-Encoding:chunked\r\nTransfer-Encoding:x\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('X: x\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('Transfer-Encoding\r\n : chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('Transfer-Encoding:\n chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('\x00Transfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('Transfer_Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${SMUGGLED}`),
  post('Content_Length: 5\r\nContent-Length: 0\r\n', SMUGGLED),
  post('Expect: 100-continue\r\nContent-Length: 0\r\nContent-Length: 9\r\n', SMUGGLED),
  post('Content-Length: 5\r\nConnection: Content-Length\r\n', 'hello'),
  post('Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\n', '0\r\n\r\n'),
  post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n', '1.0'),
  chunked(`2;\nxx\r\n4c\r\n0\r\n\r\n${SMUGGLED}`),
  chunked(`0_2e\r\n${SMUGGLED}`),
  chunked(`1;a="\r\n\r\n${SMUGGLED}"\r\na\r\n0\r\n\r\n`),
  chunked(`2\r\nxx\r0\r\n\r\n${SMUGGLED}`),
  chunked(`0\r\nX: y\r\n\r\n`),
  chunked(`0\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`),
  get('http://AUTHORITY/', `${HOST}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n`),
  `GET http://AUTHORITY/ HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\nConnection: close\r\n\r\n${SMUGGLED}`,
];

export const SMUGGLING: readonly SmugglingCase[] = [
  ...group('two framings', TWO_FRAMINGS, (fields) => post(fields, `hello${SMUGGLED}`)),
  ...group('length', BAD_LENGTHS, (fields) => post(fields, `hello${SMUGGLED}`)),
  ...group(
    'coding',
    BAD_CODINGS.map(([fields]) => fields),
    (fields) => post(fields, `0\r\n\r\n${SMUGGLED}`),
  ),
  ...group('broken chunks', BROKEN_CHUNKS, (body) => chunked(`1\r\na\r\n${body}${SMUGGLED}`)),
  ...group(
    'chunks',
    REFRAMED_CHUNKS.map(([, body]) => body),
    chunked,
  ),
  ...group('field', BAD_FIELD_LINES, (lines) => get('http://AUTHORITY/', `${HOST}${lines}`)),
  ...group(
    'request line',
    BAD_REQUEST_LINES,
    (line) => `${line.replace('TARGET', 'http://AUTHORITY/')}${HOST}Connection: close\r\n\r\n`,
  ),
  ...group('host', [...BAD_HOSTS, ...GOOD_HOSTS], (lines) => get('http://AUTHORITY/', lines)),
  ...group('target', BAD_TARGETS, (target) => get(target)),
  ...group('path', [...RAW_PATHS, ...BAD_PATHS], (path) => get(`http://AUTHORITY${path}`)),
  ...group('classic', CLASSIC, (bytes) => bytes),
];

function group(label: string, inputs: readonly string[], bytes: (input: string) => string): SmugglingCase[] {
  return inputs.map((input, index) => ({
    name: `${label} ${index + 1}: ${JSON.stringify(input).slice(0, 90)}`,
    bytes: bytes(input),
  }));
}
