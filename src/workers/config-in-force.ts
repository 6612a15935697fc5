/**
 * The one cell that holds the configuration in force. Whoever needs it reads `current` each time and must not keep it: a reload
 * replaces it between two events.
 */
import type { EffectiveConfig } from './effective-config.ts';

export class ConfigInForce {
  #current: EffectiveConfig;

  constructor(first: EffectiveConfig) {
    this.#current = first;
  }

  get current(): EffectiveConfig {
    return this.#current;
  }

  replace(next: EffectiveConfig): void {
    this.#current = next;
  }
}
