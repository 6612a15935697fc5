/** What every mix of the soak is given, and small things that they share. */
import { rawClient } from '../../support/raw-client.ts';
import type { RawClient, RawResponse } from '../../support/raw-client.ts';
import { bodyOf } from '../bodies.ts';
import type { Field } from '../field.ts';

export interface MixContext {
  readonly field: Field;
  /** The name it is counted by. */
  readonly name: string;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Like no other tag of this soak. */
  readonly tag: () => string;
}

/** One round: everything that it opened is closed when it is over. Throws where something was not as it must be. */
export type Mix = (context: MixContext) => Promise<void>;

/** A whole number from `least` to `most`. */
export function between(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

export function oneOf<T>(random: () => number, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)]!;
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

export function expectStatus({ status, body }: RawResponse, ...wanted: readonly number[]): void {
  if (!wanted.includes(status))
    throw new Error(`answered with ${status} instead of ${wanted.join(' or ')}: ${body.toString('latin1', 0, 80)}`);
}

export function expectBody({ body }: RawResponse, tag: string, length: number): void {
  if (!body.equals(bodyOf(tag, length)))
    throw new Error(`the body is wrong: ${body.length} of ${length} bytes, ${body.toString('latin1', 0, 80)}`);
}

/** A connection of a client that sends its request again on a new one when a kept one was closed meanwhile (RFC 9112 §9.3.1). */
export class KeptClient implements AsyncDisposable {
  readonly #field: Field;
  #client: RawClient | null = null;

  constructor(field: Field) {
    this.#field = field;
  }

  async ask(request: (client: RawClient) => void, options: { readonly bodiless?: boolean } = {}): Promise<RawResponse> {
    const kept = this.#client;
    const response = kept === null ? await this.#first(request, options) : await this.#again(kept, request, options);
    if (response.fields.get('connection') === 'close') await this[Symbol.asyncDispose]();
    return response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.[Symbol.asyncDispose]();
  }

  async #first(request: (client: RawClient) => void, options: { readonly bodiless?: boolean }): Promise<RawResponse> {
    this.#client = await rawClient(this.#field.proxy.port);
    request(this.#client);
    return await this.#client.response(options);
  }

  async #again(
    kept: RawClient,
    request: (client: RawClient) => void,
    options: { readonly bodiless?: boolean },
  ): Promise<RawResponse> {
    try {
      request(kept);
      return await kept.response(options);
    } catch (error) {
      if (kept.reader.unread.length > 0) throw error;
      this.#field.ledger.retried += 1;
      await this[Symbol.asyncDispose]();
      return await this.#first(request, options);
    }
  }
}
