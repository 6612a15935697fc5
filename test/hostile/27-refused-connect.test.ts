/** Requirement 27: a refused CONNECT closes; what follows was meant for the tunnel and is never parsed. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite({ list: 'listed.example', connect: { ports: [443] } });

describe('requirement 27: a refused CONNECT', () => {
  const refusals = [
    { name: 'malformed', target: 'x', status: 400 },
    { name: 'port not allowed', target: '127.0.0.1:1', status: 403 },
    { name: 'listed', target: 'listed.example:443', status: 403 },
    { name: 'private destination', target: '10.0.0.1:443', status: 403 },
    { name: 'nobody listens', target: '127.0.0.1:443', status: 502 },
  ];
  test.each(refusals)('$name: one answer, however much is pipelined behind it', async ({ target, status }) => {
    const next = `GET ${suite.upstream.url}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`;
    const client = await suite.client();
    await client.send(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n${next}${next}`).over();
    expect(statuses(client.received)).toEqual([status]);
    expect(client.received).toContain('\r\nConnection: close\r\n');
    await suite.nothingForwarded();
  });
});
