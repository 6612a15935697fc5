/** Requirement 9: a bad percent-escape neither crashes nor skips matching. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const LIST = [
  '127.0.0.1/dir/*',
  'http://127.0.0.1/page%zz?*',
  'http://127.0.0.1/listed%zz/page',
  '127.0.0.1/a%b',
  'listed.localhost',
].join('\n');
const suite = hostileSuite({ list: LIST });

async function ask(target: string): Promise<string> {
  return await suite.ask(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
}

describe('requirement 9: bad percent-escapes', () => {
  const blocked = [
    '/dir/%',
    '/dir/%2',
    '/dir/%zz',
    '/dir/%%',
    '/dir/%u0041',
    '/%64ir/%zz',
    '/dir/\xff%ff',
    '/x%/../dir/%',
    '/a%b',
    '/a%25b',
    '/%61%b',
    '/page%zz',
    '/page%zz?%',
    '/pag%65%zz',
    '/page%25zz',
    '/listed%zz/page',
    '/listed%zz//page',
    '/listed%25zz/page',
    '/x/../listed%zz/page',
    '/listed%zz/page?',
    '/listed%zz%2fpage',
  ];
  test.each(blocked)('blocked: %s', async (path) => {
    expect(statuses(await ask(`${suite.upstream.url}${path}`))).toEqual([403]);
    await suite.nothingForwarded();
  });

  test.each(['/%', '/%2', '/%zz', '/di%r/', '/dir%', '/a%c', '/listed%zy/page', '/%e0%80%80'])(
    'passed as it came: %s',
    async (path) => {
      expect(statuses(await ask(`${suite.upstream.url}${path}`))).toEqual([200]);
      expect(suite.upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, suite.upstream.authority));
    },
  );

  test.each([
    'listed.localhost%',
    'listed.localhost%2',
    'listed.localhost%zz',
    '%zz',
    '%',
    'a%ff.localhost',
    '%00',
    'a%25%25.localhost',
  ])('no host: %s', async (host) => {
    await suite.refused(`GET http://${host}:${suite.upstream.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
    await suite.refused(`CONNECT ${host}:${suite.upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });

  test('a Host that is badly escaped does not matter', async () => {
    await suite.ask(`GET ${suite.upstream.url}/ HTTP/1.1\r\nHost: %zz\r\n\r\n`, 'ok');
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });
});
