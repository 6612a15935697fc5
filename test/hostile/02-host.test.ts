/** Requirement 2: exactly one valid Host on HTTP/1.1 (RFC 9112 §3.2). The target decides all the same. */
import { describe, expect, test } from '@jest/globals';
import { BAD_HOSTS, GOOD_HOSTS } from './cases/host-field.ts';
import { everySplit, forwarded, hostileSuite, named } from './support/suite.ts';

const suite = hostileSuite();
const request = (lines: string, version = '1.1'): string =>
  `GET ${suite.upstream.url}/ HTTP/${version}\r\n${lines}\r\n`;
const connect = (lines: string, version = '1.1'): string =>
  `CONNECT ${suite.upstream.authority} HTTP/${version}\r\n${lines}\r\n`;

describe('requirement 2: exactly one valid Host', () => {
  test.each(named(BAD_HOSTS))('$name: 400, for requests and for tunnels', async ({ input }) => {
    await suite.refused(request(input), 400);
    await suite.refused(connect(input), 400);
  });

  test.each(
    named([
      'Host: a.example\r\nHost: a.example\r\n',
      'Host: a.example\r\nHost: b.example\r\n',
      'Host: a@b\r\n',
      'Host:\r\n',
    ]),
  )('in any two pieces: $name', async ({ input }) => {
    for (const pieces of everySplit(request(input))) await suite.refused(pieces, 400);
  });

  test.each(named(['Host: a.example\r\nHost: a.example\r\n', 'Host: a@b\r\n', 'Host: \r\n', 'Host: a, b\r\n']))(
    'HTTP/1.0 too: $name',
    async ({ input }) => {
      await suite.refused(request(input, '1.0'), 400);
      await suite.refused(connect(input, '1.0'), 400);
    },
  );

  test.each(named(GOOD_HOSTS))('a valid one is taken and a new one made: $name', async ({ input }) => {
    const { upstream } = suite;
    await suite.ask(request(input), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority));
  });

  test('none on HTTP/1.0: one is made', async () => {
    const { upstream } = suite;
    await suite.ask(request('', '1.0'));
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority).replace('Via: 1.1', 'Via: 1.0'));
  });

  test('its place among the fields does not matter', async () => {
    const { upstream } = suite;
    await suite.ask(request('A: b\r\nHost: a.example\r\nC: d\r\n'), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, ['A: b', 'C: d']));
  });
});
