/**
 * UDP sockets for whoever moves many datagrams: what they receive and send lies in one piece of memory, the arena, and is named by
 * offsets, so that nothing is allocated for a datagram and none is copied between coming and going.
 *
 *   arena = | room 0: head, payload | room 1 | … | peers of what came | whatever its owner keeps there |
 *
 * Two kinds make such sockets: native-datagrams.ts (many datagrams a system call) and, where koffi is missing,
 * node-datagrams.ts. They must not know what is in a datagram.
 */
import { isIPv4 } from 'node:net';
import { formatAddress, isMappedAt, MAPPED_BYTES, parseIpAddress } from '../../lib/prefix.ts';

/** Datagrams that one read may bring. */
export const ROOMS = 32;
/** Bytes before each payload, in which a header can be put before it. */
export const HEAD_BYTES = 64;
const PAYLOAD_BYTES = 0x1_0000;
export const ROOM_BYTES = HEAD_BYTES + PAYLOAD_BYTES;
/** A struct sockaddr_in or sockaddr_in6, and behind it, on a socket for all addresses, to which of them it came: a control message. */
export const PEER_BYTES = 80;
export const CONTROL_AT = 32;
const AF_INET = 2;
const AF_INET6 = 10;
const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const IPV4_BYTES = 16;
const IPV6_BYTES = 28;

/** Where a socket is, or whom it talks to. */
export interface DatagramEnd {
  readonly address: string;
  readonly port: number;
}

/** What a socket tells. Offsets are of the arena, and hold during the call. */
export interface DatagramEvents {
  /** @param peer offset of who sent it */
  readonly received: (at: number, length: number, peer: number) => void;
  /** After the last `received` of one read: what was queued meanwhile is to be flushed. */
  readonly afterRead: () => void;
  /** Nobody listens there, or there is no way to it (ICMP). Of a connected socket only. */
  readonly unreachable: () => void;
}

export interface DatagramSocket {
  /** Where it is bound. */
  readonly own: DatagramEnd;
  /** From now on it is read. */
  start(events: DatagramEvents): void;
  /** Sends with the next flush; both places in the arena must stay as they are until then. `peer` is -1 for a connected socket. */
  queue(at: number, length: number, peer: number): void;
  flush(): void;
  /**
   * What comes while nobody reads waits in the kernel, up to so many bytes.
   * @returns how many the system grants
   */
  setReceiveBuffer(bytes: number): number;
  /** @returns how many datagrams the kernel has dropped here since this was asked last, for want of room; 0 where it does not tell. */
  newDrops(): number;
  /** What was received is read; nothing comes any more; it can still send. Of a bound socket. */
  leave(): void;
  close(): void;
}

/** Makes sockets whose datagrams lie in its arena. */
export interface Datagrams {
  readonly arena: Arena;
  /** Several may be bound to one address and port (SO_REUSEPORT). Rejects with an errno name as `code`. */
  bind(at: DatagramEnd): Promise<DatagramSocket>;
  /** From a port that the kernel chooses; takes datagrams from that one only. */
  connect(to: DatagramEnd): Promise<DatagramSocket>;
}

export class Arena {
  readonly bytes: Buffer;
  /** Of the rooms' payloads, in order. */
  readonly rooms: readonly number[] = Array.from({ length: ROOMS }, (_, i) => i * ROOM_BYTES + HEAD_BYTES);
  readonly roomBytes = PAYLOAD_BYTES;
  /** Of who sent what is in a room. */
  readonly peers: readonly number[] = Array.from({ length: ROOMS }, (_, i) => ROOMS * ROOM_BYTES + i * PEER_BYTES);
  /** From here on it is the owner's. */
  readonly own = ROOMS * (ROOM_BYTES + PEER_BYTES);

  /** @param ownBytes for its owner */
  constructor(ownBytes: number) {
    this.bytes = Buffer.alloc(this.own + ownBytes);
  }
}

/** Bytes of a peer's address, by its family; 0: none. */
export function peerLength(bytes: Buffer, peer: number): number {
  return bytes[peer] === AF_INET ? IPV4_BYTES : bytes[peer] === AF_INET6 ? IPV6_BYTES : 0;
}

/** Little-endian machines only, as is whoever reads it (dns-front/datagrams/native-datagrams.ts); elsewhere both sides are this module. */
export function writePeer(bytes: Buffer, peer: number, { address, port }: DatagramEnd): void {
  const parsed = parseIpAddress(address);
  const isV4 = parsed?.length === 4 && isIPv4(address);
  bytes.fill(0, peer, peer + PEER_BYTES);
  bytes.writeUInt16LE(isV4 ? AF_INET : AF_INET6, peer);
  bytes.writeUInt16BE(port, peer + PORT_AT);
  if (parsed === null) return;
  if (isV4) bytes.set(parsed, peer + IPV4_AT);
  else if (parsed.length === 16) bytes.set(parsed, peer + IPV6_AT);
  else {
    // IPv4 that came to a socket for both families.
    bytes.fill(0xff, peer + IPV6_AT + MAPPED_BYTES - 2, peer + IPV6_AT + MAPPED_BYTES);
    bytes.set(parsed, peer + IPV6_AT + MAPPED_BYTES);
  }
}

/** The address of a peer: 4 or 16 bytes of the arena. IPv4 that came to a socket for both families is IPv4. */
export function peerAddress(bytes: Buffer, peer: number): Buffer {
  if (bytes[peer] === AF_INET) return bytes.subarray(peer + IPV4_AT, peer + IPV4_AT + 4);
  const at = peer + IPV6_AT;
  return bytes.subarray(isMappedAt(bytes, at) ? at + MAPPED_BYTES : at, at + 16);
}

export function readPeer(bytes: Buffer, peer: number): DatagramEnd {
  return { address: formatAddress(peerAddress(bytes, peer)), port: bytes.readUInt16BE(peer + PORT_AT) };
}
