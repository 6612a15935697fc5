/**
 * Lines of a file through a reader, those too that are not carried over because they cannot be read: what a tool makes of the lines behind them may
 * depend on them (`$ORIGIN`, the owner of a record, a quote that is open). It must not decide what becomes of an item.
 */
import type { StreamedLine } from './line-stream.ts';
import type { LineOutcome, Reader } from './outcome.ts';

export type LineFault = NonNullable<StreamedLine['fault']>;

export interface PassedLine {
  readonly outcome: LineOutcome;
  /** Of the line, or of one before it in the same record: nothing of it is carried over. */
  readonly fault: LineFault | null;
  /** Where its record ends cannot be told: what follows may be a part of it. */
  readonly isEndless: boolean;
  /** It may be an exception, whatever its beginning says. */
  readonly isUndecided: boolean;
}

export class PassedLines {
  readonly #reader: Reader;
  /** Of the record that is open. */
  #fault: LineFault | null = null;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  read({ text, fault: own }: StreamedLine): PassedLine {
    const fault = own ?? this.#fault;
    const outcome = this.#reader.read(text);
    this.#fault = fault !== null && this.isOpen ? fault : null;
    const goesOverLines = this.#reader.isOpen !== undefined;
    return {
      outcome,
      fault,
      isEndless: goesOverLines && (own === 'too_long' || isGivenUp(outcome)),
      isUndecided: own === 'too_long' && typeof outcome !== 'string' && this.#reader.isDecidedAtEnd === true,
    };
  }

  /** Whether the last line was inside of a record. */
  get isOpen(): boolean {
    return this.#reader.isOpen?.() === true;
  }
}

function isGivenUp(outcome: LineOutcome): boolean {
  return (
    typeof outcome !== 'string' && outcome.items.some((item) => item.kind === 'left' && item.reason === 'too_long')
  );
}
