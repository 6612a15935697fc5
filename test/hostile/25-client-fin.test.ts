/** Requirement 25: a client's FIN while an answer is owed is an abort; pipelined requests wait their turn, bounded. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ limits: { pipelineBytes: 4096 } });
const get = (path: string): string => `GET ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requirement 25: FIN is an abort', () => {
  test('the upstream connection is closed at once', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(get('/'));
    await suite.upstream.until(({ fresh }) => (fresh[0]?.requests.length ?? 0) === 1);
    client.end();
    await suite.upstream.fresh[0]!.over();
    await client.over();
    expect(statuses(client.received)).toEqual([]);
  });

  test('later requests are not looked at before the answer to the first has ended', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(`${get('/1')}${get('/2')}BROKEN\r\n\r\n`);
    await suite.upstream.until(({ fresh }) => (fresh[0]?.requests.length ?? 0) === 1);
    expect(client.received).toBe('');
    suite.upstream.fresh[0]!.send('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1');
    await suite.upstream.until(({ requests }) => requests.some((request) => request.startsWith('GET /2 ')));
    expect(statuses(client.received)).toEqual([200]);
    suite.upstream.fresh[0]!.send('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2');
    await client.over();
    expect(statuses(client.received)).toEqual([200, 200, 400]);
  });

  test('what a client may send ahead is bounded', async () => {
    suite.upstream.automatic = false;
    const client = await suite.client();
    client.send(get('/slow'));
    await suite.upstream.until(({ bytes }) => bytes.includes('GET /slow '));
    const connection = suite.upstream.connections.find(({ received }) => received.includes('GET /slow '))!;
    const ahead = get(`/${'a'.repeat(1000)}`).repeat(20_000);
    client.send(ahead);
    // Of 20 MB most stays where it is: the proxy does not read on before the answer.
    expect(client.socket.writableLength).toBeGreaterThan(0);
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await suite.upstream.until(({ bytes }) => bytes.includes('GET /aaaa'));
    client.destroy();
  });
});

describe('requirement 25: FIN of a client that half-closes', () => {
  const patient = hostileSuite({ forwarded: { finIsAbort: false } });
  test('is answered all the same', async () => {
    patient.upstream.automatic = false;
    const client = await patient.client();
    client.end(`GET ${patient.upstream.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await patient.upstream.until(({ fresh }) => (fresh[0]?.requests.length ?? 0) === 1);
    patient.upstream.fresh[0]!.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.over();
    expect(client.received).toContain('\r\n\r\nok');
  });
});
