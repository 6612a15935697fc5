/**
 * The cases here hold for every client that believes it speaks to an origin; how its bytes come to the filter is a parameter. A way
 * sets up an origin, a filter and connections of such clients, and clears up after each test.
 */
import { beforeAll, expect } from '@jest/globals';
import { statuses, type Connection } from '../support/connection.ts';
import { dnsForSuites, records } from '../support/dns.ts';
import type { ProxySettings } from '../support/proxy.ts';
import { hostileSuite, type Suite } from '../support/suite.ts';
import type { Upstream } from '../support/upstream.ts';

export interface Intercepted {
  readonly upstream: Upstream;
  /** An open connection to the origin, as its client takes it to be; nothing has been sent or received on it. */
  client(): Promise<Connection>;
  /** Where the connection goes is known before a request names a host. */
  readonly hasDestination: boolean;
  /** Requests that a client has sent so far, by verdict. */
  verdicts(name: 'pass' | 'block' | 'refuse' | 'error'): number | Promise<number>;
}

/** Called once in each `describe`. The list applies; the origin is reached under the address 127.0.0.1 or whatever it has there. */
export type Way = (settings: ProxySettings) => Intercepted;

/** Inside a CONNECT, which counts as a request that has passed. */
export const connectWay: Way = (settings) => {
  const suite: Suite = hostileSuite(settings);
  let tunnels = 0;
  return {
    get upstream() {
      return suite.upstream;
    },
    hasDestination: true,
    client: async () => {
      const client = await suite.client();
      await client.send(`CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
      expect(statuses(client.received)).toEqual([200]);
      client.received = '';
      tunnels += 1;
      return client;
    },
    verdicts: (name) => suite.proxy.verdicts(name) - (name === 'pass' ? tunnels : 0),
  };
};

const STEERED = '127.0.0.5';

/** To an address that stands for the origin's, as DNS has told the client; the filter goes to the host that a request names. */
export const steeredWay: Way = (settings) => {
  const dns = dnsForSuites();
  beforeAll(() => {
    for (const name of ['a', 'b', 'other', 'public', 'listed', 'whole', 'paths'])
      dns().set(`${name}.example`, { A: records('127.0.0.1'), AAAA: [] });
  });
  const suite: Suite = hostileSuite(({ port }) => ({
    ...settings,
    listeners: [{ name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [port] }],
    upstream: { dns: { servers: [dns().server] } },
  }));
  return {
    get upstream() {
      return suite.upstream;
    },
    hasDestination: false,
    client: async () => await suite.client(undefined, STEERED),
    verdicts: (name) => suite.proxy.verdicts(name),
  };
};

/** All that comes back for these bytes, until the connection is over. */
export async function told(where: Intercepted, bytes: string): Promise<string> {
  const client = await where.client();
  await client.send(bytes).over();
  return client.received;
}

/** Expects the page of a block, a close behind it, and that nothing of the request has gone on. */
export async function expectBlocked(where: Intercepted, request: string): Promise<void> {
  const blocked = await where.verdicts('block');
  const received = await told(where, request);
  expect(statuses(received)).toEqual([403]);
  expect(received).toContain('\r\nConnection: close\r\n');
  expect(received).toContain('error=http_request_denied');
  expect(where.upstream.take()).toBe('');
  expect((await where.verdicts('block')) - blocked).toBe(1);
}

/** Expects a refusal, a close behind it, and that nothing of the request has gone on. */
export async function expectRefused(where: Intercepted, request: string): Promise<void> {
  const refused = await where.verdicts('refuse');
  const received = await told(where, request);
  expect([[400], [414], [431], [501], [505]]).toContainEqual(statuses(received));
  expect(received).toContain('\r\nConnection: close\r\n');
  expect(where.upstream.take()).toBe('');
  expect((await where.verdicts('refuse')) - refused).toBe(1);
}

/** Expects that the origin gets exactly these bytes, and the client exactly what the origin answers. */
export async function expectUntouched(where: Intercepted, request: string, answer: string): Promise<void> {
  const { upstream } = where;
  upstream.automatic = false;
  const client = await where.client();
  client.send(request);
  await upstream.until(({ bytes }) => bytes.length >= request.length);
  upstream.last.send(answer);
  await client.until(({ received }) => received.length >= answer.length);
  expect([upstream.take(), client.received]).toEqual([request, answer]);
  client.reset();
}
