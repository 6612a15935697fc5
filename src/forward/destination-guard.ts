/** Decides which destinations may be connected to (requirement 31). */
import type { Prefix } from '../lib/types.ts';

export interface GuardOptions {
  readonly allow: readonly Prefix[];
  readonly nat64: readonly Prefix[];
  /** Addresses of this machine; read again when an address is checked against a wildcard listener. */
  readonly ownAddresses: readonly Uint8Array[] | (() => readonly Uint8Array[]);
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** 'special': not public and not allowed, or not an address at all. 'own': one of our listeners. */
export type GuardVerdict = 'ok' | 'special' | 'own';

export class DestinationGuard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  setOwn(endpoints: readonly Endpoint[]): void {
    throw new Error(`to be written: ${endpoints.length} ${this.#options.allow.length}`);
  }

  check(address: Uint8Array | string, port: number): GuardVerdict {
    throw new Error(`to be written: ${address.length} ${port} ${this.#options.allow.length}`);
  }

  /** The addresses that may be connected to, in the same order; the same array where all may. */
  permitted(addresses: readonly string[], port: number): readonly string[] {
    return addresses.filter((address) => this.check(address, port) === 'ok');
  }
}

/** For `ownAddresses`: every address of every interface now. */
export function localAddresses(): readonly Uint8Array[] {
  return [];
}
