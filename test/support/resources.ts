/**
 * What a suite has started, ended in reverse order: all of it, even where a start or an end failed. A suite that leaves
 * a server behind would keep the runner from ending.
 */

export class Resources {
  readonly #ends: (() => Promise<unknown>)[] = [];

  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.#ends.push(async () =>
      Symbol.asyncDispose in resource ? await resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
    );
    return resource;
  }

  /** For what has no disposer. */
  defer(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  /** Throws the first failure when everything has ended. */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).toReversed()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
