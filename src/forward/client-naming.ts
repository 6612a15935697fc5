/**
 * Origins that want to know whose connection it is: what we send them begins with a PROXY header that names the client.
 *
 *   new connection to one of `to` ──"PROXY TCP4 client origin …"──▶ origin        then what was to be sent
 *
 * From then on the connection is that client's and nobody else's: the origin takes everything on it for his. It must not be
 * shared with another client's, nor must one that was begun without a header be used where one is wanted.
 */
import type { UpstreamConfig } from '../config/types.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import { prefixSet, type PrefixTable } from '../lib/prefix-table.ts';
import { writeProxyHeader, type ProxyVersion } from '../wire/proxy-header.ts';
import type { Asker } from './egress.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** @returns null if no origin is told the client's address. */
export function namingOf({ proxyProtocol }: UpstreamConfig): ClientNaming | null {
  return proxyProtocol === null ? null : new ClientNaming(proxyProtocol);
}

export class ClientNaming {
  readonly #to: PrefixTable<true>;
  readonly #version: ProxyVersion;

  constructor({ to, version }: NonNullable<UpstreamConfig['proxyProtocol']>) {
    this.#to = prefixSet(to);
    this.#version = version;
  }

  /** Called once the connection is open, before anything is sent on it. @returns how many bytes it sends. */
  begin(connection: UpstreamConnection, { client, clientPort }: Asker): number {
    const { remoteAddress = '', remotePort = 0 } = connection.socket;
    const origin = parseIpAddress(remoteAddress);
    if (origin === null || this.#to.find(origin) === null) return 0;
    const header = writeProxyHeader(this.#version, {
      source: { address: client.address, port: clientPort },
      destination: { address: remoteAddress, port: remotePort },
    });
    connection.namesClient = true;
    connection.writeNow(header);
    return header.length;
  }
}
