/** Requirements 4, 5, 7, 8 and 9: forms of the request target, and the bytes of path and query. */
import { describe, expect, test } from '@jest/globals';
import { BAD_PATHS, BAD_TARGETS, RAW_PATHS } from './cases/request-target.ts';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite, show } from './support/suite.ts';

const suite = hostileSuite({ list: 'http://127.0.0.1/listed%zz/page', admin: { address: '127.0.0.1', port: 9 } });
const request = (target: string, method = 'GET', fields = ''): string => `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${fields}\r\n`;
const bare = (target: string): string => target.replace('AUTHORITY', suite.upstream.authority);

describe('requirement 4: origin-form is for origins', () => {
  test.each(['/', '/metrics', '/healthz', '/readyz', '/status', '//AUTHORITY/', '?x', 'AUTHORITY'])('%s: 400', async (target) => {
    await suite.refused(request(bare(target)), 400);
  });

  test('the admin side is not reached through the proxy, however it is spelled', async () => {
    for (const host of ['127.0.0.1', '0x7f000001', '2130706433', '0177.1', '[::ffff:127.0.0.1]', '0', '127.0.0.1.', '%31%32%37.0.0.1', '[64:ff9b::7f00:1]']) {
      expect({ host, statuses: statuses(await suite.ask(request(`http://${host}:9/metrics`))) }).toEqual({ host, statuses: [403] });
    }
  });

  test('nor is a listener of the proxy itself', async () => {
    for (const host of ['127.0.0.1', '0', '127.1']) expect({ host, statuses: statuses(await suite.ask(request(`http://${host}:${suite.proxy.port}/`))) }).toEqual({ host, statuses: [403] });
    // `localhost` is ::1 as well, where nobody listens: the address that is ours is skipped, the other refuses.
    expect(statuses(await suite.ask(request(`http://localhost:${suite.proxy.port}/`)))).toEqual([502]);
    await suite.nothingForwarded();
  });
});

describe('requirement 5: what an absolute-form may not be', () => {
  test.each(BAD_TARGETS.map((target) => ({ name: show(target).slice(0, 60), target })))('$name: 400', async ({ target }) => {
    await suite.refused(request(bare(target)), 400);
  });
});

describe('requirement 7: path and query arrive byte for byte', () => {
  test.each(RAW_PATHS.map((path) => ({ name: show(path), path })))('$name', async ({ path }) => {
    await suite.ask(request(`${suite.upstream.url}${path}`));
    const target = path.startsWith('/') ? path : `/${path}`;
    expect(suite.upstream.take()).toBe(forwarded(`GET ${target} HTTP/1.1`, suite.upstream.authority));
  });

  test('no path is the root', async () => {
    await suite.ask(request(suite.upstream.url));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });

  test.each(BAD_PATHS)('%j: 400', async (path) => {
    await suite.refused(request(`${suite.upstream.url}${path}`), 400);
  });
});

describe('requirement 8: methods, lengths', () => {
  test('`*` goes with OPTIONS only, and is answered here', async () => {
    await suite.refused(request('*'), 400);
    await suite.refused(request('*', 'POST'), 400);
    expect(statuses(await suite.ask(request('*', 'OPTIONS')))).toEqual([200]);
    await suite.nothingForwarded();
  });

  test('OPTIONS for a whole server', async () => {
    await suite.ask(request(suite.upstream.url, 'OPTIONS', 'Max-Forwards: 7\r\n'));
    expect(suite.upstream.take()).toBe(forwarded('OPTIONS * HTTP/1.1', suite.upstream.authority, [], ['Max-Forwards: 6']));
    expect(statuses(await suite.ask(request(`${suite.upstream.url}/x`, 'OPTIONS', 'Max-Forwards: 0\r\n')))).toEqual([200]);
    await suite.nothingForwarded();
  });

  test('TRACE is refused', async () => {
    await suite.refused(request(`${suite.upstream.url}/`, 'TRACE'), 501);
  });

  test.each(['get', 'PROPFIND', 'M-SEARCH', "!#$%&'*+-.^_`|~"])('method %s travels on', async (method) => {
    await suite.ask(request(`${suite.upstream.url}/`, method));
    expect(suite.upstream.take()).toBe(forwarded(`${method} / HTTP/1.1`, suite.upstream.authority));
  });

  test.each(['G(T', 'G:T', 'G/T', '"GET"', '\x00', 'G\xe9T', ''])('method %j: 400', async (method) => {
    await suite.refused(request(`${suite.upstream.url}/`, method), 400);
  });

  test('a request line of 8,000 bytes passes, one over the limit is 414', async () => {
    const path = `/${'a'.repeat(8000)}`;
    await suite.ask(request(`${suite.upstream.url}${path}`));
    expect(suite.upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, suite.upstream.authority));
    await suite.refused(request(`${suite.upstream.url}/${'a'.repeat(16_384)}`), 414);
  });

  test('a request line without end is refused as soon as it is too long', async () => {
    await suite.refused(`GET ${suite.upstream.url}/${'a'.repeat(20_000)}`, 414);
  });

  test('fields too many or too large: 431', async () => {
    await suite.refused(request(`${suite.upstream.url}/`, 'GET', 'A: b\r\n'.repeat(200)), 431);
    await suite.refused(request(`${suite.upstream.url}/`, 'GET', `A: ${'b'.repeat(70_000)}\r\n`), 431);
    await suite.refused(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(70_000)}`, 431);
  });
});

describe('requirement 9: a bad escape', () => {
  test('neither crashes nor skips matching', async () => {
    for (const spelling of ['/listed%zz/page', '/listed%zz//page', '/listed%25zz/page', '/x/../listed%zz/page', '/listed%zz/page?', '/listed%zz%2fpage']) {
      expect({ spelling, statuses: statuses(await suite.ask(request(`${suite.upstream.url}${spelling}`))) }).toEqual({ spelling, statuses: [403] });
    }
    await suite.nothingForwarded();
    await suite.ask(request(`${suite.upstream.url}/listed%zy/page`));
    expect(suite.upstream.take()).toContain('GET /listed%zy/page HTTP/1.1');
  });
});
