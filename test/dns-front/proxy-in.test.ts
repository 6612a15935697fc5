/** Whose datagram it is where a balancer says so: who may say it, what is dropped, and where the datagram begins. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkerContext } from '../../src/accept/worker-context.ts';
import { PEER_BYTES, readPeer, writePeer } from '../../src/dns-front/datagrams/datagrams.ts';
import { ProxyIn } from '../../src/dns-front/proxy-in.ts';
import { parsePrefix } from '../../src/lib/prefix.ts';
import { prefixSet } from '../../src/lib/prefix-table.ts';
import { DNS_DROPPED } from '../../src/observe/counters.ts';

const AT = 10;
const PEER = 600;
const NAMED = PEER + PEER_BYTES;
const QUERY = Buffer.from('123401000001000000000000', 'hex');
/** The protocol's section 2.2: a client of DoT, told over UDP. */
const CLIENT = Buffer.from(
  '0d0a0d0a000d0a515549540a 21 12 000c c0000207 c6336435 1267 0035'.replaceAll(' ', ''),
  'hex',
);
const LOCAL = Buffer.from('0d0a0d0a000d0a515549540a 20 00 0000'.replaceAll(' ', ''), 'hex');
const UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n');

const prefix = parsePrefix('198.51.100.0/24');
const SENDERS = prefixSet(prefix.ok ? [prefix.value] : []);
const [BALANCER, OWN, STRANGER] = ['198.51.100.1', '192.0.2.53', '203.0.113.9'];

let bytes: Buffer;
let dropped: number[];
let proxy: ProxyIn;

beforeEach(() => {
  bytes = Buffer.alloc(NAMED + PEER_BYTES);
  dropped = [];
  const context = {
    clients: { isOwn: (address: string) => address === OWN },
    config: { limits: { proxyHeaderBytes: 107 } },
    counters: { dnsDropped: (reason: number) => dropped.push(reason) },
  } as unknown as WorkerContext;
  proxy = new ProxyIn(context, bytes, NAMED);
});

/** @returns the length of the header, and whose the datagram is. */
function read(from: string, ...parts: readonly Buffer[]): readonly [length: number, client: string] {
  const datagram = Buffer.concat(parts);
  datagram.copy(bytes, AT);
  writePeer(bytes, PEER, { address: from, port: 4711 });
  const length = proxy.read(SENDERS, AT, datagram.length, PEER);
  const { address, port } = readPeer(bytes, proxy.client);
  return length === -1 ? [-1, ''] : [length, `${address} ${port}`];
}

describe('a balancer', () => {
  test('names its client', () => {
    expect(read(BALANCER, CLIENT, QUERY)).toEqual([28, '192.0.2.7 4711'.replace('4711', String(0x1267))]);
    // Of the balancer itself nothing is changed: the answer goes there.
    expect(readPeer(bytes, PEER)).toEqual({ address: BALANCER, port: 4711 });
  });

  test.each([
    ['LOCAL', LOCAL],
    ['UNKNOWN', UNKNOWN],
  ])('speaks for itself: %s', (_, header) => {
    expect(read(BALANCER, header, QUERY)).toEqual([header.length, `${BALANCER} 4711`]);
  });

  test('by IPv4 on a socket for both families', () => {
    expect(read(`::ffff:${BALANCER}`, CLIENT, QUERY)[0]).toBe(28);
  });

  test.each([
    ['no header', QUERY],
    ['a header that is cut', CLIENT.subarray(0, 20)],
    ['nothing', Buffer.alloc(0)],
    [
      'a header that is longer than it may be',
      Buffer.concat([CLIENT.subarray(0, 14), Buffer.from([0, 200]), Buffer.alloc(200)]),
    ],
  ])('that sends %s is set up wrongly: dropped, and counted', (_, datagram) => {
    expect(read(BALANCER, datagram)).toEqual([-1, '']);
    expect(dropped).toEqual([DNS_DROPPED.proxy_header_invalid]);
  });
});

describe('somebody else', () => {
  test.each([
    ['names a client', CLIENT],
    ['speaks for itself', LOCAL],
    ['sends no header', Buffer.alloc(0)],
  ])('who %s has no business here', (_, header) => {
    expect(read(STRANGER, header, QUERY)).toEqual([-1, '']);
    expect(dropped).toEqual([DNS_DROPPED.proxy_sender_denied]);
  });
});

describe('this machine', () => {
  test('may speak for itself, as a health check does, and name nobody', () => {
    expect(read(OWN, LOCAL, QUERY)).toEqual([LOCAL.length, `${OWN} 4711`]);
    expect(dropped).toEqual([]);
    expect(read(OWN, CLIENT, QUERY)).toEqual([-1, '']);
    expect(dropped).toEqual([DNS_DROPPED.proxy_sender_denied]);
  });
});

test('of a datagram before nothing is left', () => {
  read(BALANCER, CLIENT, QUERY);
  expect(read(BALANCER, LOCAL, QUERY)[1]).toBe(`${BALANCER} 4711`);
});
