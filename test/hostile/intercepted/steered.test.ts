/** What holds for intercepted traffic holds on a steered listener. */
import { describe, expect, test } from '@jest/globals';
import { answersBehave } from './answers.ts';
import { endsBehave } from './ends.ts';
import { requestsBehave } from './requests.ts';
import { steeredWay } from './way.ts';

requestsBehave(steeredWay);
answersBehave(steeredWay);
endsBehave(steeredWay);

describe('requirement 33, steered', () => {
  const where = steeredWay({});
  const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

  test('a request that names another host gets a connection of its own, behind the answer before', async () => {
    const { upstream } = where;
    const client = await where.client();
    client.send(get('a.example') + get('b.example') + get('b.example'));
    await client.has('ok', 3);
    expect(upstream.fresh.map(({ received }) => received)).toEqual([get('a.example'), get('b.example').repeat(2)]);
    upstream.take();
  });

  test('a name that nobody knows, and what names nobody, look as if nobody were there', async () => {
    for (const bytes of [get('none.example'), '\0other']) {
      const client = await where.client();
      await client.send(bytes).over();
      expect([client.received, client.ending]).toEqual(['', 'reset']);
    }
    expect(await where.verdicts('error')).toBe(1);
  });
});
