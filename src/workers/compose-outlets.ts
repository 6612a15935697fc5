/**
 * Which outlets the configuration in force asks for, and what they are told: names as they are enforced now. A list whose publisher is gone for so long
 * that it is dropped has none. It must not know what an outlet does (resolver).
 */
import { steadyNow } from '../lib/steady-clock.ts';
import type { ZoneStatus } from '../observe/control-view.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { ControlOptions } from './control-options.ts';
import { OutletWatch } from './outlet-watch.ts';
import type { NamesGiven } from './outlet-watch.ts';
import { OutletPlans } from './outlet-plans.ts';
import type { PublisherWatch } from './publisher-watch.ts';
import type { RouteDesk } from './route-desk.ts';

interface Parts {
  readonly lists: { readonly names: NamesGiven };
  readonly publishers: Pick<PublisherWatch, 'isDropped'>;
  readonly routes: Pick<RouteDesk, 'plans'>;
}

/** The parts of the ground that it needs. */
export interface OutletsGround {
  readonly options: Pick<ControlOptions, 'log' | 'outlets'>;
  readonly inForce: Pick<ConfigInForce, 'current'>;
  readonly clock: Pick<ClockWatch, 'today'>;
}

export interface ComposedOutlets {
  readonly watch: OutletWatch;
  readonly zones: () => readonly ZoneStatus[];
}

export function composeOutlets(
  { options, inForce, clock }: OutletsGround,
  { lists, publishers, routes }: Parts,
): ComposedOutlets {
  const plans = new OutletPlans();
  const { log, outlets = (config, ground) => [...plans.of(config, ground), ...routes.plans(config, ground)] } = options;
  const today = (): number => clock.today;
  const watch = new OutletWatch({
    log,
    today,
    now: steadyNow,
    names: lessDropped(lists.names, publishers),
    plans: () => outlets(inForce.current.config, { log, today }),
  });
  return { watch, zones: () => plans.zones() };
}

const NOTHING = Buffer.from('# dropped: its publisher is gone\n');

function lessDropped(names: NamesGiven, { isDropped }: Parts['publishers']): NamesGiven {
  return {
    versionOf: (list) => (isDropped(list) ? 'dropped' : names.versionOf(list)),
    of: async (list) =>
      isDropped(list)
        ? { list, action: 'block', form: 'text', bytes: NOTHING, withdrawn: [], version: 'dropped' }
        : await names.of(list),
  };
}
