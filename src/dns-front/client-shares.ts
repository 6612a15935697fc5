/**
 * What each client has waiting: by the prefix that makes one client (`limits.clientPrefix`), so that nobody fills what all share.
 *
 *   client ─▶ its share ─▶ taken by a question or a connection, given back when that is over
 *
 * A share that nobody uses is kept for a while, so that nothing is allocated for a question. It must not know what is counted.
 */

export interface ClientShare {
  /** What is taken now. */
  taken: number;
}

/** Unused ones are looked for when there are so many. */
const MAX_KEPT = 32_768;

export class ClientShares {
  readonly #shares = new Map<string, ClientShare>();
  #lookAt = MAX_KEPT;

  /** Shares that are kept. */
  get size(): number {
    return this.#shares.size;
  }

  /** @param prefix as the registry has it */
  of(prefix: string): ClientShare {
    const known = this.#shares.get(prefix);
    if (known !== undefined) return known;
    if (this.#shares.size >= this.#lookAt) this.#forgetUnused();
    const share: ClientShare = { taken: 0 };
    this.#shares.set(prefix, share);
    return share;
  }

  #forgetUnused(): void {
    for (const [prefix, { taken }] of this.#shares) if (taken === 0) this.#shares.delete(prefix);
    // However many are in use, a look at all of them comes after as many new ones.
    this.#lookAt = Math.max(MAX_KEPT, 2 * this.#shares.size);
  }
}
