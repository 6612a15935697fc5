/**
 * What origins of heads serve: by host first. One host is listed as a whole, on another some pages are, and whatever else is
 * asked for, the address itself too, is harmless.
 *
 *   listed.localhost   everything is listed          paths.localhost   the site of ../site.ts          any other   a neighbour
 */
import type { ListTexts } from '../filter.ts';
import { PLAIN, entriesOf } from '../site.ts';
import type { Served } from '../site.ts';
import { ask } from './ask.ts';

export const LISTED_HOST = 'listed.localhost';
export const PATHS_HOST = 'paths.localhost';
export const HARMLESS_HOST = 'harmless.localhost';
/** Plain requests are always answered, sooner or later. */
const PATIENCE_MS = 20_000;
/** What is judged where nobody is named. */
export const FALLBACK_HOST = '127.0.0.1';

/** Every fold: how origins read paths is what the other campaigns are about. */
export function headListTexts(): ListTexts {
  const { block, allow } = entriesOf(PATHS_HOST, ['case', 'params', 'slash']);
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  return { block: text([LISTED_HOST, ...block]), allow: text(allow) };
}

/** What plain requests are answered with that they should not be. */
export async function headMisfits(port: number): Promise<readonly string[]> {
  const wanted: readonly (readonly [host: string, target: string, served: Served])[] = [
    ...PLAIN.filter(({ target }) => target !== '/q/page').map(
      ({ target, served }) => [PATHS_HOST, target, served] as const,
    ),
    [LISTED_HOST, '/x', 'listed page'],
    [HARMLESS_HOST, '/page', 'neighbour'],
    [FALLBACK_HOST, '/page', 'neighbour'],
  ];
  const misfits: string[] = [];
  for (const [host, target, served] of wanted) {
    const [answer] = await ask(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, PATIENCE_MS);
    if (answer?.served !== served)
      misfits.push(`${host}${target}: ${answer?.served ?? `status ${String(answer?.status)}`}, not ${served}`);
  }
  return misfits;
}
