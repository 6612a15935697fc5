/** Where something stands in a flat file, and what is wrong there. It must not hold any text of the file. */

/** Both 1-based; columns are characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export class PlacedFault extends Error {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

export function placed({ line, column }: Place, message: string): string {
  return `line ${line}, column ${column}: ${message}`;
}
