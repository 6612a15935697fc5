/**
 * Which TCP sockets of this machine listen, as Linux tells without being asked to open anything (proc(5), /proc/net/tcp).
 * Under systemd's ProcSubset=pid it is only to be had by way of /proc/self. It must not open a socket.
 */
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { formatAddress, parseIpAddress } from '../lib/prefix.ts';

export interface ListeningSocket {
  /** 4 or 16 bytes, as `parseIpAddress` gives them. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** Those that listen come first; tables of connections that are behind them can be very long. */
const MAX_BYTES = 1024 * 1024;

/** Never throws: none where the system does not tell. */
export async function listeningSockets(): Promise<readonly ListeningSocket[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(
      async (table) => await text(createReadStream(`/proc/self/net/${table}`, { end: MAX_BYTES - 1 })).catch(() => ''),
    ),
  );
  return tables.flatMap((table) => table.split('\n').flatMap(socketOf));
}

/** `   0: 0100007F:0C38 00000000:0000 0A …`: 127.0.0.1:3128, each four bytes as a number of this machine (little-endian); 0A: it listens. */
function socketOf(line: string): ListeningSocket[] {
  const [, address, port] = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A /.exec(line) ?? [];
  if (address === undefined || port === undefined) return [];
  const parsed = parseIpAddress(formatAddress(Buffer.from(address, 'hex').swap32()));
  return parsed === null ? [] : [{ address: parsed, port: Number.parseInt(port, 16) }];
}
