/** What holds for intercepted traffic holds on a steered listener. */
import { describe, expect, test } from '@jest/globals';
import { helloFor } from '../../support/reference/made-hello.ts';
import { dnsForSuites, records } from '../support/dns.ts';
import { hostileSuite } from '../support/suite.ts';
import { OK } from '../support/upstream.ts';
import { answersBehave } from './answers.ts';
import { boundsBehave } from './bounds.ts';
import { deadlinesBehave } from './deadlines.ts';
import { endsBehave } from './ends.ts';
import { hellosBehave } from './hellos.ts';
import { hostsBehave } from './hosts.ts';
import { requestsBehave } from './requests.ts';
import { steeredWay } from './way.ts';

requestsBehave(steeredWay);
answersBehave(steeredWay);
endsBehave(steeredWay);
boundsBehave(steeredWay);
hostsBehave(steeredWay);
hellosBehave(steeredWay);
deadlinesBehave(steeredWay);

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

  // Was a bug: it went to the host that it names, over a connection of its own.
  test('a request behind an Upgrade stays with the origin that has agreed to it, whatever host it names', async () => {
    const { upstream } = where;
    const offer = get('a.example').replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n';
    upstream.automatic = false;
    const client = await where.client();
    client.send(offer);
    await upstream.until(({ bytes }) => bytes === offer);
    upstream.last.send(switched);
    await client.has(switched);
    client.send(get('b.example'));
    await upstream.until(({ bytes }) => bytes === offer + get('b.example'));
    expect(upstream.fresh).toHaveLength(1);
    upstream.last.send(OK);
    await client.has(OK);
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

describe('requirement 31, steered', () => {
  const STEERED = '127.0.0.6';
  const dns = dnsForSuites();
  const suite = hostileSuite(({ port }) => ({
    listeners: [{ name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [port] }],
    upstream: { allow: [], dns: { servers: [dns().server] } },
  }));

  /** As if nobody were there, counted, and no connection made. */
  async function expectProhibited(bytes: string): Promise<void> {
    const { proxy, upstream } = suite;
    const [refused, denied] = [proxy.verdicts('refuse'), proxy.upstreamErrors('destination_denied')];
    const client = await suite.client(undefined, STEERED);
    await client.send(bytes).over();
    expect([client.received, client.ending]).toEqual(['', 'reset']);
    expect(proxy.upstreamErrors('destination_denied')).toBe(denied + 1);
    // A hello has passed by its name; that it leads nowhere is an error of the way.
    if (bytes.startsWith('GET')) expect(proxy.verdicts('refuse')).toBe(refused + 1);
    expect(upstream.connections).toHaveLength(0);
  }

  test.each(['127.0.0.1', 'localhost', '10.0.0.1', '0xa9fea9fe', '[::1]', '[::ffff:10.0.0.1]', '[64:ff9b::10.0.0.1]'])(
    'a client that names %s gets nowhere',
    async (host) => await expectProhibited(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
  );

  test('nor one that names a name that leads there, in a Host or in a ClientHello', async () => {
    dns().set('inside.example', { A: records('10.0.0.1', '127.0.0.1'), AAAA: records('fd00:0:0:0:0:0:0:1') });
    await expectProhibited('GET / HTTP/1.1\r\nHost: inside.example\r\n\r\n');
    await expectProhibited(helloFor('inside.example').toString('latin1'));
  });
});
