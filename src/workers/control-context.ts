/** What every part of the control side may need, made before any of them. It must start nothing. */
import type { Config } from '../config/types.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { TrustedClock } from './trusted-clock.ts';
import { ClockWatch } from './clock-watch.ts';
import { ConfigInForce } from './config-in-force.ts';
import type { Phase } from './control-lifecycle.ts';
import type { ControlOptions } from './control-options.ts';
import { COUNTER_LAYOUT, SlotRegister } from './counter-slots.ts';
import { descriptorLimit } from './descriptor-watch.ts';
import { effectiveConfig } from './effective-config.ts';
import { InheritedSockets } from './inherited-sockets.ts';
import { CONTROL_BYTES } from './messages.ts';
import { traceWords, type TraceWords } from './trace-words.ts';

export interface ControlContext {
  readonly options: ControlOptions;
  readonly time: Time;
  readonly sockets: InheritedSockets;
  readonly shared: {
    readonly control: SharedArrayBuffer;
    readonly counters: SharedArrayBuffer;
    readonly trace: TraceWords;
  };
  readonly register: SlotRegister;
  readonly inForce: ConfigInForce;
  readonly phase: Phase;
  readonly clock: ClockWatch;
  /** The name of this installation; it is empty until it has been read. */
  readonly identity: { pseudonym: string };
}

export function composeContext(config: Config, options: ControlOptions): ControlContext {
  const { time = systemTime, log } = options;
  const register = new SlotRegister();
  const frame = { now: steadyNow(time), revision: 1, descriptorLimit: descriptorLimit() };
  const first = effectiveConfig(config, register, frame);
  if (first === null)
    throw new CleanfeedError('internal', 'counter_slots', 'a configuration has more names than counters');
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const inForce = new ConfigInForce(first);
  const trusted = new TrustedClock({ wall: time.wall, steady: () => steadyNow(time) });
  return {
    options,
    time,
    sockets: options.sockets ?? InheritedSockets.NONE,
    shared: { control, counters: new SharedArrayBuffer(COUNTER_LAYOUT.bytes(config.workers)), trace: traceWords() },
    clock: new ClockWatch(trusted, new Int32Array(control), log),
    register,
    inForce,
    phase: { now: 'starting' },
    identity: { pseudonym: '' },
  };
}
