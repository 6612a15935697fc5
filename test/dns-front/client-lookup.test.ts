/** Clients of datagrams by the bytes of their addresses: each its own, however many there are, and most without asking the registry again. */
import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Client, ClientRegistry } from '../../src/accept/client-registry.ts';
import { ClientLookup } from '../../src/dns-front/client-lookup.ts';
import { PEER_BYTES, writePeer } from '../../src/dns-front/datagrams/datagrams.ts';

const AT = 16;
const bytes = Buffer.alloc(AT + PEER_BYTES);
let asked: string[];
let revision: number;
let lookup: ClientLookup;

beforeEach(() => {
  asked = [];
  revision = 1;
  const registry = {
    get revision() {
      return revision;
    },
    client: (address: string): Pick<Client, 'address'> => {
      asked.push(address);
      return { address };
    },
  } as unknown as ClientRegistry;
  lookup = new ClientLookup(registry, 0x1234_5678);
});

function of(address: string, port = 4711): string {
  writePeer(bytes, AT, { address, port });
  return lookup.of(bytes, AT).address;
}

const four = (number: number): string => `198.51.${number >>> 8}.${number & 255}`;

test('whoever is known is not asked for again, whichever port', () => {
  for (const address of ['192.0.2.7', '2001:db8::7', '2001:db8:1::7', '2001:db8:0:0:1::7', '2001:db8::8'])
    for (const port of [1, 2]) expect(of(address, port)).toBe(address.replace(':0:0:1::', '::1:0:0:'));
  expect(asked).toHaveLength(5);
});

test('many at the same places are each its own, and most are remembered', () => {
  const all = Array.from({ length: 0x1_0000 }, (_, i) => four(i));
  for (const address of all) expect(of(address)).toBe(address);
  asked = [];
  const few = all.slice(0, 1000);
  for (let time = 0; time < 2; time += 1) for (const address of few) of(address);
  // Of 1,000 at 8,192 places a dozen in a hundred share one.
  expect(asked.length).toBeLessThan(1300);
});

test('IPv6 addresses that differ in one word, whichever, are each its own', () => {
  const word = fc.constantFrom(0, 1, 0xffff);
  const address = fc
    .array(word, { minLength: 8, maxLength: 8 })
    .map((words) => ['2001', 'db8', ...words.slice(2).map((value) => value.toString(16))].join(':'));
  fc.assert(
    fc.property(fc.array(address, { minLength: 50, maxLength: 50 }), (addresses) => {
      for (const one of [...addresses, ...addresses])
        expect(new URL(`http://[${of(one)}]/`).hostname).toBe(new URL(`http://[${one}]/`).hostname);
    }),
  );
});

test('after a reload each is asked for anew', () => {
  of('192.0.2.7');
  revision += 1;
  of('192.0.2.7');
  of('192.0.2.7');
  expect(asked).toEqual(['192.0.2.7', '192.0.2.7']);
});

test('a peer without an address is nobody', () => {
  bytes.fill(0);
  expect(lookup.of(bytes, AT).address).toBe('');
});
