/** 121,570 real names (npm package `disposable-email-domains`): all of them are refused, nothing beside them is. */
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { startDnsServer } from '../support/dns-server.ts';
import { startProxy } from '../support/proxy-process.ts';
import { rawClient } from '../support/raw-client.ts';

const require = createRequire(import.meta.url);
const NAMES = require('disposable-email-domains') as readonly string[];
const LISTED = new Set(NAMES);
const BATCH = 500;

/** Statuses of the answers to one GET for each host, pipelined. */
async function statuses(port: number, hosts: readonly string[]): Promise<Map<number, number>> {
  await using client = await rawClient(port);
  const counts = new Map<number, number>();
  for (let i = 0; i < hosts.length; i += BATCH) {
    const batch = hosts.slice(i, i + BATCH);
    client.send(
      Buffer.from(batch.map((host) => `GET http://${host}/any HTTP/1.1\r\nHost: x\r\n\r\n`).join(''), 'utf8'),
    );
    for (const _ of batch) {
      const { status } = await client.response();
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  }
  return counts;
}

describe('a list of real size', () => {
  test('every name is refused; siblings, parents and names below pass', async () => {
    const dns = await startDnsServer();
    await using proxy = await startProxy({
      config: {
        workers: 2,
        upstream: { dns: { servers: [dns.server] } },
        limits: { requestsPerConnection: 1_000_000 },
      },
      // 26 of the names are public suffixes.
      lists: { domains: { text: `# ${NAMES.length} names\n${NAMES.join('\n')}\n`, suffixes: 'warn' } },
    });
    expect(NAMES.length).toBe(121_570);
    expect((await proxy.status()).lists[0]).toMatchObject({ loaded: true, entries: LISTED.size });
    expect(await statuses(proxy.port, NAMES)).toEqual(new Map([[403, NAMES.length]]));

    // Nobody of these exists for our own DNS server: a pass shows as 502.
    const sample = NAMES.filter((_, i) => i % 60 === 0);
    const beside = sample.flatMap((name) => [
      `x${name}`,
      `x-${name}`,
      `${name}x`,
      `www.${name}`,
      name.slice(name.indexOf('.') + 1),
      name.slice(1),
    ]);
    const unlisted = [...new Set(beside)].filter(
      (name) => !LISTED.has(name) && !name.startsWith('.') && !name.startsWith('-'),
    );
    expect(unlisted.length).toBeGreaterThan(8000);
    expect(await statuses(proxy.port, unlisted)).toEqual(new Map([[502, unlisted.length]]));
    expect((await proxy.metrics()).get('cleanfeed_list_hits_total{list="domains",action="block"}')).toBe(NAMES.length);
    await dns.close();
  });
});
