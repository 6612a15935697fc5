/**
 * Rules between keys about PROXY headers, which say who a client is: to us, and to origins. They read the plain data of the file, as all rules between keys do
 * (cross-checks.ts). They must not repeat what the schema checks.
 */
import type { KeyPath } from './diagnostic.ts';
import { at, items, prefixOf } from './plain-data.ts';
import type { Violation } from './violation.ts';

/** The eighth of an address family or more counts as everybody, as in `clients.allow`. */
const EVERYBODY_BITS = 3;

export function proxyProtocol(data: unknown): Violation[] {
  const senders = items(data, 'listeners').flatMap((listener, i) =>
    tooWide(at(listener, 'proxyProtocol'), 'from', ['listeners', i], ANY_SENDER),
  );
  return [...senders, ...tooWide(at(at(data, 'upstream'), 'proxyProtocol'), 'to', ['upstream'], ANY_ORIGIN)];
}

const ANY_SENDER = 'would let anybody name any client; list the addresses of your balancers';
const ANY_ORIGIN = 'would break every origin that expects no header; list the addresses of those that do';

/** @param owner of the `proxyProtocol` that is given. */
function tooWide(proxyProtocol: unknown, key: 'from' | 'to', owner: KeyPath, message: string): Violation[] {
  return items(proxyProtocol, key).flatMap((text, i) =>
    isEverybody(text) ? [{ path: [...owner, 'proxyProtocol', key, i], message }] : [],
  );
}

/** Whether the prefix is as wide as that. */
export function isEverybody(text: unknown): boolean {
  const prefix = prefixOf(text);
  return prefix !== null && prefix.bits <= EVERYBODY_BITS;
}
