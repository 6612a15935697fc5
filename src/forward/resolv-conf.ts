/**
 * The name servers of the system: `nameserver` lines of /etc/resolv.conf (resolv.conf(5)), read again when the file has
 * changed, looked at once a second at most and only when a name is asked for. A file that cannot be read or names no
 * server (a writer may be in the middle of it) leaves what was known; at the start that is this machine. It must not ask a server anything.
 */
import { isIP } from 'node:net';
import type { ServerAddress } from '../stub-resolver/server-address.ts';
import { WatchedFile } from './watched-file.ts';

/** More are not asked; resolv.conf(5) knows three, configurations eight. */
const MAX_SERVERS = 8;
const MAX_BYTES = 64 * 1024;
const DNS_PORT = 53;
const THIS_MACHINE: readonly ServerAddress[] = [{ address: '127.0.0.1', port: DNS_PORT }];

export class ResolvConf {
  readonly #file: WatchedFile;
  #servers = THIS_MACHINE;

  constructor(path: string) {
    this.#file = new WatchedFile(path, MAX_BYTES);
  }

  /** At least one; the same array until the file has changed. `now` is in milliseconds, monotonic. */
  servers(now: number): readonly ServerAddress[] {
    const text = this.#file.changed(now);
    const servers = text === null ? [] : parseResolvConf(text);
    if (servers.length > 0) this.#servers = servers;
    return this.#servers;
  }
}

function parseResolvConf(text: string): readonly ServerAddress[] {
  const servers: ServerAddress[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [keyword, address = ''] = line.trimStart().split(/[ \t]+/);
    if (keyword === 'nameserver' && isIP(address) !== 0 && servers.length < MAX_SERVERS)
      servers.push({ address, port: DNS_PORT });
  }
  return servers;
}
