/**
 * CSV as RFC 4180 has it, strictly, piece by piece as the text comes: records with the place of each field. Both CRLF and LF end a
 * record. What can be read in two ways is a fault, and ends the reading: behind it everything would be a guess.
 *
 *   a,"b ""c""",d ⏎ ──▶ ['a', 'b "c"', 'd']
 *
 * It must not know what the fields mean.
 */
import { PlacedFault, type Place } from './place.ts';

/** Nothing that is an address is longer; a quote that is never closed would take the rest of the file. */
const MAX_FIELD = 65_536;
const MAX_FIELDS = 1000;

export interface CsvRecord {
  readonly fields: readonly string[];
  /** Where each begins. */
  readonly places: readonly Place[];
}

const STATE = { fieldStart: 0, plain: 1, quoted: 2, quoteInQuoted: 3, carriageReturn: 4 } as const;
type State = (typeof STATE)[keyof typeof STATE];

export class CsvReader {
  readonly #delimiter: string;
  readonly #record: (record: CsvRecord) => void;
  #state: State = STATE.fieldStart;
  #field = '';
  #fields: string[] = [];
  #places: Place[] = [];
  #start: Place = { line: 1, column: 1 };
  #line = 1;
  #column = 1;

  /** @param delimiter one character. */
  constructor(delimiter: string, record: (record: CsvRecord) => void) {
    this.#delimiter = delimiter;
    this.#record = record;
  }

  /** Throws PlacedFault. */
  write(text: string): void {
    for (const character of text) {
      this.#take(character);
      if (character === '\n') {
        this.#line += 1;
        this.#column = 1;
      } else this.#column += 1;
    }
  }

  /** @param isWhole whether it is known that nothing is missing. Throws PlacedFault. */
  end(isWhole: boolean): void {
    if (this.#state === STATE.quoted) throw new PlacedFault(this.#start, 'the quote that opens here is never closed');
    if (this.#state === STATE.carriageReturn) throw this.#fault('a carriage return that no line feed follows');
    if (this.#fields.length === 0 && this.#state === STATE.fieldStart) return;
    if (!isWhole) throw this.#fault('the last line does not end with a newline: the file may be cut off');
    this.#endField();
    this.#endRecord();
  }

  #take(character: string): void {
    switch (this.#state) {
      case STATE.fieldStart:
        this.#start = { line: this.#line, column: this.#column };
        if (character === '"') this.#state = STATE.quoted;
        else this.#plain(character);
        break;
      case STATE.plain:
        this.#plain(character);
        break;
      case STATE.quoted:
        if (character === '"') this.#state = STATE.quoteInQuoted;
        else this.#add(character);
        break;
      case STATE.quoteInQuoted:
        if (character === '"') {
          this.#add(character);
          this.#state = STATE.quoted;
        } else if (!this.#isEnd(character))
          throw this.#fault('text behind a closing quote; a quote inside of a field is written twice');
        break;
      case STATE.carriageReturn:
        if (character !== '\n') throw this.#fault('a carriage return that no line feed follows');
        this.#endRecord();
        break;
    }
  }

  #plain(character: string): void {
    this.#state = STATE.plain;
    if (this.#isEnd(character)) return;
    if (character === '"') throw this.#fault('a quote inside of a field that does not begin with one');
    this.#add(character);
  }

  /** Ends the field where the character does. */
  #isEnd(character: string): boolean {
    if (character !== this.#delimiter && character !== '\n' && character !== '\r') return false;
    this.#endField();
    if (character === '\n') this.#endRecord();
    else if (character === '\r') this.#state = STATE.carriageReturn;
    return true;
  }

  #add(character: string): void {
    this.#field += character;
    if (this.#field.length > MAX_FIELD)
      throw new PlacedFault(
        this.#start,
        `a field of more than ${MAX_FIELD} characters begins here; is a quote not closed?`,
      );
  }

  #endField(): void {
    if (this.#fields.length === MAX_FIELDS) throw this.#fault(`a record of more than ${MAX_FIELDS} fields`);
    this.#fields.push(this.#field);
    this.#places.push(this.#start);
    this.#field = '';
    this.#state = STATE.fieldStart;
    this.#start = { line: this.#line, column: this.#column + 1 };
  }

  #endRecord(): void {
    const record = { fields: this.#fields, places: this.#places };
    this.#fields = [];
    this.#places = [];
    this.#state = STATE.fieldStart;
    this.#record(record);
  }

  #fault(message: string): PlacedFault {
    return new PlacedFault({ line: this.#line, column: this.#column }, message);
  }
}
