/** A DNS server for the suites of one file. Call it before `hostileSuite`: its server must be there when the proxy starts. */
import { afterAll, beforeAll } from '@jest/globals';
import { startDnsServer } from '../../support/dns-server.ts';
import type { DnsServer } from '../../support/dns-server.ts';

type Record = { readonly address: string; readonly ttl: number };

export function dnsForSuites(): () => DnsServer {
  let server: DnsServer | undefined;
  beforeAll(async () => {
    server = await startDnsServer();
  });
  afterAll(async () => await server!.close());
  return () => server!;
}

/** Records that nobody may keep. IPv6 with all eight groups. */
export function records(...addresses: readonly string[]): Record[] {
  return addresses.map((address) => ({ address, ttl: 0 }));
}
