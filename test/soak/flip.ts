/** The page whose listing changes all the time: what may be answered, now and since a request was sent. */
export class Flip {
  readonly #states: (readonly number[])[];

  constructor(...statuses: readonly number[]) {
    this.#states = [statuses];
  }

  /** From now on one of these is right. */
  becomes(...statuses: readonly number[]): void {
    this.#states.push(statuses);
  }

  /** For `since`. */
  get now(): number {
    return this.#states.length - 1;
  }

  /** A request may take longer than several changes. */
  since(then: number): readonly number[] {
    return this.#states.slice(then).flat();
  }
}
