/**
 * From the end of `publish build --commit` until each node refuses what is new: a protected list behind a real nginx with TLS, which every node
 * polls.
 */
import { connect, type Socket } from 'node:net';
import { ClearingHouse } from '../../test/support/clearing-house.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startNginx } from '../../test/support/nginx.ts';
import { OwnAuthority } from '../../test/support/own-authority.ts';
import { Fleet } from '../../test/network/support/fleet.ts';
import { NODES, type FleetNetwork } from '../../test/network/support/fleet-network.ts';
import { listenOn } from '../../test/network/support/sockets.ts';

export const POLL_SECONDS = 10;
const VERSIONS = 3;
const FILLER = 1000;

/** @returns milliseconds to the last node, of each version. */
export async function publishRound(): Promise<number[]> {
  using house = await ClearingHouse.begin(['isp'], { filler: FILLER });
  await house.list('version0');
  const authority = new OwnAuthority(house.file('.'));
  await using nginx = await startNginx({
    server: `location / { alias ${house.file('repo')}/; }`,
    tls: authority.texts(authority.issue('server')),
  });
  const list = {
    name: 'national',
    source: `tuf+https://localhost:${nginx.port}/isp/`,
    root: house.root,
    identity: house.identity('isp'),
    ca: authority.certificate,
    interval: `${POLL_SECONDS}s`,
  };
  const prepare = async (network: FleetNetwork): Promise<void> => await leadTo(nginx.port, network);
  await using fleet = await Fleet.start({ nextHops: 'resilient', lists: [list], prepare });
  const times: number[] = [];
  for (let version = 1; version <= VERSIONS; version += 1) {
    const before = await contents(fleet);
    await house.list(`version${version}`);
    const at = performance.now();
    await eventually(
      'every node serves it',
      async () => await contents(fleet),
      (now) => new Set(now).size === 1 && now[0] !== before[0],
    );
    times.push(Math.round(performance.now() - at));
  }
  return times;
}

/** On each node `localhost:PORT` is this machine's. */
async function leadTo(port: number, { machines }: FleetNetwork): Promise<void> {
  for (const name of NODES) {
    const server = await listenOn(machines[name], { address: '127.0.0.1', port });
    server.on('connection', (client: Socket) => {
      const server = connect(port, '127.0.0.1');
      client.on('error', () => server.destroy()).pipe(server);
      server.on('error', () => client.destroy()).pipe(client);
    });
  }
}

async function contents(fleet: Fleet): Promise<readonly (number | undefined)[]> {
  const name = 'cleanfeed_list_content{list="national"}';
  return await Promise.all(NODES.map(async (node) => (await fleet.proxy(node).metrics()).get(name)));
}
