/** The host of a client that believes it speaks to an origin, in every spelling: judged as the one it is, and reached as that one. */
import { describe, expect, test } from '@jest/globals';
import { IPV6_SPELLINGS, SPELLINGS } from '../cases/host-spellings.ts';
import { OK } from '../support/upstream.ts';
import { expectBlocked, expectRefused, expectUntouched, type Way } from './way.ts';

const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
/** That is no Host, and is refused as such. */
const isEscapedInBrackets = (host: string): boolean => host.startsWith('[') && host.includes('%');
const LISTED = [...Object.entries(SPELLINGS), ['[2001:db8::7]', IPV6_SPELLINGS] as const];

export function hostsBehave(way: Way): void {
  describe('requirement 6, intercepted: one canonical host is judged', () => {
    const where = way({ list: LISTED.map(([host]) => host).join('\n') });

    for (const [canonical, spellings] of LISTED)
      test.each(spellings)(`${canonical} spelt %j goes nowhere, in a Host and in a target`, async (host) => {
        const expectStopped = isEscapedInBrackets(host) ? expectRefused : expectBlocked;
        await expectStopped(where, get(host));
        await expectStopped(where, `GET http://${host}/ HTTP/1.1\r\nHost: a.example\r\n\r\n`);
      });
  });

  describe('requirement 6, intercepted: one canonical host is connected to', () => {
    const where = way({});

    test.each([
      'A.Example',
      'a.example.',
      '.a.example',
      'a..example',
      '%61.example',
      '%2561.example',
      'a%2eexample',
      'a\u3002example',
      '\uff41.example',
      'a\u00ad.example',
    ])('a.example spelt %j is what is connected to, and travels as it is written', async (host) => {
      await expectUntouched(where, get(Buffer.from(host, 'utf8').toString('latin1')), OK);
    });
  });

  describe('requirement 24, intercepted', () => {
    const where = way({});

    test('no connection to an origin is another client’s, at once or afterwards', async () => {
      const { upstream } = where;
      for (const path of ['/1', '/2', '/3']) {
        const client = await where.client();
        await client.send(get('a.example').replace('/', path)).has('ok');
        if (path !== '/2') continue;
        client.end();
        await upstream.last.over();
      }
      expect(upstream.fresh.map(({ received }) => received)).toEqual(
        ['/1', '/2', '/3'].map((path) => get('a.example').replace('/', path)),
      );
      upstream.take();
    });
  });
}
