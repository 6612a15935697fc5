/** From the end of `publish build --commit` until each node refuses what is new: a protected list in a folder that all nodes poll. */
import { ClearingHouse } from '../../test/support/clearing-house.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Fleet } from '../../test/network/support/fleet.ts';
import { NODES } from '../../test/network/support/fleet-network.ts';

const VERSIONS = 3;
const FILLER = 1000;

/** @returns milliseconds to the last node, of each version. */
export async function publishRound(): Promise<number[]> {
  using house = await ClearingHouse.begin(['isp'], { filler: FILLER });
  await house.list('version0');
  const list = {
    name: 'national',
    source: `tuf+file://${house.file('repo/isp')}/`,
    root: house.root,
    identity: house.identity('isp'),
    interval: '10s',
  };
  await using fleet = await Fleet.start({ nextHops: 'resilient', lists: [list] });
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

async function contents(fleet: Fleet): Promise<readonly (number | undefined)[]> {
  const name = 'cleanfeed_list_content{list="national"}';
  return await Promise.all(NODES.map(async (node) => (await fleet.proxy(node).metrics()).get(name)));
}
