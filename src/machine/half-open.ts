/**
 * Whether answers come back that go to clients' addresses (`source: client`), as far as a machine can see that by itself: its connections from
 * addresses that are not its own, in /proc/net/tcp. Those to origins and those of clients differ in nothing but their ends:
 *
 *   client's    local ORIGIN:80   remote CLIENT:5000   always answered, or it would not be there
 *   to origin   local CLIENT:5000 remote ORIGIN:80     waits (SYN_SENT) for ever where answers go another way
 *
 * It must not tell addresses: it counts.
 */
import { formatAddress, parseIpAddress } from '../lib/prefix.ts';

export interface ForeignConnections {
  /** To origins, from addresses of clients, without an answer yet. */
  readonly waiting: number;
  readonly answered: number;
}

const ESTABLISHED = '01';
const SYN_SENT = '02';
/** `   0: 0100007F:0C38 …`: each four bytes of an address are a number of this machine (little-endian). */
const LINE = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} ([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} (0[12]) /gm;

/** @param table /proc/net/tcp or /proc/net/tcp6. @param isOwn whether such an address (4 or 16 bytes) is this machine's. */
export function foreignConnections(table: string, isOwn: (address: Uint8Array) => boolean): ForeignConnections {
  const found = [...table.matchAll(LINE)]
    .map(([, local = '', remote = '', state = '']) => ({ local, remote, state }))
    .filter(({ local }) => !isOwn(addressOf(local)));
  const ends = found.filter(({ state }) => state === ESTABLISHED).map(({ local, remote }) => `${local} ${remote}`);
  const established = new Set(ends);
  // Of one that was answered there is the client's own too, from the other end to this one; the port may be another.
  const both = [...established].filter((pair) => established.has(pair.split(' ').toReversed().join(' '))).length;
  return { waiting: found.filter(({ state }) => state === SYN_SENT).length, answered: both / 2 };
}

function addressOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(hex, 'hex').swap32());
  return parseIpAddress(formatAddress(bytes)) ?? bytes;
}
