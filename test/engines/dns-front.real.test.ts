/**
 * The DNS front before each of four real resolvers, asked by dig: what passes is what the resolver says without it, with EDNS, cookies,
 * signatures, truncation and TCP; each is told who the client is where it can read that.
 *
 *   dig ─▶ front (mode: dns) ─▶ BIND, PowerDNS, Unbound, Knot Resolver ─▶ Knot with the zones
 */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ask, type Answer } from './support/dig.ts';
import type { Engine } from './support/engine.ts';
import { PLAIN_RESOLVERS } from './support/plain-resolvers.ts';
import { startUpstream } from './support/upstream.ts';

const LARGE = Array.from({ length: 40 }, (_, i) => `large TXT "${`${i} `.repeat(60).slice(0, 120)}"`);
const ZONE = [
  'www A 198.51.100.10',
  'www AAAA 2001:db8::10',
  'mail MX 10 www',
  'www HTTPS 1 . alpn=h2',
  'vanity CNAME steered',
  'steered A 198.51.100.11',
  'steered MX 10 www',
  'blocked A 198.51.100.12',
  ...LARGE,
];
const LIST = '*.blocked.example dns\nsteered.example steer\na.signed.example steer\n';
const ANSWERS = { steer: { a: ['203.0.113.1'], aaaa: ['2001:db8:64::/64'] } };

const QUESTIONS = [
  { name: 'www.example' },
  { name: 'wWw.ExAmPlE' },
  { name: 'www.example', type: 'AAAA' },
  { name: 'www.example', type: 'HTTPS' },
  { name: 'mail.example', type: 'MX' },
  { name: 'vanity.example' },
  { name: 'absent.example' },
  { name: 'large.example', type: 'TXT' },
  { name: 'large.example', type: 'TXT', options: ['+tcp'] },
  { name: 'large.example', type: 'TXT', options: ['+bufsize=512', '+ignore'] },
  { name: 'large.example', type: 'TXT', options: ['+noedns', '+ignore'] },
  { name: 'www.example', options: ['+dnssec', '+cd'] },
  { name: 'a.signed.example', options: ['+dnssec'] },
  { name: 'absent.signed.example', options: ['+dnssec'] },
  { name: 'steered.example', type: 'MX' },
  { name: 'www.example', options: ['+cookie'] },
  { name: 'www.example', options: ['+padding=128', '+nsid'] },
  { name: 'www.example', options: ['+norecurse'] },
] as const;

describe.each(Object.entries(PLAIN_RESOLVERS))('before %s', (name, { program, start, readsProxy }) => {
  describeWith(['knotd', 'dig', program])('asked by dig', () => {
    const directory = temporaryDirectory();
    let zones: Engine;
    let resolver: Engine;
    let front: ProxyProcess;
    const ports = { plain: 0, proxied: 0, upstream: 0 };

    beforeAll(async () => {
      zones = await startUpstream(directory.path, { example: ZONE });
      ports.plain = await freePort();
      ports.proxied = await freePort();
      ports.upstream = zones.port;
      const folder = directory.file(name);
      mkdirSync(folder);
      resolver = await start(folder, ports);
      const dns = { name: 'dns', mode: 'dns', address: '127.0.0.1', port: 0, upstream: [`127.0.0.1:${ports.plain}`] };
      const telling = { ...dns, name: 'telling', upstream: [`127.0.0.2:${ports.proxied}`], sendProxyProtocol: true };
      front = await startProxy({
        lists: { names: LIST },
        config: { listeners: readsProxy ? [dns, telling] : [dns], resolver: { answers: ANSWERS } },
      });
    });

    afterAll(async () => {
      await front.stop();
      await resolver.stop();
      await zones.stop();
      directory[Symbol.dispose]();
    });

    test.each(QUESTIONS)('passes as without it: %j', async (question) => {
      const direct = await ask(ports.plain, question);
      const through = await ask(front.portOf('dns'), question);
      // Which records are left of what does not fit differs from time to time.
      const told = (answer: Answer): Answer =>
        answer.flags.includes('tc')
          ? { ...answer, records: [], authorityTtl: null }
          : { ...answer, authorityTtl: null };
      expect(told(through)).toEqual(told(direct));
      expect(direct.status).not.toBe('none');
    });

    test('over UDP it is cut short, over TCP whole, as dig does it by itself', async () => {
      const port = front.portOf('dns');
      const cut = await ask(port, { name: 'large.example', type: 'TXT', options: ['+bufsize=512', '+ignore'] });
      expect(cut.flags).toContain('tc');
      const { records } = await ask(port, { name: 'large.example', type: 'TXT', options: ['+bufsize=512'] });
      expect(records).toHaveLength(LARGE.length);
    });

    test('what lists say holds', async () => {
      const port = front.portOf('dns');
      expect(await ask(port, { name: 'www.blocked.example' })).toMatchObject({ status: 'NXDOMAIN', extendedError: 15 });
      expect((await ask(port, { name: 'steered.example' })).records).toEqual(['A 203.0.113.1']);
      // A vanity name is not on the list: its chain passes, whatever it leads to.
      expect((await ask(port, { name: 'vanity.example' })).records).toContain('A 198.51.100.11');
      const signed = await ask(port, { name: 'a.signed.example', options: ['+dnssec'] });
      expect(signed.records.some((record) => record.startsWith('RRSIG A'))).toBe(true);
      expect((await ask(port, { name: 'a.signed.example' })).records).toEqual(['A 203.0.113.1']);
    });

    if (readsProxy)
      test.each([[[]], [['+tcp']]])('it is told who the client is %j', async (options) => {
        const port = front.portOf('telling');
        expect((await ask(port, { name: 'www.example', options })).records).toEqual(['A 198.51.100.10']);
        expect((await ask(port, { name: 'large.example', type: 'TXT' })).records).toHaveLength(LARGE.length);
      });
  });
});
