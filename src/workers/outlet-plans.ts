/** The outlets that a configuration asks for, and what they show of themselves. It must not tell them anything (outlet-watch.ts does). */
import type { Config } from '../config/types.ts';
import { runProgram } from '../lib/run-program.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { PUBLIC_SUFFIXES } from '../list/sanity/suffix-rows.ts';
import { readGuarded } from '../list/sanity/read-guarded.ts';
import type { ZoneStatus } from '../observe/control-view.ts';
import { runZoneJob, runZoneRemovals } from '../outlets/zones/zone-job.ts';
import { ZoneOutlet } from '../outlets/zones/zone-outlet.ts';
import type { OutletContext } from './outlet-watch.ts';
import type { OutletPlan } from './outlet-feed.ts';

export class OutletPlans {
  readonly #zones = new Map<string, ZoneOutlet>();

  /** Cheap: it is asked with each look. */
  of(config: Config, context: OutletContext): readonly OutletPlan[] {
    const { lists, resolver } = config;
    const names = new Set(resolver.zones.map(({ name }) => name));
    for (const name of this.#zones.keys()) if (!names.has(name)) this.#zones.delete(name);
    const { ttlSeconds } = resolver.answers;
    return resolver.zones.map((zone) => {
      const gates = lists
        .filter(({ name }) => zone.lists.includes(name))
        .map(({ name, action, gate }) => ({ name, action, gate }));
      const guarded = async (list: string): Promise<readonly string[]> => {
        const found = gates.find(({ name }) => name === list);
        if (found === undefined) return [];
        const { hosts } = await readGuarded(found.gate, found.action);
        return hosts.map(({ host }) => host);
      };
      const open = (): ZoneOutlet => {
        const outlet = new ZoneOutlet({
          ...context,
          config: zone,
          ttlSeconds,
          now: () => steadyNow(context.time),
          suffixes: PUBLIC_SUFFIXES,
          guarded,
          write: runZoneJob,
          remove: runZoneRemovals,
          run: runProgram,
        });
        this.#zones.set(zone.name, outlet);
        return outlet;
      };
      return { name: `zone:${zone.name}`, settings: { zone, ttlSeconds, gates }, open };
    });
  }

  zones(): readonly ZoneStatus[] {
    return [...this.#zones.values()].map((zone) => zone.status());
  }
}
