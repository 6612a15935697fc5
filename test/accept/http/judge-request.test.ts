/** What is decided from a head alone; whole connections are in recorded-traces.test.ts. */
import { expect, test } from '@jest/globals';
import { judgeRequest } from '../../../src/accept/http/judge-request.ts';
import { Stage } from '../stage.ts';

const REQUESTER = {
  client: { exempt: false, policy: null, prefix: 'a', isOneClient: true },
  listener: { listMask: -1 },
};

function decided(text: string, ports: readonly string[] = ['443', '8000-8002']): string {
  const { context } = new Stage({ connect: { ports } });
  const bytes = Buffer.from(`${text}\r\nHost: a.example\r\n\r\n`, 'latin1');
  context.request.begin(0);
  expect(context.request.parse(bytes, bytes.length)).toBe(bytes.length);
  const decision = judgeRequest(context, REQUESTER, bytes);
  return decision.kind === 'local' ? decision.response : decision.kind;
}

test.each([
  ['443', 'tunnel'],
  ['442', 'port_denied'],
  ['444', 'port_denied'],
  ['7999', 'port_denied'],
  ['8000', 'tunnel'],
  ['8001', 'tunnel'],
  ['8002', 'tunnel'],
  ['8003', 'port_denied'],
])('CONNECT to port %s: %s', (port, want) => {
  expect(decided(`CONNECT a.example:${port} HTTP/1.1`)).toBe(want);
});

test.each([
  ['OPTIONS', 'Max-Forwards: 0', 'options'],
  ['OPTIONS', 'Max-Forwards: 000', 'options'],
  ['OPTIONS', 'Max-Forwards: 1', 'forward'],
  ['OPTIONS', 'X: 0', 'forward'],
  ['GET', 'Max-Forwards: 0', 'forward'],
])('%s with %s: %s', (method, field, want) => {
  expect(decided(`${method} http://a.example/ HTTP/1.1\r\n${field}`)).toBe(want);
});

test.each([
  ['OPTIONS * HTTP/1.1', 'options'],
  ['GET * HTTP/1.1', 'bad_request'],
  ['TRACE http://a.example/ HTTP/1.1', 'not_implemented'],
  ['GET http://listed.example/page HTTP/1.1', 'block'],
  ['CONNECT listed.example:443 HTTP/1.1', 'tunnel'],
  ['CONNECT refused.example:443 HTTP/1.1', 'block'],
  ['CONNECT a.example:443 HTTP/1.1\r\nContent-Length: 1', 'bad_request'],
])('%j: %s', (line, want) => {
  expect(decided(line)).toBe(want);
});
