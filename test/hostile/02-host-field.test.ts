/** Requirements 2 and 3: exactly one valid Host on HTTP/1.1; in absolute-form the target decides (RFC 9112 §3.2). */
import { describe, expect, test } from '@jest/globals';
import { BAD_HOSTS, GOOD_HOSTS } from './cases/host-field.ts';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite({ list: 'listed.example' });
const request = (hostLines: string, version = '1.1', target = suite.upstream.url): string => `GET ${target}/ HTTP/${version}\r\n${hostLines}Connection: close\r\n\r\n`;

describe('requirement 2: Host', () => {
  test.each(BAD_HOSTS.map((lines) => ({ name: show(lines), lines })))('$name: 400', async ({ lines }) => {
    await suite.refused(request(lines), 400);
  });

  test.each(GOOD_HOSTS.map((lines) => ({ name: show(lines), lines })))('$name is served', async ({ lines }) => {
    await suite.ask(request(lines));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('HTTP/1.0 needs none, and may not have two', async () => {
    await suite.ask(request('', '1.0'));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
    await suite.refused(request('Host: a\r\nHost: a\r\n', '1.0'), 400);
  });

  test('two Hosts in any two pieces', async () => {
    for (const pieces of everySplit(request('Host: a\r\nHost: b\r\n'))) await suite.refused(pieces, 400);
  });
});

describe('requirement 3: the target decides', () => {
  test('a Host that names a listed host is ignored', async () => {
    await suite.ask(request('Host: listed.example\r\n'));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test('a Host that names another host does not hide a listed target', async () => {
    const answer = await suite.ask(request('Host: fine.example\r\n', '1.1', 'http://listed.example'));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    await suite.nothingForwarded();
  });
});
