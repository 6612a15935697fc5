/** Requirement 24: a connection that carried NTLM or Negotiate is never given to another client (RFC 4559 §6). */
import { describe, expect, test } from '@jest/globals';
import type { Connection } from './support/connection.ts';
import { hostileSuite } from './support/suite.ts';

const suite = hostileSuite();
const get = (path: string, field = ''): string => `GET ${suite.upstream.url}${path} HTTP/1.1\r\nHost: x\r\n${field}\r\n`;

/** Which upstream connection a request of this client arrives on. */
async function connectionOf(client: Connection, path: string, field = ''): Promise<number> {
  const before = client.received.split('\r\n\r\nok').length;
  client.send(get(path, field));
  await client.has('\r\n\r\nok', before);
  return suite.upstream.connections.findIndex(({ received }) => received.includes(`GET ${path} `));
}

describe('requirement 24: two users at once', () => {
  test.each(['Authorization: NTLM dGVzdA==\r\n', 'authorization: negotiate dGVzdA==\r\n'])('%j binds the connection to its client', async (field) => {
    const first = await suite.client();
    const second = await suite.client();
    const tag = field.length;
    const bound = await connectionOf(first, `/first-${tag}`, field);
    const other = await connectionOf(second, `/second-${tag}`);
    expect(other).not.toBe(bound);
    expect(await connectionOf(first, `/first-again-${tag}`)).toBe(bound);
    expect(await connectionOf(second, `/second-again-${tag}`)).toBe(other);
    const gone = suite.upstream.connections[bound]!;
    first.destroy();
    await gone.until(({ closed, ending }) => closed || ending !== null);
  });

  test('a challenge alone binds as well', async () => {
    suite.upstream.answer = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 2\r\n\r\nok';
    const first = await suite.client();
    const bound = await connectionOf(first, '/challenge');
    suite.upstream.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const second = await suite.client();
    expect(await connectionOf(second, '/unrelated')).not.toBe(bound);
    expect(await connectionOf(first, '/next-step')).toBe(bound);
  });
});
