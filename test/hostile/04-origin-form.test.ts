/** Requirement 4: an explicit listener is no web server: origin-form is refused, the admin side is not behind it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { everySplit, hostileSuite } from './support/suite.ts';

describe('requirement 4: origin-form', () => {
  const suite = hostileSuite();
  const request = (target: string, method = 'GET', version = '1.1'): string =>
    `${method} ${target.replace('AUTHORITY', suite.upstream.authority)} HTTP/${version}\r\nHost: ${suite.upstream.authority}\r\n\r\n`;

  const targets = [
    '/',
    '/metrics',
    '/status',
    '/healthz',
    '/readyz',
    '//127.0.0.1/',
    '//AUTHORITY/',
    '/http://127.0.0.1/',
    '/http://AUTHORITY/',
    '?x',
    'metrics',
    '.',
    '127.0.0.1',
    '127.0.0.1/',
    'AUTHORITY/',
  ];
  test.each(targets)('%s: 400', async (target) => {
    for (const version of ['1.0', '1.1']) await suite.refused(request(target, 'GET', version), 400);
  });

  test.each(['HEAD', 'POST', 'OPTIONS', 'PUT', 'FOO'])('%s /metrics: 400', async (method) => {
    await suite.refused(request('/metrics', method), 400);
  });

  test.each(['GET', 'POST', 'OPTIONS'])('authority-form is for CONNECT only, not for %s', async (method) => {
    await suite.refused(request('AUTHORITY', method), 400);
  });

  test('in any two pieces', async () => {
    for (const pieces of everySplit(request('/metrics'))) await suite.refused(pieces, 400);
  });
});

describe('requirement 4: the admin port through the proxy', () => {
  const asked: string[] = [];
  const admin = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('secret');
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      admin.listen(0, '127.0.0.1', resolve);
    });
  });
  const suite = hostileSuite(() => ({ admin: { address: '127.0.0.1', port: adminPort() } }));
  afterAll(() => void admin.close());

  function adminPort(): number {
    return (admin.address() as AddressInfo).port;
  }

  const spellings = [
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '0177.1',
    '0x7f000001',
    '017700000001',
    '2130706433',
    '0',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '%31%32%37.0.0.1',
  ];
  test.each(spellings)('%s is refused', async (host) => {
    expect(await answers(host)).toEqual([403, 403]);
    expect(asked).toEqual([]);
  });

  // A name that stands for more than our address is not refused as a whole: what else it stands for may answer.
  test.each(['localhost', 'LOCALHOST.', 'a.localhost'])('%s gets nowhere', async (host) => {
    for (const status of await answers(host)) expect([403, 502]).toContain(status);
    expect(asked).toEqual([]);
  });

  /** To a request, and to a CONNECT with a request behind it. */
  async function answers(host: string): Promise<number[]> {
    const get = await suite.ask(
      `GET http://${host}:${adminPort()}/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    const connect = await suite.ask(
      `CONNECT ${host}:${adminPort()} HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    return [...statuses(get), ...statuses(connect)];
  }
});
