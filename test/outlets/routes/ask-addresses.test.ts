/** Where a name leads, asked at real name servers that agree, differ, fail or say nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NameServer } from '../../../src/stub-resolver/name-server.ts';
import { serverAddress } from '../../../src/stub-resolver/server-address.ts';
import { askAddresses } from '../../../src/outlets/routes/ask-addresses.ts';
import { canonicalHost, type CanonicalHost } from '../../../src/url/host.ts';
import { startDnsServer, type DnsServer } from '../../support/dns-server.ts';

/** Two questions wait for so long in vain; every other one must have its answer within it. */
const TIMEOUT_MS = 1000;
let servers: readonly DnsServer[];

beforeAll(async () => {
  servers = [await startDnsServer(), await startDnsServer()];
});
afterAll(async () => {
  for (const server of servers) await server.close();
});

function host(text: string): CanonicalHost {
  const canonical = canonicalHost(text);
  if (canonical === null) throw new TypeError(text);
  return canonical;
}

async function ask(name: string) {
  const asked = servers.map(({ server }) => new NameServer(serverAddress(server)));
  const { addresses, ...rest } = await askAddresses(asked, host(name), TIMEOUT_MS);
  return { addresses: [...addresses].toSorted(), ...rest };
}

const a = (address: string, ttl = 60) => ({ address, ttl });

test('addresses of all, each once, with the least TTL', async () => {
  servers[0]!.set('both.example', { A: [a('203.0.113.1')], AAAA: [a('2001:db8:0:0:0:0:0:1', 30)] });
  servers[1]!.set('both.example', { A: [a('203.0.113.1'), a('203.0.113.2', 90)] });
  expect(await ask('both.example')).toEqual({
    addresses: ['2001:db8::1', '203.0.113.1', '203.0.113.2'],
    ttlMs: 30_000,
    isComplete: true,
  });
});

test('a name that does not exist leads nowhere, and that is known', async () => {
  expect(await ask('none.example')).toEqual({ addresses: [], ttlMs: 0, isComplete: true });
});

test('where one says nothing the other one is enough; where none knows a family, it is not known', async () => {
  servers[0]!.set('half.example', { A: 'drop', AAAA: 'SERVFAIL' });
  servers[1]!.set('half.example', { A: [a('203.0.113.3')], AAAA: [] });
  expect(await ask('half.example')).toMatchObject({ addresses: ['203.0.113.3'], isComplete: true });
  servers[0]!.set('dark.example', { A: [a('203.0.113.4')], AAAA: 'REFUSED' });
  servers[1]!.set('dark.example', { A: 'SERVFAIL', AAAA: 'drop' });
  expect(await ask('dark.example')).toMatchObject({ addresses: ['203.0.113.4'], isComplete: false });
});

test('a server that let somebody wait is not asked, unless there is no other', async () => {
  servers[0]!.set('slow.example', { A: [a('203.0.113.5')], AAAA: [] });
  servers[1]!.set('slow.example', { A: [a('203.0.113.6')], AAAA: [] });
  const asked = servers.map(({ server }) => new NameServer(serverAddress(server)));
  asked[0]!.avoidUntil = Infinity;
  expect(await askAddresses(asked, host('slow.example'), TIMEOUT_MS)).toMatchObject({
    addresses: ['203.0.113.6'],
    isComplete: true,
  });
  asked[1]!.avoidUntil = Infinity;
  const { addresses } = await askAddresses(asked, host('slow.example'), TIMEOUT_MS);
  expect(addresses.toSorted()).toEqual(['203.0.113.5', '203.0.113.6']);
});

test.each([
  ['203.0.113.9', ['203.0.113.9']],
  ['[2001:db8::9]', ['2001:db8::9']],
])('an address is asked of nobody: %s', async (name, addresses) => {
  expect(await ask(name)).toEqual({ addresses, ttlMs: 0, isComplete: true });
});

test('of one answer so many are taken, of each resolver', async () => {
  const many = (from: number) => Array.from({ length: 70 }, (_, i) => a(`203.0.113.${from + i}`));
  servers[0]!.set('many.example', { A: { overTcp: many(1) }, AAAA: [] });
  servers[1]!.set('many.example', { A: { overTcp: many(101) }, AAAA: [] });
  const { addresses } = await ask('many.example');
  const taken = (from: number) => Array.from({ length: 64 }, (_, i) => `203.0.113.${from + i}`);
  expect(addresses).toEqual([...taken(1), ...taken(101)].toSorted());
});
