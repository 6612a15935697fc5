/** One line on a terminal that says where the run is; nothing where nobody watches (a pipe, CI). Remarks always show. */

export class Progress {
  readonly #isTerminal = process.stderr.isTTY;
  readonly #steps: number;
  #done = 0;

  constructor(steps: number) {
    this.#steps = steps;
  }

  step(text: string): void {
    this.#done++;
    if (this.#isTerminal) process.stderr.write(`\r\u{1b}[K[${this.#done}/${this.#steps}] ${text}`);
  }

  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\u{1b}[K');
  }

  remark(text: string): void {
    this.clear();
    process.stderr.write(`bench: ${text}\n`);
  }
}
