/** Requirements 2 and 3: exactly one valid Host on HTTP/1.1; in absolute-form the target decides (RFC 9112 §3.2). */
import { describe, expect, test } from '@jest/globals';
import { everySplit, forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite({ list: 'listed.example' });
const request = (hostLines: string, version = '1.1', target = suite.upstream.url): string => `GET ${target}/ HTTP/${version}\r\n${hostLines}Connection: close\r\n\r\n`;

describe('requirement 2: Host', () => {
  const bad = [
    '',
    'Host: a\r\nHost: a\r\n',
    'Host: a\r\nhost: b\r\n',
    'Host: a\r\nX: y\r\nHOST:\r\n',
    'Host:\r\n',
    'Host: \t \r\n',
    'Host: a, b\r\n',
    'Host: a,a\r\n',
    'Host: user@a\r\n',
    'Host: user:pass@a\r\n',
    'Host: a/\r\n',
    'Host: a/b\r\n',
    'Host: a b\r\n',
    'Host: a\tb\r\n',
    'Host: a?x\r\n',
    'Host: a#x\r\n',
    'Host: a\\b\r\n',
    'Host: a:80:80\r\n',
    'Host: a:x\r\n',
    'Host: a:-1\r\n',
    'Host: :80\r\n',
    'Host: [::1\r\n',
    'Host: [::1]x\r\n',
    'Host: ::1\r\n',
    'Host: "a"\r\n',
    'Host: <a>\r\n',
    'Host: a\0\r\n',
    'Host: http://a\r\n',
    'Host : a\r\n',
    ' Host: a\r\n',
  ];
  test.each(bad.map((lines) => ({ name: show(lines), lines })))('$name: 400', async ({ lines }) => {
    await suite.refused(request(lines), 400);
  });

  const good = ['Host: a\r\n', 'Host:a\r\n', 'host: a:8080\r\n', 'HOST:\t[::1]:80 \r\n', 'Host: a_b.example\r\n', 'Host: a:\r\n', 'Host: %41\r\n'];
  test.each(good.map((lines) => ({ name: show(lines), lines })))('$name is served', async ({ lines }) => {
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
