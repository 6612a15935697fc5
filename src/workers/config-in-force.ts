/**
 * The one cell that holds the configuration in force. Whoever needs it reads `current` each time and must not keep it: a reload
 * replaces it between two events.
 */
import { steadyNow } from '../lib/steady-clock.ts';
import type { EffectiveConfig } from './effective-config.ts';

export class ConfigInForce {
  #current: EffectiveConfig;
  #replacedAt = -Infinity;

  constructor(first: EffectiveConfig) {
    this.#current = first;
  }

  get current(): EffectiveConfig {
    return this.#current;
  }

  /** When another one came, by the steady clock: data threads are told of it from then on. */
  get replacedAt(): number {
    return this.#replacedAt;
  }

  replace(next: EffectiveConfig): void {
    this.#current = next;
    this.#replacedAt = steadyNow();
  }
}
