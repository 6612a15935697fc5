/**
 * A flat file → a text list, one address a line, and the way back from its lines to the places in the file. What is not an address alone is
 * a fault: in a list, white space would begin attributes, and `#` a comment.
 *
 *   pieces of bytes ─▶ UTF-8 ─▶ CSV, JSON lines ─▶ addresses ─▶ lines
 *                          └─▶ text: the lines as they are
 *
 * It must not judge an address: whoever builds from the list does (publish/build.ts).
 */
import type { FlatFormat } from '../config/relay-types.ts';
import { listError } from '../list/list-error.ts';
import { CsvReader, type CsvRecord } from './csv-reader.ts';
import { JsonLinesReader } from './json-lines.ts';
import { PlacedFault, type Place } from './place.ts';

export interface FlatList {
  readonly bytes: Uint8Array;
  /** Where a line of the list comes from. */
  readonly placeOf: (line: number, column: number) => Place;
}

export interface FlatFile {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Whoever sent it has said how long it is: a missing newline at the end means nothing. */
  readonly isWhole: boolean;
}

interface Reader {
  write(text: string): void;
  end(isWhole: boolean): void;
}

/** @throws ListError `bad_lines`, which names line and column; `truncated` where there is nothing in it; whatever the pieces throw. */
export async function readFlatList(file: FlatFile, format: FlatFormat): Promise<FlatList> {
  if (format.kind === 'text') return await textList(file);
  const lines = new AddressLines();
  const reader = readerOf(format, lines);
  await feed(file.pieces, reader);
  reader.end(file.isWhole);
  if (lines.isEmpty)
    throw listError(
      'truncated',
      'there is no address in it, as in a file that is cut off; a list without entries is published by hand (cleanfeed publish build, of a comment line)',
    );
  return lines.list();
}

async function textList({ pieces }: FlatFile): Promise<FlatList> {
  const taken: Uint8Array[] = [];
  for await (const piece of pieces) taken.push(piece.slice());
  return { bytes: Buffer.concat(taken), placeOf: (line, column) => ({ line, column }) };
}

async function feed(pieces: FlatFile['pieces'], reader: Reader): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let taken = 0;
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw listError('bad_lines', `it is not UTF-8 text (near byte ${taken})`, cause);
    }
  };
  for await (const piece of pieces) {
    reader.write(decode(piece));
    taken += piece.length;
  }
  reader.write(decode());
}

function readerOf(format: Exclude<FlatFormat, { readonly kind: 'text' }>, lines: AddressLines): Reader {
  if (format.kind === 'jsonl') return new JsonLinesReader(format.key, (value, place) => lines.add(value, place));
  let column: Column | null = null;
  return new CsvReader(format.delimiter, (record) => {
    if (column === null) column = columnIn(record, format.column);
    else lines.add(...cellOf(record, column));
  });
}

interface Column {
  readonly index: number;
  readonly of: number;
}

function columnIn({ fields, places }: CsvRecord, name: string): Column {
  const index = fields.indexOf(name);
  const [start = { line: 1, column: 1 }] = places;
  if (index === -1) {
    // In a file without a header these are addresses, and the message is logged.
    const count = `${fields.length} ${fields.length === 1 ? 'column' : 'columns'}`;
    throw new PlacedFault(start, `the first line has ${count} and none is '${name}': it must be the header`);
  }
  if (fields.indexOf(name, index + 1) !== -1) throw new PlacedFault(start, `the header has two columns '${name}'`);
  return { index, of: fields.length };
}

function cellOf({ fields, places }: CsvRecord, { index, of }: Column): readonly [string, Place] {
  const [start = { line: 1, column: 1 }] = places;
  const [cell, place] = [fields[index], places[index]];
  if (fields.length !== of || cell === undefined || place === undefined)
    throw new PlacedFault(start, `${fields.length} fields where the header has ${of}`);
  return [cell, place];
}

/** Grows line by line. */
class AddressLines {
  readonly #text: string[] = [];
  readonly #places: number[] = [];

  get isEmpty(): boolean {
    return this.#text.length === 0;
  }

  add(cell: string, place: Place): void {
    const address = cell.trim();
    if (address === '') throw new PlacedFault(place, 'no address');
    if (/\s/.test(address)) throw new PlacedFault(place, 'an address holds no white space: write %20');
    if (address.startsWith('#')) throw new PlacedFault(place, "an address does not begin with '#'");
    this.#text.push(address);
    this.#places.push(place.line, place.column);
  }

  list(): FlatList {
    const text = this.#text.join('\n');
    const places = this.#places;
    return {
      bytes: Buffer.from(text === '' ? '' : `${text}\n`),
      placeOf: (line, column) => ({
        line: places[2 * (line - 1)] ?? 1,
        column: (places[2 * (line - 1) + 1] ?? 1) + column - 1,
      }),
    };
  }
}
