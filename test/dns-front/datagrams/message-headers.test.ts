/** The arrays that go to the kernel, field by field: struct mmsghdr and struct iovec of 64-bit Linux (recvmmsg(2), readv(2)). */
import { beforeEach, expect, test } from '@jest/globals';
import { HEADER_WORDS, LENGTH, MessageHeaders } from '../../../src/dns-front/datagrams/message-headers.ts';

/** As <sys/socket.h> lays them out: offsets in bytes. */
const MMSGHDR = { name: 0, namelen: 8, iov: 16, iovlen: 24, control: 32, controllen: 40, flags: 48, len: 56, size: 64 };
const IOVEC = { base: 0, len: 8, size: 16 };
/** Above 32 bits, as addresses are. */
const ARENA = 0x7f12_3456_7000;
const VECTORS = 0x7fff_0000_1000;

let headers: MessageHeaders;
let vectors: Buffer;

beforeEach(() => {
  headers = new MessageHeaders(3, ARENA, (bytes) => {
    vectors = Buffer.from(bytes.buffer);
    return VECTORS;
  });
});

const long = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

test('each element has its own vector of one piece', () => {
  expect(headers.bytes.length).toBe(3 * MMSGHDR.size);
  for (let i = 0; i < 3; i += 1) {
    const at = i * MMSGHDR.size;
    expect(long(headers.bytes, at + MMSGHDR.iov)).toBe(VECTORS + i * IOVEC.size);
    expect(long(headers.bytes, at + MMSGHDR.iovlen)).toBe(1);
    expect(headers.bytes.readInt32LE(at + MMSGHDR.flags)).toBe(0);
  }
});

test('what a payload, a name and a control message are, and the others stay as they are', () => {
  headers.payload(1, 0x100, 65_507);
  headers.name(1, 0x200, 28);
  headers.control(1, 0x300, 40);
  const at = MMSGHDR.size;
  expect([long(vectors, IOVEC.size + IOVEC.base), long(vectors, IOVEC.size + IOVEC.len)]).toEqual([
    ARENA + 0x100,
    65_507,
  ]);
  expect([
    long(headers.bytes, at + MMSGHDR.name),
    headers.bytes.readUInt32LE(at + MMSGHDR.namelen),
    long(headers.bytes, at + MMSGHDR.control),
    long(headers.bytes, at + MMSGHDR.controllen),
  ]).toEqual([ARENA + 0x200, 28, ARENA + 0x300, 40]);
  for (const other of [0, 2 * MMSGHDR.size]) {
    expect(long(headers.bytes, other + MMSGHDR.name)).toBe(0);
    expect(long(headers.bytes, other + MMSGHDR.control)).toBe(0);
  }
  expect(long(vectors, 2 * IOVEC.size)).toBe(0);
});

test('of a length of 0 there is none: the kernel is given no address', () => {
  headers.name(0, 0x200, 28);
  headers.control(0, 0x300, 40);
  headers.name(0, 0x200, 0);
  headers.control(0, 0x300, 0);
  expect([long(headers.bytes, MMSGHDR.name), headers.bytes.readUInt32LE(MMSGHDR.namelen)]).toEqual([0, 0]);
  expect([long(headers.bytes, MMSGHDR.control), long(headers.bytes, MMSGHDR.controllen)]).toEqual([0, 0]);
});

test('where the kernel says how long a message is', () => {
  expect([LENGTH * 4, HEADER_WORDS * 4]).toEqual([MMSGHDR.len, MMSGHDR.size]);
});
