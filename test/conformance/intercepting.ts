/**
 * What the filters of a run have in common whose clients believe that they speak to an origin. How bytes come to one, and where it
 * sends them, is its own: the address connected to (transparent-network.ts), or the host that is named (steered-filter.ts).
 */
import type { Socket } from 'node:net';
import type { ListTexts } from './filter.ts';
import { SteeredFilter } from './steered-filter.ts';
import { TransparentNetwork } from './transparent-network.ts';

/** A whole `serve` before the origins of a run. */
export interface InterceptingFilter extends AsyncDisposable {
  /** A connection of a customer to the origin at this port. Half-open is allowed. */
  connect(port: number): Promise<Socket>;
}

export interface Interception {
  /** `a transparent filter`. */
  readonly name: string;
  /** @returns why there can be none; null: there can */
  whyNot(): string | null;
  create(ports: readonly number[], texts: ListTexts): Promise<InterceptingFilter>;
}

export const INTERCEPTIONS: readonly Interception[] = [
  {
    name: 'a transparent filter',
    whyNot: () => TransparentNetwork.whyNot(),
    create: async (ports, texts) => await TransparentNetwork.create(ports, texts),
  },
  {
    name: 'a steered filter',
    whyNot: () => null,
    create: async (ports, texts) => await SteeredFilter.create(ports, texts),
  },
];
