/**
 * Which outlets the configuration in force asks for, and what they are told: names as they are enforced now. A list whose publisher is gone for so long
 * that it is dropped has none, nor has one that an operator has switched off. It must not know what an outlet does (outlets).
 */
import { steadyNow } from '../lib/steady-clock.ts';
import type { Time } from '../lib/time.ts';
import type { ZoneStatus } from '../observe/control-view.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { ControlOptions } from './control-options.ts';
import type { ListsOff } from './lists-off.ts';
import { OutletWatch } from './outlet-watch.ts';
import { OutletPlans } from './outlet-plans.ts';
import type { PublisherWatch } from './publisher-watch.ts';
import type { RouteService } from './route-service.ts';
import type { NamesGiven } from './outlet-feed.ts';

interface Parts {
  readonly lists: { readonly names: NamesGiven };
  readonly publishers: Pick<PublisherWatch, 'isDropped'>;
  readonly listsOff: Pick<ListsOff, 'isOff'>;
  readonly routes: Pick<RouteService, 'plans'>;
}

/** The parts of the context that it needs. */
export interface OutletsContext {
  readonly options: Pick<ControlOptions, 'log' | 'outlets'>;
  readonly inForce: Pick<ConfigInForce, 'current'>;
  readonly clock: Pick<ClockWatch, 'today'>;
  readonly time: Time;
}

export interface ComposedOutlets {
  readonly watch: OutletWatch;
  readonly zones: () => readonly ZoneStatus[];
}

export function composeOutlets(
  { options, inForce, clock, time }: OutletsContext,
  { lists, publishers, listsOff, routes }: Parts,
): ComposedOutlets {
  const plans = new OutletPlans();
  const { log, outlets = (config, context) => [...plans.of(config, context), ...routes.plans(config, context)] } =
    options;
  const today = (): number => clock.today;
  const watch = new OutletWatch({
    log,
    today,
    now: () => steadyNow(time),
    time,
    names: lessNamed(lists.names, { dropped: publishers.isDropped, off: listsOff.isOff }),
    plans: () => outlets(inForce.current.config, { log, today, time }),
  });
  return { watch, zones: () => plans.zones() };
}

const NOTHING = Buffer.from('# nothing applies\n');

/** A list has no names for one of these reasons; the version that is told is the reason. */
function lessNamed(names: NamesGiven, reasons: Readonly<Record<string, (list: string) => boolean>>): NamesGiven {
  const reasonOf = (list: string): string | null =>
    Object.entries(reasons).find(([, applies]) => applies(list))?.[0] ?? null;
  return {
    versionOf: (list) => reasonOf(list) ?? names.versionOf(list),
    markOf: (list) => reasonOf(list) ?? names.markOf(list),
    stillOf: async (known, today) => await names.stillOf(known, today),
    of: async (list) => {
      const version = reasonOf(list);
      if (version === null) return await names.of(list);
      return { list, action: 'block', form: 'text', bytes: NOTHING, withdrawn: [], version };
    },
  };
}
