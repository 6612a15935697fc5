/**
 * Clients that connect first and speak up to two seconds later, as a browser's preconnect does, with their origin 150 ms away: each is answered
 * (requirement 87). The connection to the origin, from the client's own port, is under way while many of them speak; where it is given up and
 * begun again, the kernel may refuse the second one, or the origin, which has the first one.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededInteger, seededRandom } from '../../bench/data/seeded-random.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { during } from '../support/paced.ts';
import { noteSkipped } from '../support/programs.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { helloFor } from '../support/reference/made-hello.ts';
import { Resources } from '../support/resources.ts';
import { DISTANCE_PROGRAMS } from './support/distance.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork, type Family } from './support/inline-network.ts';
import { counted, preconnect, type Outcome } from './support/preconnect.ts';
import { describeNetwork } from './support/programs.ts';
import { listenOn } from './support/sockets.ts';

const ROUND_TRIP_MS = 150;
const CLIENTS = 400;
/** So many at once that the filter finds a client's first bytes and the connection to its origin in one turn. */
const START_WITHIN_MS = 2000;
const LONGEST_WAIT_MS = 2000;
const OK = 'ok';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${OK}`;
const SAYINGS = [
  { port: 80, says: Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n') },
  { port: 443, says: helloFor('a.example') },
] as const;

/** Of the kernel: nothing that could be installed. */
function describeDistance(): typeof describe | typeof describe.skip {
  if (existsSync('/dev/net/tun')) return describeNetwork([...DISTANCE_PROGRAMS, 'ss']);
  noteSkipped({ why: 'no TUN devices: /dev/net/tun is not there' });
  return describe.skip;
}

describeDistance()('a client that connects first, to an origin far away', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create({ roundTripMs: ROUND_TRIP_MS }));
    for (const family of FAMILIES)
      for (const { port } of SAYINGS) {
        const server = await listenOn(network.machines.origin, { address: ADDRESSES.origin[family], port });
        resources.defer(async () => await new Promise((resolve) => server.close(resolve)));
        server.on('connection', (socket) => {
          socket.on('error', () => undefined).on('end', () => socket.end());
          socket.on('data', () => socket.write(port === 80 ? ANSWER : OK));
        });
      }
    await network.installRules();
    filter = resources.use(await startFilter(network, { source: 'client', config: { workers: 1 } }));
    await network.steer({ returns: true });
  });
  afterAll(async () => await resources.end());

  async function outcomes(family: Family): Promise<readonly Outcome[]> {
    const random = seededRandom(ROUND_TRIP_MS);
    const clients = Array.from({ length: CLIENTS }, async (_, index) => {
      const { port, says } = SAYINGS[index % SAYINGS.length]!;
      return await preconnect({
        machine: network.machines.client,
        to: { address: ADDRESSES.origin[family], port },
        startsMs: seededInteger(random, START_WITHIN_MS),
        waitMs: seededInteger(random, LONGEST_WAIT_MS + 1),
        says,
        hears: OK,
        patienceMs: HANG_BOUND_MS / 2,
      });
    });
    return await Promise.all(clients);
  }

  test.each(FAMILIES)('is answered, however late it speaks: %s', async (family) => {
    let mostUnderWay = 0;
    let became: readonly Outcome[] = [];
    const look = async (): Promise<void> => {
      const dials = await network.machines.filter.run('ss', '-Htn', 'state', 'syn-sent');
      mostUnderWay = Math.max(mostUnderWay, dials.split('\n').length - 1);
    };
    await during(look, async () => void (became = await outcomes(family)));
    expect(counted(became)).toEqual({ answered: CLIENTS });
    const errors = [...(await filter.metrics())].filter(([name]) => name.startsWith('cleanfeed_upstream_errors_total'));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter(([, count]) => count > 0)).toEqual([]);
    expect(filter.stderr).not.toContain('EADDRNOTAVAIL');
    // The origin is far away: else none is seen.
    expect(mostUnderWay).toBeGreaterThan(0);
  });
});
