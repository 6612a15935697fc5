/** Nobody reaches what this process listens on by way of it: under which addresses that is, and under which it is not. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import { interfaceAddresses, OwnEndpoints } from '../../src/forward/own-endpoints.ts';
import { parseIpAddress } from '../../src/lib/prefix.ts';

const bytes = (text: string): Uint8Array => parseIpAddress(text)!;

let now: number;
let local: string[];
let looks: number;
let own: OwnEndpoints;

beforeEach(() => {
  [now, local, looks] = [0, ['192.0.2.1', '2001:db8::1'], 0];
  own = new OwnEndpoints(
    () => {
      looks += 1;
      return local.map(bytes);
    },
    () => now,
  );
});

const has = (address: string, port = 3128): boolean => own.has(bytes(address), port);

// Was a fault: the proxy led to itself by them.
test('networks that are no addresses of an interface, for what listens on all addresses', () => {
  const networks = [{ address: bytes('198.51.100.64'), bits: 29 }];
  own = new OwnEndpoints(
    () => [],
    () => now,
    networks,
  );
  own.set([
    { address: '::', port: 80 },
    { address: '198.51.100.65', port: 3128 },
  ]);
  expect(['198.51.100.64', '198.51.100.71', '::ffff:198.51.100.66'].map((text) => has(text, 80))).toEqual(
    Array<boolean>(3).fill(true),
  );
  expect(['198.51.100.72', '198.51.100.63', '2001:db8::1'].map((text) => has(text, 80))).toEqual(
    Array<boolean>(3).fill(false),
  );
  expect([has('198.51.100.65'), has('198.51.100.66'), has('198.51.100.66', 81)]).toEqual([true, false, false]);
});

describe('one address', () => {
  beforeEach(() => own.set([{ address: '192.0.2.1', port: 3128 }]));

  test.each([
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['127.0.0.1', false],
    ['2001:db8::1', false],
    // RFC 1122 section 3.2.1.3: "this host"; Linux connects to loopback for it.
    ['0.0.0.0', true],
    ['::', true],
    ['::ffff:192.0.2.1', true],
  ])('%s: %j', (address, want) => {
    expect(has(address)).toBe(want);
  });

  test('on another port nothing is looked at', () => {
    expect([has('192.0.2.1', 80), own.hasPort(80), own.hasPort(3128), looks]).toEqual([false, false, true, 0]);
  });
});

describe('all addresses', () => {
  beforeEach(() => own.set([{ address: '::', port: 3128 }]));

  test.each([
    ['192.0.2.1', true],
    ['2001:db8::1', true],
    ['127.0.0.1', true],
    // RFC 1122 section 3.2.1.3: all of 127/8.
    ['127.255.255.254', true],
    ['::1', true],
    ['192.0.2.2', false],
    ['2001:db8::2', false],
  ])('%s: %j', (address, want) => {
    expect(has(address)).toBe(want);
  });

  test('an address that comes later is known after a second, and told by another edition', () => {
    expect(has('192.0.2.7')).toBe(false);
    const { edition } = own;
    local.push('192.0.2.7');
    now = 999;
    expect([has('192.0.2.7'), own.edition]).toEqual([false, edition]);
    now = 1000;
    expect([has('192.0.2.7'), own.edition]).toEqual([true, edition + 1]);
    expect(looks).toBe(2);
  });
});

test('what cannot be read counts as all addresses', () => {
  own.set([{ address: 'eth0', port: 3128 }]);
  expect([has('192.0.2.1'), has('192.0.2.2')]).toEqual([true, false]);
});

test('a reload replaces what was known', () => {
  own.set([{ address: '192.0.2.1', port: 3128 }]);
  own.set([{ address: '192.0.2.1', port: 8080 }]);
  expect([has('192.0.2.1', 3128), has('192.0.2.1', 8080)]).toEqual([false, true]);
});

test('the addresses of this machine are those that the system names, without zones', () => {
  const told = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
  expect(interfaceAddresses()).toEqual(told.map(bytes));
  expect(interfaceAddresses().some((address) => Buffer.from(address).equals(Buffer.from([127, 0, 0, 1])))).toBe(true);
});
