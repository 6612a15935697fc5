/** Everything that runs during a soak: the proxy under load, its origins, a DNS server, and what the mixes share. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDnsServer } from '../support/dns-server.ts';
import { startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import type { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Ledger } from './ledger.ts';
import { listText } from './listed.ts';
import { startBroken } from './origins/broken.ts';
import { startEcho } from './origins/echo.ts';
import { startPages } from './origins/pages.ts';
import { Flip } from './flip.ts';

export interface Field {
  readonly proxy: ProxyProcess;
  /** The address of a steered listener, at the port of `pages`. */
  readonly steered: string;
  readonly workers: number;
  readonly probeDirectory: string;
  /** Ports of the origins; `nobody`: where none listens, and no other program of the machine may while a soak runs. */
  readonly ports: { readonly pages: number; readonly echo: number; readonly broken: number; readonly nobody: number };
  readonly ledger: Ledger;
  /** What may be answered to the page whose listing changes, while it changes both. */
  readonly flip: Flip;
  readonly upstreamConnections: () => number;
}

const WORKERS = 2;
const STEERED = '127.0.0.5';
/** Not one that is given out to whoever asks for any. */
const NOBODY = 1;
/**
 * Seconds. What is stuck goes in the end, and a machine that stands still for some of them makes nobody late who is not: each
 * answer that must come has to come in time.
 */
const TIMEOUTS = { header: 20, body: 20, firstByte: 20, connect: 20, idle: 10, tunnelFirstByte: 20, tunnelIdle: 20 };
/** Small caches: full in the first seconds, so that what fills them slowly is not taken for a leak. */
const CACHED = 500;

/** `resources` ends it. */
export async function startField(resources: Resources): Promise<Field> {
  const probe = temporaryDirectory();
  resources.use(probe);
  writeFileSync(probe.file('want'), '0');
  const [pages, echo, broken] = [
    resources.use(await startPages()),
    resources.use(await startEcho()),
    resources.use(await startBroken()),
  ];
  const dns = await startDnsServer();
  resources.defer(async () => await dns.close());
  dns.set('good.example', { A: [{ address: '127.0.0.1', ttl: 1 }] });
  dns.set('broken.example', { A: 'SERVFAIL', AAAA: 'SERVFAIL' });
  dns.set('silent.example', { A: 'drop', AAAA: 'drop' });
  dns.set('private.example', { A: [{ address: '10.0.0.1', ttl: 60 }] });
  const proxy = await startProxy({
    environment: {
      NODE_OPTIONS: `--require=${join(import.meta.dirname, 'probe.cjs')}`,
      CLEANFEED_SOAK_PROBE: probe.path,
    },
    lists: {
      // Its size is random.
      own: { text: listText({ flips: false, filler: 100 }), gate: { growth: 1000, shrink: 1 } },
      watched: { text: 'counted.localhost\n', action: 'count' },
    },
    config: {
      workers: WORKERS,
      listeners: [
        { name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 0 },
        { name: 'steered', mode: 'steered', addresses: [`${STEERED}/32`], ports: [pages.port] },
      ],
      timeouts: TIMEOUTS,
      connect: { ports: [echo.port, pages.port] },
      upstream: {
        allow: ['127.0.0.0/8', '::1/128'],
        dns: { servers: [dns.server], timeout: 10, minTtl: 0, negativeTtl: 1, cacheEntries: CACHED },
        pool: { maxIdlePerOrigin: 8, maxIdle: 16, idleTimeout: 1.5 },
      },
      hostCache: { entries: CACHED },
      shutdown: { lameDuck: 0, drain: 2 },
    },
  });
  resources.use(proxy);
  return {
    proxy,
    steered: STEERED,
    workers: WORKERS,
    probeDirectory: probe.path,
    ports: { pages: pages.port, echo: echo.port, broken: broken.port, nobody: NOBODY },
    ledger: new Ledger(),
    flip: new Flip(200),
    upstreamConnections: () => pages.connections() + echo.connections() + broken.connections(),
  };
}
