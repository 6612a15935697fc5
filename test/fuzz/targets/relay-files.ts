/**
 * Fuzz target: flat files of clearing houses, CSV and JSON lines. Records do not depend on the pieces in which the text comes; what is wrong
 * is a fault with a place, and nothing else is thrown.
 */
import { CsvReader } from '../../../src/republish/csv-reader.ts';
import { JsonLinesReader } from '../../../src/republish/json-lines.ts';
import { PlacedFault } from '../../../src/republish/place.ts';

interface Reader {
  readonly write: (text: string) => void;
  readonly end: (isWhole: boolean) => void;
}

export function fuzz(data: Buffer): void {
  const [cut = 0, flags = 0] = data;
  const text = data.subarray(2).toString('utf8');
  const at = Math.min(cut, text.length);
  // A character of two units comes whole, as a decoder gives it.
  const pieces = /[\ud800-\udbff]$/.test(text.slice(0, at)) ? [text] : [text.slice(0, at), text.slice(at)];
  const isWhole = (flags & 1) === 0;
  for (const open of [
    (found: unknown[]): Reader => new CsvReader((flags & 2) === 0 ? ',' : '\t', (record) => found.push(record)),
    (found: unknown[]): Reader =>
      new JsonLinesReader('url', (value, place) => {
        found.push({ value, place });
      }),
  ]) {
    const once = read(open, [text], isWhole);
    demand(once === read(open, pieces, isWhole), 'records do not depend on pieces', text);
  }
}

/** What was read, and the fault that ended it, as text. */
function read(open: (found: unknown[]) => Reader, pieces: readonly string[], isWhole: boolean): string {
  const found: unknown[] = [];
  const reader = open(found);
  try {
    for (const piece of pieces) reader.write(piece);
    reader.end(isWhole);
  } catch (error) {
    if (!(error instanceof PlacedFault)) throw error;
    demand(error.place.line >= 1 && error.place.column >= 1, 'a fault has a place', error.place);
    found.push({ place: error.place, message: error.message });
  }
  return JSON.stringify(found);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
