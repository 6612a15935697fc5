/**
 * Rules between the keys of the resolver side and others: which lists may stand in a zone or steer, what a DNS listener needs, which files
 * and addresses must differ. They read the plain data of the file, as all rules between keys do (cross-checks.ts).
 * They must not open the files that the keys name.
 */
import { endpoint } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { formatAddress, parseIpAddress } from '../lib/prefix.ts';
import { keyText, type KeyPath } from './diagnostic.ts';
import { isTufSource } from './list-source.ts';
import { at, items } from './plain-data.ts';
import { shown } from './quantities.ts';
import type { Violation } from './violation.ts';

export function resolverChecks(data: unknown): Violation[] {
  const resolver = at(data, 'resolver');
  const routes = at(resolver, 'routes');
  return [
    ...items(resolver, 'zones').flatMap((zone, i) =>
      outletLists(data, zone, { path: ['resolver', 'zones', i], isZone: true }),
    ),
    ...outletLists(data, routes, { path: ['resolver', 'routes'], isZone: false }),
    ...sameZones(resolver),
    ...steerAddresses(resolver),
    ...dnsListeners(data),
  ];
}

interface Outlet {
  readonly path: KeyPath;
  readonly isZone: boolean;
}

function outletLists(data: unknown, outlet: unknown, { path, isZone }: Outlet): Violation[] {
  const lists = items(data, 'lists');
  const known = lists.map((list) => at(list, 'name')).filter((name) => typeof name === 'string');
  const named = items(outlet, 'lists');
  const faults = named.flatMap((name, j): Violation[] => {
    if (typeof name !== 'string') return [];
    const place = [...path, 'lists', j];
    if (named.indexOf(name) < j) return [{ path: place, message: 'the list is named twice' }];
    const list = lists.find((one) => at(one, 'name') === name);
    if (list === undefined) return [{ path: place, message: () => unknownList(name, known) }];
    const message = listFault(list, isZone);
    return message === null ? [] : [{ path: place, message }];
  });
  const isAllow = (name: unknown): boolean =>
    lists.some((one) => at(one, 'name') === name && actionOf(one) === 'allow');
  faults.push(...(named.length > 0 ? namelessExceptions(lists, named, path) : []));
  return named.length > 0 && named.every(isAllow)
    ? [
        ...faults,
        { path: [...path, 'lists'], message: 'needs a list that is not an allow list: those only take names out' },
      ]
    : faults;
}

/** Allow lists that nobody has named belong to each outlet; one without names would keep it from ever being told anything. */
function namelessExceptions(lists: readonly unknown[], named: readonly unknown[], path: KeyPath): Violation[] {
  return lists
    .filter((list) => actionOf(list) === 'allow' && at(list, 'optIn') !== true && !named.includes(at(list, 'name')))
    .flatMap((list): Violation[] => {
      const fault = listFault(list, false);
      const name = at(list, 'name');
      if (fault === null || typeof name !== 'string') return [];
      return [
        { path: [...path, 'lists'], message: () => `allow list '${shown(name)}', which belongs to it, ${fault}` },
      ];
    });
}

function listFault(list: unknown, isZone: boolean): string | null {
  if (isZone && actionOf(list) === 'count')
    return 'is a list with action count, which must not block; a zone cannot count: name it when its action is block';
  const source = at(list, 'source');
  const isWithoutNames =
    typeof source === 'string' && isTufSource(source) && (at(list, 'namesIdentity') ?? null) === null;
  return isWithoutNames
    ? 'is a protected list without namesIdentity: its names cannot be read here; set lists[].namesIdentity'
    : null;
}

function actionOf(list: unknown): unknown {
  return at(list, 'action') ?? 'block';
}

function unknownList(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === null
    ? `there is no list '${shown(name)}'`
    : `there is no list '${shown(name)}'; did you mean '${near}'?`;
}

interface Writer {
  readonly zone: unknown;
  readonly path: KeyPath;
}

/** Two zones of one name, or two writers of one file. */
function sameZones(resolver: unknown): Violation[] {
  const zones = items(resolver, 'zones').map((zone, i): Writer => ({ zone, path: ['resolver', 'zones', i] }));
  const files: readonly Writer[] = [...zones, { zone: at(resolver, 'routes'), path: ['resolver', 'routes'] }];
  return [
    ...repeats(zones.map(({ zone, path }) => ({ path, key: 'name', value: lower(at(zone, 'name')) }))),
    ...repeats(files.map(({ zone, path }) => ({ path, key: 'file', value: at(zone, 'file') }))),
  ];
}

function repeats(
  places: readonly { readonly path: KeyPath; readonly key: string; readonly value: unknown }[],
): Violation[] {
  return places.flatMap(({ path, key, value }, i) => {
    const first = typeof value === 'string' ? places.findIndex((other) => other.value === value) : i;
    const owner = places[first];
    return first < i && owner !== undefined
      ? [{ path: [...path, key], message: `the ${key} is the same as that of ${keyText(owner.path)}` }]
      : [];
  });
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function steerAddresses(resolver: unknown): Violation[] {
  const steer = at(at(resolver, 'answers'), 'steer');
  if (steer === undefined || steer === null || items(steer, 'a').length + items(steer, 'aaaa').length > 0) return [];
  return [
    {
      path: ['resolver', 'answers', 'steer'],
      message: "needs a or aaaa: the filter's own addresses; null: nothing is steered",
    },
  ];
}

function dnsListeners(data: unknown): Violation[] {
  return items(data, 'listeners').flatMap((listener, i) =>
    at(listener, 'mode') === 'dns' ? upstreams(listener, ['listeners', i]) : [],
  );
}

/** A listener that asks itself asks for ever. */
function upstreams(listener: unknown, path: KeyPath): Violation[] {
  const named = items(listener, 'upstream').map(placeOf);
  const own = ownPlace(listener);
  return named.flatMap((place, j): Violation[] => {
    if (place === null) return [];
    const at = [...path, 'upstream', j];
    if (named.findIndex((other) => other?.text === place.text) < j) return [{ path: at, message: 'is named twice' }];
    const isOwn =
      own !== null &&
      own.port === place.port &&
      (own.address === place.address || (isWildcard(own.address) && isLoopback(place.address)));
    return isOwn ? [{ path: at, message: 'is the listener itself; name the resolver behind it' }] : [];
  });
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly text: string;
}

function ownPlace(listener: unknown): Omit<Place, 'text'> | null {
  const text = at(listener, 'address') ?? '127.0.0.1';
  const port = at(listener, 'port');
  const address = typeof text === 'string' ? parseIpAddress(text) : null;
  return address === null || typeof port !== 'number' ? null : { address: formatAddress(address), port };
}

/** @returns null if the schema has something to say of it. */
function placeOf(value: unknown): Place | null {
  const [, bracketed, bare, port] =
    typeof value === 'string' ? (/^(?:\[([^\]]+)\]|(.*?))(?::(\d+))?$/.exec(value) ?? []) : [];
  const whole = typeof value === 'string' ? parseIpAddress(value) : null;
  const address = whole ?? parseIpAddress(bracketed ?? bare ?? '');
  if (address === null) return null;
  const number = whole === null && port !== undefined ? Number(port) : 53;
  const formatted = formatAddress(address);
  return { address: formatted, port: number, text: endpoint(formatted, number) };
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
