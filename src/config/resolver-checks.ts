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
import { MAX_LISTS } from './listener-schema.ts';
import { at, items } from './plain-data.ts';
import { shown } from './quantities.ts';
import type { Violation } from './violation.ts';

export function resolverChecks(data: unknown): Violation[] {
  const resolver = at(data, 'resolver');
  const routes = at(resolver, 'routes');
  const lists = new NamedLists(data);
  return [
    ...items(resolver, 'zones').flatMap((zone, i) =>
      outletLists(lists, zone, { path: ['resolver', 'zones', i], isZone: true }),
    ),
    ...outletLists(lists, routes, { path: ['resolver', 'routes'], isZone: false }),
    ...sameZones(resolver),
    ...steerAddresses(resolver),
    ...dnsListeners(data),
  ];
}

interface Outlet {
  readonly path: KeyPath;
  readonly isZone: boolean;
}

/** The file's lists, gone through once: there may be as many outlets as a file has room for, and each names lists. */
class NamedLists {
  /** The first of each name. */
  readonly #byName = new Map<string, unknown>();
  /** Allow lists that belong to every outlet. */
  readonly exceptions: readonly { readonly name: string; readonly fault: string | null }[];

  constructor(data: unknown) {
    const lists = items(data, 'lists').flatMap((list) => {
      const name = at(list, 'name');
      return typeof name === 'string' ? [{ name, list }] : [];
    });
    for (const { name, list } of lists) if (!this.#byName.has(name)) this.#byName.set(name, list);
    this.exceptions = lists
      .filter(({ list }) => actionOf(list) === 'allow' && at(list, 'optIn') !== true)
      .slice(0, MAX_LISTS)
      .map(({ name, list }) => ({ name, fault: listFault(list, false) }));
  }

  /** As many as there may be. */
  get names(): readonly string[] {
    return [...this.#byName.keys()].slice(0, MAX_LISTS);
  }

  /** @returns undefined if there is none. */
  named(name: unknown): unknown {
    return typeof name === 'string' ? this.#byName.get(name) : undefined;
  }
}

function outletLists(lists: NamedLists, outlet: unknown, { path, isZone }: Outlet): Violation[] {
  const named = items(outlet, 'lists');
  if (named.length === 0) return [];
  const seen = new Set<string>();
  const faults = named.flatMap((name, j): Violation[] => {
    if (typeof name !== 'string') return [];
    const place = [...path, 'lists', j];
    if (seen.has(name)) return [{ path: place, message: 'the list is named twice' }];
    seen.add(name);
    const list = lists.named(name);
    if (list === undefined) return [{ path: place, message: () => unknownList(name, lists.names) }];
    const message = listFault(list, isZone);
    return message === null ? [] : [{ path: place, message }];
  });
  // An allow list without names would keep the outlet from ever being told anything.
  const nameless = lists.exceptions.flatMap(({ name, fault }): Violation[] =>
    fault === null || seen.has(name)
      ? []
      : [{ path: [...path, 'lists'], message: () => `allow list '${shown(name)}', which belongs to it, ${fault}` }],
  );
  const isAllAllow = named.every((name) => lists.named(name) !== undefined && actionOf(lists.named(name)) === 'allow');
  const message = 'needs a list that is not an allow list: those only take names out';
  return [...faults, ...nameless, ...(isAllAllow ? [{ path: [...path, 'lists'], message }] : [])];
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
  const owners = new Map<string, KeyPath>();
  return places.flatMap(({ path, key, value }) => {
    if (typeof value !== 'string') return [];
    const owner = owners.get(value);
    if (owner === undefined) owners.set(value, path);
    return owner === undefined
      ? []
      : [{ path: [...path, key], message: `the ${key} is the same as that of ${keyText(owner)}` }];
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
  const own = ownPlace(listener);
  const seen = new Set<string>();
  return items(listener, 'upstream').flatMap((value, j): Violation[] => {
    const place = placeOf(value);
    if (place === null) return [];
    const at = [...path, 'upstream', j];
    if (seen.has(place.text)) return [{ path: at, message: 'is named twice' }];
    seen.add(place.text);
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
