/**
 * What nobody has caught in the control thread, exceptions and rejections (ADR 0005): logged by name and place, counted, and
 * nothing else. The process goes on: the workers filter by what they have, and what ends them all for a fault beside them
 * takes every customer's connections with it. It must not show a message: it may quote an address or a secret.
 */
import { originOf } from '../lib/errors.ts';
import type { ControlFaultKind } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';

export class ControlFaults {
  readonly #log: Log;
  readonly #counts: Record<ControlFaultKind, number> = { exception: 0, rejection: 0 };

  constructor(log: Log) {
    this.#log = log;
  }

  /** These have been counted since the start. */
  get counts(): Readonly<Record<ControlFaultKind, number>> {
    return { ...this.#counts };
  }

  /** From now on, for the whole process: to be called once, before anything that may fail by itself. */
  watch(): void {
    // Without a handler of its own a rejection comes here too, and `origin` tells it.
    process.on('uncaughtException', (error, origin) =>
      this.note(error, origin === 'unhandledRejection' ? 'rejection' : 'exception'),
    );
  }

  note(error: unknown, kind: ControlFaultKind): void {
    this.#counts[kind] += 1;
    this.#log.event('error', 'process.uncaught_error', {
      kind,
      reason: originOf(error),
      count: this.#counts.exception + this.#counts.rejection,
    });
  }
}
