/** What was asked and how it went: every regular request counts once, and every answer that was not what it had to be is kept. */

const KEPT_FAILURES = 50;

export class Ledger {
  readonly #checked = new Map<string, number>();
  readonly #failures: string[] = [];
  #wrong = 0;
  /** Requests on kept connections that were closed before a byte of the answer came, sent again on new ones. */
  retried = 0;

  right(mix: string): void {
    this.#checked.set(mix, (this.#checked.get(mix) ?? 0) + 1);
  }

  wrong(mix: string, error: unknown): void {
    this.#wrong += 1;
    if (this.#failures.length < KEPT_FAILURES)
      this.#failures.push(`${mix}: ${error instanceof Error ? error.message : String(error)}`);
  }

  get wrongs(): number {
    return this.#wrong;
  }

  /** The first of them. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Checked and right, by mix. */
  get checked(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#checked].sort(([a], [b]) => a.localeCompare(b)));
  }

  get total(): number {
    return [...this.#checked.values()].reduce((sum, count) => sum + count, 0);
  }
}
