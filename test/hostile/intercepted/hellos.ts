/** TLS of clients that speak to an origin: who is named is judged before a byte goes either way, in however many pieces it comes. */
import { describe, expect, test } from '@jest/globals';
import { ALERT, HELLO_LIST, HELLOS } from '../cases/hellos.ts';
import { sendPieces } from '../support/connection.ts';
import { helloMessage, inRecords, serverName } from '../../support/reference/made-hello.ts';
import type { Way } from './way.ts';

const ALERT_OF_TLS_1 = ALERT.replace('\x03\x03', '\x03\x01');
const LISTED = helloMessage({ extensions: [serverName('whole.example')] });

export function hellosBehave(way: Way): void {
  describe('requirement 28, intercepted', () => {
    const where = way({ list: HELLO_LIST });
    const refusals = async (): Promise<number> => (await where.verdicts('block')) + (await where.verdicts('refuse'));
    const isKnown = (name: string | null): boolean => name?.endsWith('.example') === true;

    test.each(HELLOS)('$name: $want, where an origin is known', async ({ bytes, want, leadsTo = null }) => {
      const { upstream } = where;
      upstream.automatic = false;
      const before = await refusals();
      const client = await where.client();
      client.send(bytes);
      if (want !== 'passes' || !(where.hasDestination || isKnown(leadsTo))) {
        await client.over();
        // Where nobody is named that can be reached: an alert of the client's own version, or as if nobody were there.
        if (want === 'passes') expect(['', ALERT, ALERT_OF_TLS_1]).toContain(client.received);
        else expect(client.received).toBe(want === 'is refused' ? ALERT : '');
        expect(upstream.take()).toBe('');
        if (want !== 'passes') expect((await refusals()) - before).toBe(1);
        return;
      }
      const sent = bytes.toString('latin1');
      await upstream.until(({ bytes: came }) => came.length >= sent.length);
      expect(upstream.take()).toBe(sent);
      upstream.last.send('answer');
      await client.has('answer');
      expect([client.received, (await refusals()) - before]).toEqual(['answer', 0]);
      client.reset();
    });
  });

  describe('requirement 29, intercepted', () => {
    const where = way({ list: HELLO_LIST });

    test.each([1, 7, 64, 16_384])('records of %i bytes, in one piece and byte by byte', async (size) => {
      const bytes = inRecords(LISTED, size);
      const whole = await where.client();
      await whole.send(bytes).over();
      const slow = await where.client();
      await sendPieces(slow, [...bytes.toString('latin1')]);
      await slow.over();
      expect([whole.received, slow.received, where.upstream.take()]).toEqual([ALERT, ALERT, '']);
    });
  });
}
