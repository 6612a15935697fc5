/**
 * Rules between keys. They read the plain data of the file, not what the schema made of it, so that they speak even where
 * another key is at fault: an operator gets all faults at once. What they cannot read they leave to the schema.
 */
import { formatAddress, formatPrefix, parseIpAddress } from '../lib/prefix.ts';
import { endpoint } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { keyText, type KeyPath } from './diagnostic.ts';
import { guardChecks } from './guard.ts';
import { listSources } from './list-source.ts';
import { isOpenToClients, listenerModes, placesOf } from './listener-modes.ts';
import type { Violation } from './violation.ts';
import { at, items, prefixOf } from './plain-data.ts';
import { policyClients } from './policies.ts';
import { prefixTexts } from './prefix-texts.ts';
import { isEverybody, proxyProtocol } from './proxy-protocol.ts';
import { resolverChecks } from './resolver-checks.ts';
import { parseDuration, shown } from './quantities.ts';

/** `steered_mark` of the shipped rules. */
const STEERED_MARK = 0xcf;
/** Names that a message lists; the schema permits no more lists. */
const MAX_NAMED = 32;

export function crossChecks(data: unknown): Violation[] {
  return [
    ...sameNames(data, 'listeners', 'name'),
    ...sameNames(data, 'listeners', 'socket'),
    ...sameNames(data, 'lists', 'name'),
    ...sameNames(data, 'policies', 'name'),
    ...sameEndpoints(data),
    ...socketOrAddress(data),
    ...listenerModes(data),
    ...listNames(data, 'listeners'),
    ...listNames(data, 'policies'),
    ...policyClients(data),
    ...listSources(data),
    ...blockedBy(data),
    ...openProxy(data),
    ...proxyProtocol(data),
    ...sameRanges(data),
    ...ttlBounds(data),
    ...ownMark(data),
    ...guardChecks(data),
    ...resolverChecks(data),
  ];
}

function sameNames(data: unknown, key: 'listeners' | 'lists' | 'policies', name: 'name' | 'socket'): Violation[] {
  return repeated(
    items(data, key).map((item, index) => ({ owner: [key, index], key: name, value: at(item, name) })),
    (first) => `the ${name} is taken by ${keyText(first.owner)}`,
  );
}

/** Two of the listeners, the admin server and the demo's origin on one address and port. Port 0 is a free one each time. */
function sameEndpoints(data: unknown): Violation[] {
  const origin = at(at(data, 'demo'), 'origin');
  const places: Place[] = [
    ...items(data, 'listeners').flatMap((item, index) => listenerPlaces(item, ['listeners', index])),
    portOf(at(data, 'admin'), ['admin'], 9090),
    ...(at(data, 'demo') === undefined ? [] : [portOf(origin, ['demo', 'origin'], 8088)]),
    ...(typeof at(data, 'guard') === 'object' && at(data, 'guard') !== null
      ? [
          portOf(at(at(data, 'guard'), 'origin'), ['guard', 'origin'], 8087),
          portOf(at(at(data, 'guard'), 'metrics'), ['guard', 'metrics'], 9092),
        ]
      : []),
  ];
  return repeated(places, ({ value, owner }) => `${String(value)} is taken by ${keyText(owner)}`);
}

/** A socket comes with its address: another one beside it would be believed and not be true. */
function socketOrAddress(data: unknown): Violation[] {
  return items(data, 'listeners').flatMap((item, i) =>
    ['address', 'port', 'ports']
      .filter((key) => typeof at(item, 'socket') === 'string' && at(item, key) !== undefined)
      .map((key) => ({
        path: ['listeners', i, key],
        message: 'cannot be combined with socket: the socket has its own address and port',
      })),
  );
}

function listenerPlaces(item: unknown, owner: KeyPath): Place[] {
  if (at(item, 'mode') !== 'steered') return [portOf(item, owner, 3128)];
  return placesOf(item).map(({ address, port }) => ({ owner, key: 'ports', value: endpoint(address, port) }));
}

function portOf(item: unknown, owner: KeyPath, defaultPort: number): Place {
  return { owner, key: 'port', value: endpointOf(item, defaultPort) };
}

function endpointOf(item: unknown, defaultPort: number): string | undefined {
  if (typeof at(item, 'socket') === 'string') return undefined;
  const port = at(item, 'port') ?? defaultPort;
  const text = at(item, 'address') ?? '127.0.0.1';
  const address = typeof text === 'string' ? parseIpAddress(text) : null;
  if (address === null || typeof port !== 'number' || port === 0) return undefined;
  return endpoint(formatAddress(address), port);
}

function listNames(data: unknown, key: 'listeners' | 'policies'): Violation[] {
  const known = new Set(items(data, 'lists').flatMap((list) => strings([at(list, 'name')])));
  return items(data, key).flatMap((owner, i) => {
    const named = new Set<string>();
    return items(owner, 'lists').flatMap((name, j): Violation[] => {
      const path = [key, i, 'lists', j];
      if (typeof name !== 'string') return [];
      if (named.has(name)) return [{ path, message: 'the list is named twice' }];
      named.add(name);
      return known.has(name) ? [] : [{ path, message: () => unknownList(name, [...known].slice(0, MAX_NAMED)) }];
    });
  });
}

function unknownList(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== null) return `there is no list '${shown(name)}'; did you mean '${near}'?`;
  return known.length === 0
    ? `there is no list '${shown(name)}'`
    : `there is no list '${shown(name)}'; there are: ${known.join(', ')}`;
}

/** RFC 7725: `blocked-by` belongs to 451. With 403 the operator meant one of the two and we cannot know which. */
function blockedBy(data: unknown): Violation[] {
  return items(data, 'lists').flatMap((list, i) =>
    typeof at(list, 'blockedBy') === 'string' && (at(list, 'status') ?? 403) === 403
      ? [{ path: ['lists', i, 'blockedBy'], message: 'belongs to status 451 (RFC 7725); set status: 451 or remove it' }]
      : [],
  );
}

/**
 * A proxy for everybody on a public address is abused within hours, so it takes a word of its own. The eighth of an
 * address family or more (2000::/3 is all of today's Internet) counts as everybody.
 */
function openProxy(data: unknown): Violation[] {
  if (at(at(data, 'clients'), 'openProxy') === true) return [];
  // What address an inherited socket has is not known here.
  const isReachable = (listener: unknown): boolean =>
    isOpenToClients(listener) &&
    (at(listener, 'mode') === 'steered' ||
      typeof at(listener, 'socket') === 'string' ||
      !isLoopback(at(listener, 'address') ?? '127.0.0.1'));
  const reachable = items(data, 'listeners').findIndex(isReachable);
  if (reachable === -1) return [];
  return prefixTexts(at(at(data, 'clients'), 'allow')).flatMap((text, i) => {
    if (!isEverybody(text)) return [];
    const message = `allows every client through ${keyText(['listeners', reachable])}, which is not on a loopback address; if this is intended, set clients.openProxy: true`;
    return [{ path: ['clients', 'allow', i], message }];
  });
}

function isLoopback(text: unknown): boolean {
  const address = typeof text === 'string' ? parseIpAddress(text) : null;
  if (address === null) return true;
  return address.length === 4 ? address[0] === 127 : formatAddress(address) === '::1';
}

/** Which of two caps would count? */
function sameRanges(data: unknown): Violation[] {
  const places = items(at(data, 'limits'), 'sharedAddresses').map((item, index): Place => {
    const prefix = prefixOf(at(item, 'prefix'));
    const owner = ['limits', 'sharedAddresses', index];
    return { owner, key: 'prefix', value: prefix === null ? undefined : formatPrefix(prefix) };
  });
  return repeated(places, ({ owner }) => `the range is the same as in ${keyText(owner)}`);
}

function ttlBounds(data: unknown): Violation[] {
  const dns = at(at(data, 'upstream'), 'dns');
  const least = parseDuration(at(dns, 'minTtl') ?? '5s');
  const most = parseDuration(at(dns, 'maxTtl') ?? '1h');
  if (!least.ok || !most.ok || least.value <= most.value) return [];
  const key = at(dns, 'minTtl') === undefined ? 'maxTtl' : 'minTtl';
  return [{ path: ['upstream', 'dns', key], message: 'minTtl must not be greater than maxTtl' }];
}

/** Whoever adapts the rules may choose another mark for them; nobody needs this one for anything else. */
function ownMark(data: unknown): Violation[] {
  if (at(at(data, 'upstream'), 'mark') !== STEERED_MARK) return [];
  const message = `must not be 0x${STEERED_MARK.toString(16)}: by that mark nftables-transparent.nft keeps packets on this machine, and connections to origins would lead here`;
  return [{ path: ['upstream', 'mark'], message }];
}

/** A value that no two may have. */
interface Place {
  readonly owner: KeyPath;
  /** Of the owner. */
  readonly key: string;
  /** What is compared; only text is. */
  readonly value: unknown;
}

/** @returns a violation for each value that was seen before, with a message made from the first place that has it. */
function repeated(places: readonly Place[], message: (first: Place) => string): Violation[] {
  const firsts = new Map<string, Place>();
  return places.flatMap((place) => {
    if (typeof place.value !== 'string') return [];
    const first = firsts.get(place.value);
    if (first === undefined) firsts.set(place.value, place);
    return first === undefined ? [] : [{ path: [...place.owner, place.key], message: message(first) }];
  });
}

function strings(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}
