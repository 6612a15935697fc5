/** Where something stands in a flat file, and what is wrong there. It must not hold any text of the file. */
import { ListError } from '../list/list-error.ts';

/** Both 1-based; columns are characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `bad_lines`: a flat file is taken whole, or not at all. */
export class PlacedFault extends ListError {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super('bad_lines', placed(place, message));
    this.place = place;
  }
}

export function placed({ line, column }: Place, message: string): string {
  return `line ${line}, column ${column}: ${message}`;
}
