/**
 * The PROXY header (version 2) that tells a resolver whose datagram it is, written before the datagram where it lies. Of
 * connections wire/proxy-header.ts writes it. Where the client and this listener have different families, IPv4 is mapped.
 * It must not decide whether one is sent.
 */
import { peerAddress, type DatagramEnd } from './datagrams/datagrams.ts';
import { parseIpAddress } from '../lib/prefix.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const PROXY_COMMAND = 0x21;
const IPV4_DATAGRAM = 0x12;
const IPV6_DATAGRAM = 0x22;
const FIXED_BYTES = 16;
const PORT_AT = 2;
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

export class ProxyOut {
  readonly #destination: Uint8Array;
  readonly #port: number;

  /** @param own where the listener is: what clients asked */
  constructor({ address, port }: DatagramEnd) {
    this.#destination = parseIpAddress(address) ?? new Uint8Array(4);
    this.#port = port;
  }

  /** Writes it so that it ends at `at`. @param peer offset of the client. @returns its length, at most 52. */
  writeBefore(bytes: Buffer, at: number, peer: number): number {
    const source = peerAddress(bytes, peer);
    const isV4 = source.length === 4 && this.#destination.length === 4;
    const width = isV4 ? 4 : 16;
    const length = 2 * width + 4;
    const start = at - FIXED_BYTES - length;
    SIGNATURE.copy(bytes, start);
    bytes[start + 12] = PROXY_COMMAND;
    bytes[start + 13] = isV4 ? IPV4_DATAGRAM : IPV6_DATAGRAM;
    bytes.writeUInt16BE(length, start + 14);
    writeAddress(bytes, start + FIXED_BYTES, source, width);
    writeAddress(bytes, start + FIXED_BYTES + width, this.#destination, width);
    bytes[at - 4] = bytes[peer + PORT_AT] ?? 0;
    bytes[at - 3] = bytes[peer + PORT_AT + 1] ?? 0;
    bytes.writeUInt16BE(this.#port, at - 2);
    return FIXED_BYTES + length;
  }
}

function writeAddress(bytes: Buffer, at: number, address: Uint8Array, width: number): void {
  const isMapped = address.length !== width;
  if (isMapped) MAPPED.copy(bytes, at);
  bytes.set(address, isMapped ? at + MAPPED.length : at);
}
