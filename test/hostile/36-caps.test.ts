/** Requirement 36: what a client, and all clients together, may hold open is bounded; what is over it is closed at once and counted. */
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { statuses } from './support/connection.ts';
import type { Connection } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';
import type { Suite } from './support/suite.ts';

/** One connection from each address, served and held. */
async function hold(suite: Suite, addresses: readonly string[]): Promise<Connection[]> {
  const clients: Connection[] = [];
  for (const address of addresses) {
    const client = await suite.client(address);
    clients.push(client);
    await client.send(suite.get('/held')).has('\r\n\r\nok');
  }
  return clients;
}

/** A connection from there is closed without a word, whatever it asks; nothing of it goes on. */
async function expectTurnedAway(
  suite: Suite,
  address: string,
  reason: 'connection_limit' | 'client_limit',
): Promise<void> {
  const before = suite.proxy.dropped(reason);
  const held = suite.proxy.connections();
  suite.upstream.take();
  const over = await suite.client(address);
  await over.send(suite.get('/over')).over();
  expect(over.received).toBe('');
  expect(suite.proxy.dropped(reason)).toBe(before + 1);
  expect(suite.proxy.connections()).toBe(held);
  expect(suite.upstream.take()).toBe('');
}

/** The proxy knows of the end of a connection a moment after its client does. */
async function expectServed(suite: Suite, address: string): Promise<void> {
  const received = await eventually('a place is free', async () => {
    const client = await suite.client(address);
    await client.send(suite.get('/served', 'Connection: close')).over();
    return client.received;
  });
  expect(statuses(received)).toEqual([200]);
}

describe('requirement 36: connections of one worker', () => {
  const suite = hostileSuite({ limits: { connections: 5 } });

  test('what is over the cap is closed; those that are open go on; a place that is free again is given', async () => {
    const held = await hold(suite, ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6']);
    for (const address of ['127.0.0.1', '127.0.0.2']) await expectTurnedAway(suite, address, 'connection_limit');
    expect(suite.proxy.connections()).toBe(5);
    for (const client of held) await client.send(suite.get('/held')).has('\r\n\r\nok', 2);
    held[0]!.destroy();
    await expectServed(suite, '127.0.0.1');
  });

  test('tunnels count', async () => {
    for (let i = 0; i < 5; i++) {
      const client = await suite.client();
      await client.send(`CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: x\r\n\r\n`).has('\r\n\r\n');
    }
    await expectTurnedAway(suite, '127.0.0.1', 'connection_limit');
  });
});

describe('requirement 36: connections of one client', () => {
  const suite = hostileSuite({ limits: { connectionsPerClient: 2 } });

  test('are capped, another client is not concerned', async () => {
    const [first] = await hold(suite, ['127.0.0.2', '127.0.0.2']);
    await expectTurnedAway(suite, '127.0.0.2', 'client_limit');
    await expectServed(suite, '127.0.0.3');
    await expectTurnedAway(suite, '127.0.0.2', 'client_limit');
    first!.destroy();
    await expectServed(suite, '127.0.0.2');
  });

  test('requests on them are not', async () => {
    const [client] = await hold(suite, ['127.0.0.2', '127.0.0.2']);
    suite.upstream.take();
    for (let i = 2; i < 20; i++) await client!.send(suite.get()).has('\r\n\r\nok', i);
    expect(suite.upstream.take()).toBe(
      forwarded('GET / HTTP/1.1', suite.upstream.authority).replaceAll('For: 127.0.0.1', 'For: 127.0.0.2').repeat(18),
    );
  });
});

describe('requirement 36: a prefix is one client', () => {
  const suite = hostileSuite({ limits: { connectionsPerClient: 2, clientPrefix: { ipv4: 24 } } });

  test('of the length that is configured', async () => {
    await hold(suite, ['127.0.0.2', '127.0.0.3']);
    await expectTurnedAway(suite, '127.0.0.4', 'client_limit');
    await expectServed(suite, '127.0.1.2');
  });
});

describe('requirement 36: shared addresses', () => {
  const suite = hostileSuite({
    limits: {
      connections: 9,
      connectionsPerClient: 1,
      clientPrefix: { ipv4: 24 },
      sharedAddresses: [{ prefix: '127.0.2.0/24' }, { prefix: '127.0.3.0/24', connectionsPerClient: 2 }],
    },
  });

  test('are exempt from the cap of a client, or have one of their own; the cap of the worker is for all', async () => {
    await hold(suite, ['127.0.2.1', '127.0.2.1', '127.0.2.1', '127.0.2.2']);
    await hold(suite, ['127.0.3.1', '127.0.3.1']);
    await expectTurnedAway(suite, '127.0.3.1', 'client_limit');
    await hold(suite, ['127.0.0.1']);
    await expectTurnedAway(suite, '127.0.0.2', 'client_limit');
    await hold(suite, ['127.0.2.1', '127.0.2.1']);
    await expectTurnedAway(suite, '127.0.2.1', 'connection_limit');
  });
});
