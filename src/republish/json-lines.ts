/** JSON lines, one object a line, piece by piece as the text comes: the text under one key. It must not quote a line. */
import { objectOf, parsedJson } from '../lib/json.ts';
import { PlacedFault, type Place } from './place.ts';

const MAX_LINE = 1024 * 1024;

export class JsonLinesReader {
  readonly #key: string;
  readonly #value: (value: string, place: Place) => void;
  #rest = '';
  #line = 1;

  constructor(key: string, value: (value: string, place: Place) => void) {
    this.#key = key;
    this.#value = value;
  }

  /** Throws PlacedFault. */
  write(text: string): void {
    const lines = text.split('\n');
    for (const [i, line] of lines.entries()) {
      const isLast = i === lines.length - 1;
      this.#rest += line;
      if (this.#rest.length > MAX_LINE) throw this.#fault(`a line of more than ${MAX_LINE} characters`);
      if (isLast) break;
      this.#take(this.#rest);
      this.#rest = '';
      this.#line += 1;
    }
  }

  /** @param isWhole whether it is known that nothing is missing. Throws PlacedFault. */
  end(isWhole: boolean): void {
    if (this.#rest === '') return;
    if (!isWhole) throw this.#fault('the last line does not end with a newline: the file may be cut off');
    this.#take(this.#rest);
    this.#rest = '';
  }

  #take(line: string): void {
    const object = objectOf(parsedJson(line));
    if (object === null) throw this.#fault('not a JSON object');
    const value = Object.hasOwn(object, this.#key) ? object[this.#key] : undefined;
    if (typeof value !== 'string') throw this.#fault(`no text under '${this.#key}'`);
    // Of the key: where its value begins only a parser of our own could say.
    this.#value(value, { line: this.#line, column: Math.max(0, line.indexOf(JSON.stringify(this.#key))) + 1 });
  }

  #fault(message: string): PlacedFault {
    return new PlacedFault({ line: this.#line, column: 1 }, message);
  }
}
