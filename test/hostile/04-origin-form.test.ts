/** Requirement 4: an explicit listener is no web server: origin-form is refused, the admin side is not behind it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { statuses, tell } from './support/connection.ts';
import { startProxy } from './support/proxy.ts';
import type { TestProxy } from './support/proxy.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite();

describe('requirement 4: origin-form and the admin port', () => {
  test.each(['/', '/metrics', '/status', '/healthz', '/readyz', '//127.0.0.1/', '/http://127.0.0.1/', '?x', 'metrics', '.', '127.0.0.1', '127.0.0.1/'])('GET %s: 400', async (target) => {
    await suite.refused(`GET ${target} HTTP/1.1\r\nHost: ${suite.upstream.authority}\r\n\r\n`, 400);
  });

  test('authority-form is for CONNECT only', async () => {
    await suite.refused(`GET ${suite.upstream.authority} HTTP/1.1\r\nHost: ${suite.upstream.authority}\r\n\r\n`, 400);
  });
});

describe('requirement 4: the admin port through the proxy', () => {
  const asked: string[] = [];
  const admin = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('secret');
  });
  let proxy: TestProxy | undefined;

  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      admin.listen(0, '127.0.0.1', resolve);
    });
    proxy = await startProxy({ admin: { address: '127.0.0.1', port: (admin.address() as AddressInfo).port } });
  });
  afterAll(async () => {
    await proxy!.close();
    admin.close();
  });

  const hosts = ['127.0.0.1', 'localhost', '127.1', '0x7f000001', '017700000001', '2130706433', '0', '0.0.0.0', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', 'LOCALHOST.', 'a.localhost', '%31%32%37.0.0.1'];
  test.each(hosts)('%s is refused', async (host) => {
    const { port } = admin.address() as AddressInfo;
    const get = await tell(proxy!.port, `GET http://${host}:${port}/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    // A name that stands for more than our address is not refused as a whole: what else it stands for may answer.
    const status = /^LOCALHOST|localhost/.test(host) ? [403, 502] : [403];
    expect(status).toContain(statuses(get.received)[0]);
    const connect = await tell(proxy!.port, `CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(connect.received).toMatch(/^HTTP\/1\.1 (?:403|502) /);
    expect(statuses(connect.received)).toHaveLength(1);
    expect(asked).toEqual([]);
  });
});
