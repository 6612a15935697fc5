/**
 * The configuration in force with all that follows from it, and the step to the next one.
 *
 * Some keys are fixed while the process lives, because what depends on them has outside users: the admin address, the
 * number of workers, where state is kept, the control socket. A reload keeps them as they are and says so.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/types.ts';
import type { CounterSlots } from '../observe/metrics.ts';
import type { SlotRegister } from './counter-slots.ts';
import { listRules } from './list-rules.ts';
import type { ListRules } from './messages.ts';

export interface Settings {
  readonly config: Config;
  readonly slots: CounterSlots;
  readonly rules: ListRules;
  /** Milliseconds since the epoch. */
  readonly loadedAt: number;
  /** Keys whose value in the file is another one than that in force. */
  readonly needsRestart: readonly string[];
}

/** Null: more names of listeners or lists have come and gone than can be counted. */
export function settingsOf(config: Config, register: SlotRegister, { now, revision }: { readonly now: number; readonly revision: number }): Settings | null {
  const slots = register.assign(config);
  return slots === null ? null : { config, slots, rules: listRules(config, slots, revision), loadedAt: now, needsRestart: [] };
}

/** What follows when the file now says `wanted`; `revision` of the rules only where they differ. */
export function nextSettings(current: Settings, wanted: Config, register: SlotRegister, now: number): Settings | null {
  const { admin, workers, state, control, log, demo } = current.config;
  const config: Config = { ...wanted, admin, workers, state, control, log, demo };
  const needsRestart = FIXED.filter((key) => !isDeepStrictEqual(wanted[key], current.config[key])).map((key) => KEY_TEXT[key] ?? key);
  const next = settingsOf(config, register, { now, revision: current.rules.revision + 1 });
  if (next === null) return null;
  const isSameRules = isDeepStrictEqual({ ...next.rules, revision: 0 }, { ...current.rules, revision: 0 });
  return { ...next, needsRestart, rules: isSameRules ? current.rules : next.rules };
}

const FIXED = ['admin', 'workers', 'state', 'control', 'log', 'demo'] as const;
const KEY_TEXT: Readonly<Partial<Record<(typeof FIXED)[number], string>>> = { state: 'state.directory', control: 'control.socket', log: 'log.level' };
