/**
 * The route feed of the configuration in force: how it is made, and where it is found by `ctl steer`, metrics and the status. There is one at most.
 * It must not tell the feed of lists (outlet-watch.ts does).
 */
import { getServers } from 'node:dns';
import { networkInterfaces } from 'node:os';
import type { Config } from '../config/types.ts';
import { throttledYield } from '../lib/pauses.ts';
import { runProgram } from '../lib/run-program.ts';
import { clockShift, steadyNow } from '../lib/steady-clock.ts';
import type { Prefix } from '../lib/types.ts';
import type { SteerReport } from '../observe/control-protocol.ts';
import type { RouteStatus } from '../observe/control-view.ts';
import { hostPrefixes } from '../outlets/routes/host-prefixes.ts';
import { planPath } from '../outlets/routes/plan-file.ts';
import { RouteFeed } from '../outlets/routes/route-feed.ts';
import type { OutletContext } from './outlet-watch.ts';
import type { OutletPlan } from './outlet-feed.ts';

export const NO_ROUTES = 'this instance writes no routes: resolver.routes is not set';

export class RouteService {
  #feed: RouteFeed | null = null;

  /** Cheap: it is asked with each look. Empty if no routes are to be written. */
  plans(config: Config, context: OutletContext): readonly OutletPlan[] {
    const { routes } = config.resolver;
    if (routes === null) {
      this.#feed = null;
      return [];
    }
    const { allow, nat64 } = config.upstream;
    const statePath = planPath(config.state.directory, config.file);
    const settings = { config: routes, allow, nat64, named: namedIn(config), statePath };
    const open = (): RouteFeed => {
      const { named, ...rest } = settings;
      this.#feed = new RouteFeed({
        ...context,
        ...rest,
        own: () => [...named, ...ofThisMachine()],
        run: runProgram,
        rest: throttledYield,
        now: () => steadyNow() + clockShift(),
      });
      return this.#feed;
    };
    return [{ name: 'routes', settings, open }];
  }

  status(): RouteStatus | null {
    return this.#feed?.status() ?? null;
  }

  held(): SteerReport | null {
    return this.#feed?.held() ?? null;
  }

  /** @returns what of a decision is still to be done; null: nothing. */
  unfinished(): string | null {
    return this.#feed?.unfinished() ?? null;
  }

  /** @returns what is wrong with the request; null: it was carried out, as far as `unfinished` says nothing else. */
  async decide(decision: 'release' | 'deny', address: string): Promise<string | null> {
    return this.#feed === null ? NO_ROUTES : await this.#feed.decide(decision, address);
  }
}

/** Addresses of the configuration that a route would take away from us: name servers, listeners, where connections to origins come from, what DNS steers to and answers with. */
function namedIn({ listeners, upstream, admin, resolver: { answers } }: Config): readonly Prefix[] {
  const { block, steer } = answers;
  const texts = [
    ...upstream.dns.servers,
    // They may be no addresses of an interface.
    ...upstream.sourceAddresses,
    ...listeners.flatMap(({ steered, dns }) => [...(steered?.resolver ?? []), ...(dns?.upstream ?? [])]),
    ...listeners.map(({ address }) => address),
    admin.address,
    ...(typeof block === 'string' ? [] : [...block.a, ...block.aaaa]),
  ];
  return [
    ...hostPrefixes(texts),
    ...listeners.flatMap(({ steered }) => steered?.addresses ?? []),
    ...(steer?.a ?? []),
    ...(steer?.aaaa ?? []),
  ];
}

/** Of every interface, and the name servers of the system, as they are now. */
function ofThisMachine(): readonly Prefix[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return hostPrefixes([...interfaces.map(({ address }) => address), ...getServers()]);
}
