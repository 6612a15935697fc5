/**
 * Bounds how often the log says the same thing: a fault that repeats a thousand times a second must neither fill a disk
 * nor bury the one line that matters. What is held back is counted, and the count is logged.
 */

const WINDOW_MS = 60_000;
/** Lines a minute that are the same in every field. */
const SAME_LINES = 5;
/** Lines a minute of one event, whatever its fields. */
const LINES_OF_EVENT = 60;
/** A refused list names every bad line, once, so that it can be repaired. */
const MORE_LINES: Readonly<Record<string, number>> = { 'list.bad_line': 12_000 };
/** Different lines that are remembered; beyond, only the bound of the event counts. */
const MAX_KEYS = 16_384;

/** This was held back of one event. */
export interface Suppressed {
  readonly event: string;
  readonly lines: number;
  /** The severity of the gravest of them. */
  readonly severity: number;
}

export class RepeatLimit {
  readonly #now: () => number;
  readonly #lines = new Map<string, number>();
  readonly #events = new Map<string, number>();
  readonly #suppressed = new Map<string, Suppressed>();
  #windowStart: number;

  /** @param now milliseconds of a clock that does not jump. */
  constructor(now: () => number) {
    this.#now = now;
    this.#windowStart = now();
  }

  /**
   * @returns whether the line may be written.
   * @param fields whatever makes it differ from others of the event.
   */
  admits(event: string, fields: string, severity: number): boolean {
    this.#roll();
    const isRepeat = this.#countLine(`${event} ${fields}`) > SAME_LINES;
    // What is a repeat does not use up the event's share: other lines of it still come through.
    const isAdmitted = !isRepeat && counted(this.#events, event) <= (MORE_LINES[event] ?? LINES_OF_EVENT);
    if (!isAdmitted) this.#suppress(event, severity);
    return isAdmitted;
  }

  /** @returns what was held back since the last call. */
  takeSuppressed(): readonly Suppressed[] {
    const taken = [...this.#suppressed.values()];
    this.#suppressed.clear();
    return taken;
  }

  #suppress(event: string, severity: number): void {
    const before = this.#suppressed.get(event);
    this.#suppressed.set(event, {
      event,
      lines: (before?.lines ?? 0) + 1,
      severity: Math.max(before?.severity ?? 0, severity),
    });
  }

  #roll(): void {
    const now = this.#now();
    if (now - this.#windowStart < WINDOW_MS) return;
    this.#windowStart = now;
    this.#lines.clear();
    this.#events.clear();
  }

  #countLine(line: string): number {
    return this.#lines.size < MAX_KEYS || this.#lines.has(line) ? counted(this.#lines, line) : 0;
  }
}

function counted(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
