/**
 * Colour on terminals: whether it is wanted, and the sequences for it. After no-color.org: NO_COLOR, where it is set and not empty, takes colour
 * away; FORCE_COLOR gives it where there is no terminal. It must not know what is coloured.
 */
type Colour = 'red' | 'yellow' | 'dim' | 'bold';
export type Painter = (colour: Colour, text: string) => string;

type Environment = Readonly<Record<string, string | undefined>>;

/** Select Graphic Rendition, ECMA-48 §8.3.117. */
const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, dim: 2, bold: 1 };

export function wantsColour(environment: Environment, isTerminal: boolean): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: forced, TERM: terminal } = environment;
  if (no !== '') return false;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && terminal !== undefined && terminal !== '' && terminal !== 'dumb';
}

export function painter(isColoured: boolean): Painter {
  return isColoured ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text;
}
