/**
 * The configuration in force with all that follows from it, and the step to the next one.
 *
 * Some keys are fixed while the process lives, because what depends on them has outside users: the admin address, the
 * number of workers, where state is kept, the control socket. A reload keeps them as they are and says so.
 * It must not bring anything into force.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/types.ts';
import type { Log } from '../observe/log.ts';
import type { CounterSlots } from '../observe/metrics.ts';
import type { SlotRegister } from './counter-slots.ts';
import { fitToDescriptors } from './descriptor-budget.ts';
import type { DescriptorBudget } from './descriptor-budget.ts';
import { listRules } from './list-rules.ts';
import type { ListRules } from './messages.ts';

export interface EffectiveConfig {
  readonly config: Config;
  readonly slots: CounterSlots;
  readonly rules: ListRules;
  /** Milliseconds since the epoch. */
  readonly loadedAt: number;
  /** The keys whose value in the file differs from the value in force. */
  readonly restartRequired: readonly string[];
  readonly descriptors: DescriptorBudget;
}

export interface EffectiveConfigFrame {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The revision of the rules. */
  readonly revision: number;
  /** The number of descriptors that the process may have open; null if it is not known. */
  readonly descriptorLimit: number | null;
}

/**
 * It lowers the caps to what fits below the descriptor limit.
 * @returns null if more names of listeners or lists have come and gone than can be counted.
 */
export function effectiveConfig(
  wanted: Config,
  register: SlotRegister,
  { now, revision, descriptorLimit }: EffectiveConfigFrame,
): EffectiveConfig | null {
  const slots = register.assign(wanted);
  const { config, budget } = fitToDescriptors(wanted, descriptorLimit);
  return slots === null
    ? null
    : {
        config,
        slots,
        rules: listRules(config, slots, revision),
        loadedAt: now,
        restartRequired: [],
        descriptors: budget,
      };
}

/** @returns what follows from the file's new content `wanted`. The rules get a new revision only if they differ. */
export function nextEffectiveConfig(
  current: EffectiveConfig,
  wanted: Config,
  register: SlotRegister,
  now: number,
): EffectiveConfig | null {
  const { admin, workers, state, control, log, demo } = current.config;
  const config: Config = { ...wanted, admin, workers, state, control, log, demo };
  const restartRequired = FIXED.filter((key) => !isDeepStrictEqual(wanted[key], current.config[key])).map(
    (key) => KEY_TEXT[key] ?? key,
  );
  const next = effectiveConfig(config, register, {
    now,
    revision: current.rules.revision + 1,
    descriptorLimit: current.descriptors.limit,
  });
  if (next === null) return null;
  const isSameRules = isDeepStrictEqual({ ...next.rules, revision: 0 }, { ...current.rules, revision: 0 });
  return { ...next, restartRequired, rules: isSameRules ? current.rules : next.rules };
}

/** It is called at the start and with every configuration that comes into force. */
export function logConfigWarnings(
  log: Log,
  { config, descriptors: { limit, required, connections, lowered } }: EffectiveConfig,
): void {
  if (lowered)
    log.event('warn', 'limits.lowered', {
      descriptors: limit ?? 0,
      required,
      connections,
      effective: config.limits.connections,
      upstream: config.upstream.sockets,
    });
  for (const { former, now, line } of config.renamedKeys)
    log.event('warn', 'config.key_renamed', { former, now, line });
}

const FIXED = ['admin', 'workers', 'state', 'control', 'log', 'demo'] as const;
const KEY_TEXT: Readonly<Partial<Record<(typeof FIXED)[number], string>>> = {
  state: 'state.directory',
  control: 'control.socket',
};
