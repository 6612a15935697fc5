/** The network with the rules that are shipped and the web on the origin's machine: what tests of whole pages begin with. It must not start a filter. */
import type { Resources } from '../../support/resources.ts';
import { InlineNetwork } from './inline-network.ts';
import { Sites } from './sites.ts';

export interface NetworkWithSites {
  readonly network: InlineNetwork;
  readonly web: Sites;
}

/** Both end with `resources`. */
export async function networkWithSites(resources: Resources): Promise<NetworkWithSites> {
  const network = resources.use(await InlineNetwork.create());
  await network.installRules();
  return { network, web: resources.use(await Sites.start(network.machines.origin)) };
}
