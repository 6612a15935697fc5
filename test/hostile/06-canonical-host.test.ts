/** Requirement 6: one canonical host both judges and connects. */
import { describe, expect, test } from '@jest/globals';
import { statuses } from './support/connection.ts';
import { forwarded, hostileSuite } from './support/suite.ts';

const get = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const SPELLINGS = ['127.0.0.1', '127.0.0.1.', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '%31%32%37.0.0.1', '%2531%32%37.0.0.1', '[::ffff:127.0.0.1]', '[::FFFF:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '\uff11\uff12\uff17.0.0.1'].map(
  (host) => Buffer.from(host, 'utf8').toString('latin1'),
);

describe('requirement 6: every spelling connects to the same host', () => {
  const suite = hostileSuite();
  test.each(SPELLINGS)('%s', async (host) => {
    await suite.ask(get(`http://${host}:${suite.upstream.port}/`));
    expect(suite.upstream.take()).toBe(forwarded('GET / HTTP/1.1', suite.upstream.authority));
  });
});

describe('requirement 6: every spelling is judged as the same host', () => {
  const suite = hostileSuite({ list: '127.0.0.1\nlisted.example\nxn--bcher-kva.example' });
  const names = ['listed.example', 'LISTED.Example', 'listed.example.', 'listed..example', '.listed.example', 'l%69sted.example', 'l%2569sted.example', 'listed%2eexample', 'li\u00adsted.example', '\uff4cisted.example', 'listed\u3002example', 'b\u00fccher.example', 'B\u00dcCHER.example', 'xn--bcher-kva.example', 'XN--BCHER-KVA.EXAMPLE', 'b%C3%BCcher.example'];
  const all = [...SPELLINGS, ...names.map((name) => Buffer.from(name, 'utf8').toString('latin1'))];
  test.each(all)('%s: refused', async (host) => {
    const [status] = statuses(await suite.ask(get(`http://${host}:${suite.upstream.port}/`)));
    expect([403, 400]).toContain(status);
    await expect(suite.ask(`CONNECT ${host}:443 HTTP/1.1\r\nHost: x\r\n\r\n`)).resolves.toMatch(/^HTTP\/1\.1 40[03] /);
    expect(suite.upstream.take()).toBe('');
  });
});
