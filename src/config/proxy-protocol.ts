/**
 * Rules between keys about PROXY headers, which say who a client is. They read the plain data of the file, as all rules between keys do
 * (cross-checks.ts).
 */
import { parsePrefix } from '../lib/prefix.ts';
import { at, items } from './plain-data.ts';
import type { Violation } from './violation.ts';

/** The eighth of an address family or more counts as everybody, as in `clients.allow`. */
const EVERYBODY_BITS = 3;

export function proxyProtocol(data: unknown): Violation[] {
  return items(data, 'listeners').flatMap((listener, i) =>
    items(at(listener, 'proxyProtocol'), 'from').flatMap((text, j) =>
      isEverybody(text)
        ? [
            {
              path: ['listeners', i, 'proxyProtocol', 'from', j],
              message: 'would let anybody name any client; list the addresses of your balancers',
            },
          ]
        : [],
    ),
  );
}

function isEverybody(text: unknown): boolean {
  const parsed = typeof text === 'string' ? parsePrefix(text) : null;
  return parsed?.ok === true && parsed.value.bits <= EVERYBODY_BITS;
}
