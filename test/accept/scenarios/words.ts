/** What the scenarios are made of: steps, and the bytes that clients and origins send. */
import type { FAILURE } from '../../../src/forward/connector.ts';
import type { StageSettings } from '../stage.ts';

export type Step =
  | readonly ['client' | 'origin', string, number?]
  | readonly ['client ends' | 'client resets' | 'client closes' | 'client stalls' | 'client takes']
  | readonly ['origin ends' | 'origin stalls' | 'origin takes' | 'origin owns its buffer', number?]
  | readonly ['origin gone', string | null, number?]
  | readonly ['connected' | 'drain' | 'lame duck' | 'turns held' | 'turns free']
  | readonly ['connect fails', keyof typeof FAILURE]
  | readonly ['pass', number]
  | readonly ['reload', StageSettings]
  /** In one turn of the event loop. */
  | readonly ['together', ...Step[]];

interface Scenario {
  readonly settings?: StageSettings;
  readonly steps: readonly Step[];
}

export type Scenarios = Readonly<Record<string, Scenario>>;

export const request = (
  path: string,
  fields = '',
  { method = 'GET', host = 'a.example', version = 'HTTP/1.1' } = {},
): string => `${method} http://${host}${path} ${version}\r\nHost: ${host}\r\n${fields}\r\n`;
export const post = (path: string, length: number, body = '', fields = ''): string =>
  `${request(path, `Content-Length: ${length}\r\n${fields}`, { method: 'POST' })}${body}`;
export const chunkedPost = (body: string): string =>
  `${request('/', 'Transfer-Encoding: chunked\r\n', { method: 'POST' })}${body}`;
export const answer = (body: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
export const connect = (host = 'a.example'): string => `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`;

export const GET = request('/');
export const OK = answer('ok');
export const LAST = request('/last', 'Connection: close\r\n');
export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
export const UPGRADE = request('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
export const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
export const BIG = 'x'.repeat(200_000);
/** One exchange that leaves an idle connection to a.example behind. */
export const ONE: readonly Step[] = [['client', GET], ['connected'], ['origin', OK]];
export const TUNNEL: readonly Step[] = [['client', connect()], ['connected']];
