/** Requirement 59: a path that origins read differently is judged in every reading; what allows must hold in all of them. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const LIST = [
  'http://127.0.0.1/page?*',
  '127.0.0.1/dir/*',
  '127.0.0.1/Route/* fold=case,slash',
  'http://127.0.0.1/servlet?* fold=params',
].join('\n');
const suite = hostileSuite({ list: LIST });

/** 64 segments are too many as soon as one of them is a dot segment. */
const TOO_DEEP = `/x/..${'/a'.repeat(64)}`;
const TOO_LONG = `/x/../${'a'.repeat(2048)}`;
const TOO_MANY = String.raw`/\%252e%252e..%2f//%252e%252e%5c/%2f/b%25252f%2e%2e%2e%2e\/..//a%252F/a%2f%252F;x\/%2e%2e`;

async function ask(path: string): Promise<string> {
  return await suite.ask(suite.request('GET', path, ['Connection: close']));
}

describe('requirement 59: readings of a path', () => {
  test.each([
    ['/q%5cy%2f..%2fpage', 'nginx, PHP, Express, Python'],
    ['/q%252fy%2f..%2fpage', 'nginx, PHP, Express, Python'],
    ['/q%5cy/../page', 'nginx, Apache, PHP, Express, Python'],
    ['/dir/%252e%252e/x', 'nginx try_files, Apache fallback, PHP, Express'],
    ['/dir/a%5c..%5c..%5cx', 'nginx try_files, Apache fallback, PHP, Express'],
    ['/dir//../x', 'Express, new URL'],
    ['/dir/../x', 'Express app.use, Go handlers'],
    ['//x/page', 'new URL, parse_url'],
    ['/x%2fy/../z%2f..%2fpage', 'Apache AllowEncodedSlashes On'],
    ['/page/.', 'path.join'],
    ['/.;a/page', 'Tomcat'],
    ['/ROUTE', 'Express routes, fold'],
    ['/servlet;jsessionid=1', 'Tomcat, fold'],
  ])('blocked: %s, which %s would serve as listed', async (path) => {
    expect(statuses(await ask(path))).toEqual([403]);
    await suite.nothingForwarded();
  });

  test.each([TOO_DEEP, TOO_LONG, TOO_MANY])('refused: more than is looked up', async (path) => {
    await suite.refused(suite.request('GET', path), 400);
  });

  test.each([
    '/x/../y',
    '/a/./b',
    '//x/y',
    '/pages/..;a/z',
    '/Page',
    '/page/',
    '/page;a',
    '/servlet/',
    `${'/a'.repeat(100)}/%2e.b`,
  ])('passed as it came: %s', async (path) => {
    expect(statuses(await ask(path))).toEqual([200]);
    expect(suite.upstream.take()).toBe(forwarded(`GET ${path} HTTP/1.1`, suite.upstream.authority));
  });

  test('a host without path entries is asked for any path', async () => {
    const url = `http://localhost:${suite.upstream.port}`;
    expect(statuses(await suite.ask(`GET ${url}${TOO_MANY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))).toEqual(
      [200],
    );
    expect(suite.upstream.take()).toContain(`GET ${TOO_MANY} HTTP/1.1`);
  });
});
