/** Requirement 22: credentials for us stay with us; Via names a pseudonym; what comes back to us is a loop. */
import { describe, expect, test } from '@jest/globals';
import { loadPseudonym } from '../../src/workers/pseudonym.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { statuses } from './support/connection.ts';
import { PSEUDONYM } from './support/proxy.ts';
import { VIA, forwarded, hostileSuite } from './support/suite.ts';

const suite = hostileSuite();

describe('requirement 22: Proxy-Authorization, Via, loops', () => {
  test.each(['Proxy-Authorization: Basic dTpw', 'proxy-authorization: NTLM x', 'PROXY-AUTHORIZATION:'])(
    '%s is consumed',
    async (field) => {
      const { upstream } = suite;
      await suite.ask(suite.get('/', field, 'A: b', field), 'ok');
      expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, ['A: b']));
    },
  );

  test('not in a tunnel either', async () => {
    const { upstream } = suite;
    const client = await suite.client();
    client.send(`CONNECT ${upstream.authority} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic dTpw\r\n\r\nhello\n`);
    await upstream.until(({ bytes }) => bytes !== '');
    expect(upstream.take()).toBe('hello\n');
  });

  test('Via of others stays, ours comes behind, on answers too', async () => {
    const { upstream } = suite;
    upstream.answer = 'HTTP/1.1 200 OK\r\nVia: 1.0 theirs\r\nContent-Length: 2\r\n\r\nok';
    const received = await suite.ask(suite.get('/', 'Via: 1.0 fred, 1.1 p.example.net (Apache/1.1)'), '\r\n\r\nok');
    expect(upstream.take()).toBe(
      forwarded('GET / HTTP/1.1', upstream.authority, ['Via: 1.0 fred, 1.1 p.example.net (Apache/1.1)']),
    );
    expect(received).toBe(`HTTP/1.1 200 OK\r\nVia: 1.0 theirs\r\nContent-Length: 2\r\n${VIA}\r\nok`);
  });

  const loops = [
    [`Via: 1.1 ${PSEUDONYM}`],
    [`Via: 1.0 fred, 1.1 ${PSEUDONYM}`],
    [`Via: 1.1 ${PSEUDONYM}, 1.0 fred`],
    [`Via: 1.1 ${PSEUDONYM} (comment)`],
    [`Via: 1.0 fred, 1.1 ${PSEUDONYM} (x), 1.1 last`],
    ['Via: 1.0 fred', `Via: 1.1 ${PSEUDONYM}`],
    [`Via: 1.1  \t ${PSEUDONYM}`],
    [`via:1.1\t${PSEUDONYM}`],
    [`Via: HTTP/1.1 ${PSEUDONYM}`],
    [`via:1.1 ${PSEUDONYM},`],
    [`Via: ,, 1.1 ${PSEUDONYM}`],
    [`Via: 1.1 ${PSEUDONYM.toUpperCase()}`],
    [`Connection: via`, `Via: 1.1 ${PSEUDONYM}`],
  ];
  test.each(loops.map((fields) => ({ name: fields.join(' | '), fields })))('$name: 508', async ({ fields }) => {
    await suite.refused(suite.get('/', ...fields), 508);
    await suite.refused(
      `CONNECT ${suite.upstream.authority} HTTP/1.1\r\nHost: ${suite.upstream.authority}\r\n${fields.join('\r\n')}\r\n\r\n`,
      508,
    );
  });

  test.each([
    `Via: 1.1 x${PSEUDONYM}`,
    `Via: 1.1 ${PSEUDONYM}.example`,
    `Via: 1.1 fred (${PSEUDONYM})`,
    'Via:',
    'Via: ,',
    'Via: 1.1',
    `X-Via: 1.1 ${PSEUDONYM}`,
  ])('%s is no loop', async (field) => {
    const { upstream } = suite;
    await suite.ask(suite.get('/', field), 'ok');
    expect(upstream.take()).toBe(forwarded('GET / HTTP/1.1', upstream.authority, [field]));
  });

  test('a request to the proxy through itself is refused', async () => {
    const received = await suite.ask(
      `GET http://127.0.0.1:${suite.proxy.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(statuses(received)).toEqual([403]);
    await suite.nothingForwarded();
  });

  test('the pseudonym is random, persisted, and no host name', async () => {
    using one = temporaryDirectory();
    using two = temporaryDirectory();
    const first = await loadPseudonym(one.path);
    expect((await loadPseudonym(one.path)).value).toBe(first.value);
    expect((await loadPseudonym(two.path)).value).not.toBe(first.value);
    expect(first.value).toMatch(/^[a-z]+-[0-9a-z]{8,}$/);
  });
});
