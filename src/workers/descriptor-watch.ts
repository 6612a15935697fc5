/**
 * The system's limit of descriptors: what it is, how many are open, and that somebody ran against it. The caps in force keep
 * that from happening (descriptor-budget.ts); but a limit of the whole machine (ENFILE) may come before ours, and whoever
 * wakes up for it must read what it is. It must not change a cap.
 */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { DEADLINES } from '../lib/deadlines.ts';
import { errnoOf } from '../lib/errors.ts';
import { systemTime, type Timer } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import type { TrafficTotals } from '../observe/traffic.ts';

/**
 * Node has raised the soft limit to the hard one at its start.
 * @returns null if the system does not tell.
 */
export function descriptorLimit(limits = '/proc/self/limits'): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(limits, 'latin1')) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** @returns null if the system does not tell (Linux before 6.2). */
export function openDescriptors(): number | null {
  try {
    const { size } = statSync('/proc/self/fd');
    return size === 0 ? null : size;
  } catch {
    return null;
  }
}

export class DescriptorWatch {
  readonly #log: Log;
  readonly #traffic: () => Pick<TrafficTotals, 'upstreamErrors' | 'dropped'>;
  readonly #probe: () => string | null;
  #told = { upstream: 0, clients: 0 };
  #timer: Timer | null = null;

  /** @param probe returns the errno name of why no descriptor is free; null if one is. */
  constructor(log: Log, traffic: () => Pick<TrafficTotals, 'upstreamErrors' | 'dropped'>, probe = freeDescriptor) {
    this.#log = log;
    this.#traffic = traffic;
    this.#probe = probe;
  }

  start(time = systemTime): void {
    this.#timer = time.every(DEADLINES.workers.descriptorLookMs, () => this.look()).unref();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  look(): void {
    const { upstreamErrors, dropped } = this.#traffic();
    const now = { upstream: upstreamErrors.fd_limit, clients: dropped.fd_limit };
    const [upstream, clients] = [now.upstream - this.#told.upstream, now.clients - this.#told.clients];
    this.#told = now;
    const code = this.#probe();
    if (upstream > 0 || clients > 0 || code !== null)
      this.#log.event('error', 'descriptors.exhausted', { upstream, clients, code: code ?? 'none' });
  }
}

/** It reports only that there are no descriptors; any other error is reported elsewhere. */
function freeDescriptor(): string | null {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return null;
  } catch (error) {
    const code = errnoOf(error);
    return code === 'EMFILE' || code === 'ENFILE' ? code : null;
  }
}
