/** Results are published: they must not name places of the machine they were made on. */
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const PLACES: readonly (readonly [place: string, name: string])[] = [
  [join(import.meta.dirname, '..', '..'), '.'],
  [homedir(), '~'],
  [tmpdir(), 'TMP'],
];

/** The text with these folders replaced by what they are. */
export function withoutPlaces(text: string): string {
  return PLACES.reduce((left, [place, name]) => (place === '/' ? left : left.replaceAll(place, name)), text);
}
