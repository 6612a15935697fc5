/**
 * Rules between the keys of one listener that follow from its mode: which keys a mode has, and what it needs. They read the plain
 * data of the file, as all rules between keys do (cross-checks.ts).
 *
 * And where a steered listener listens, which follows from its prefixes:
 *
 *   one address of a family  ─▶ that address           192.0.2.80
 *   more                     ─▶ all of the family      192.0.2.80/29 ─▶ 0.0.0.0
 *   more of both             ─▶ ::, which takes both
 *
 * They must not ask this machine anything (workers/native-needs.ts does).
 */
import { formatAddress } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';
import { at, items, prefixOf } from './plain-data.ts';
import type { ListenerConfig, ListenerMode } from './types.ts';
import type { Violation } from './violation.ts';

/** A key that only some modes have says nothing of the others, and whoever wrote it meant something else. */
const KEYS_OF_MODES: readonly { readonly keys: readonly string[]; readonly modes: readonly ListenerMode[] }[] = [
  { keys: ['address', 'port'], modes: ['explicit', 'transparent', 'dns'] },
  { keys: ['source', 'notHttp', 'clientField'], modes: ['transparent', 'steered'] },
  { keys: ['notTls'], modes: ['explicit', 'transparent', 'steered'] },
  // A transparent listener has no address that a balancer could send to.
  { keys: ['proxyProtocol'], modes: ['explicit', 'steered', 'dns'] },
  { keys: ['addresses', 'ports', 'others', 'resolver'], modes: ['steered'] },
  { keys: ['upstream', 'sendProxyProtocol'], modes: ['dns'] },
];

/** Where something listens. */
interface Place {
  readonly address: string;
  readonly port: number;
}

export function listenerModes(data: unknown): Violation[] {
  return items(data, 'listeners').flatMap((listener, index) => {
    const mode = at(listener, 'mode') ?? 'explicit';
    return [...foreignKeys(listener, mode), ...missingKeys(listener, mode)].map(({ key, message }) => ({
      path: ['listeners', index, key],
      message,
    }));
  });
}

interface Fault {
  readonly key: string;
  readonly message: string;
}

/** Of a mode that there is not, which is a fault by itself, nothing is known. */
function foreignKeys(listener: unknown, mode: unknown): Fault[] {
  if (!KEYS_OF_MODES.some(({ modes }) => modes.some((known) => known === mode))) return [];
  return KEYS_OF_MODES.filter(({ modes }) => !modes.some((known) => known === mode)).flatMap(({ keys, modes }) =>
    keys
      .filter((key) => at(listener, key) !== undefined)
      .map((key) => ({ key, message: `belongs to mode ${modes.join(' or ')}` })),
  );
}

function missingKeys(listener: unknown, mode: unknown): Fault[] {
  if (mode === 'dns') return missingOfDns(listener);
  return mode === 'steered' ? missingOfSteered(listener) : [];
}

/** Ports have no default: a host's HTTPS has a price here (docs/deployment.md), and without it a host has none. */
function missingOfSteered(listener: unknown): Fault[] {
  const ports = at(listener, 'ports');
  const hasPorts =
    typeof at(listener, 'socket') === 'string' || (Array.isArray(ports) ? ports.length > 0 : ports !== undefined);
  return [
    ...(items(listener, 'addresses').length > 0
      ? []
      : [{ key: 'mode', message: 'a steered listener needs addresses: those that clients are sent to' }]),
    ...(hasPorts
      ? []
      : [
          {
            key: 'mode',
            message:
              'a steered listener needs ports (or a socket): [80, 443], or [80], with which HTTPS of every steered host is refused',
          },
        ]),
  ];
}

function missingOfDns(listener: unknown): Fault[] {
  const isInherited = typeof at(listener, 'socket') === 'string';
  const isPlaced = isInherited || (at(listener, 'port') ?? null) !== null;
  return [
    ...(isPlaced ? [] : [{ key: 'mode', message: 'a dns listener needs a port: there is no default' }]),
    // `serve` could never start with it, and the unit's check before would have said `ok`.
    ...(isInherited
      ? [{ key: 'socket', message: 'a dns listener opens its sockets itself: give it address and port' }]
      : []),
    ...(items(listener, 'upstream').length > 0
      ? []
      : [{ key: 'mode', message: 'a dns listener needs upstream: the resolvers behind it' }]),
  ];
}

/** Whether whoever reaches the listener can have it connect to an origin of his choice: not to where he connects anyway. */
export function isOpenToClients(listener: unknown): boolean {
  return at(listener, 'mode') !== 'transparent';
}

/** @returns where a steered listener of the file listens, as far as it can be read. */
export function placesOf(listener: unknown): readonly Place[] {
  if (typeof at(listener, 'socket') === 'string') return [];
  const prefixes = items(listener, 'addresses')
    .map(prefixOf)
    .filter((prefix) => prefix !== null);
  const ports = items(listener, 'ports').filter((port) => typeof port === 'number');
  return bindAddresses(prefixes).flatMap((address) => ports.map((port) => ({ address, port })));
}

/** @returns the addresses to bind to for connections to all of these. */
function bindAddresses(prefixes: readonly Prefix[]): readonly string[] {
  const [ipv4, ipv6] = [4, 16].map((width) => bindAddress(prefixes.filter(({ address }) => address.length === width)));
  if (ipv6 === '::' && ipv4 === '0.0.0.0') return ['::'];
  return [ipv4, ipv6].filter((address) => address !== undefined && address !== null);
}

/** @param prefixes of one family. @returns null if there are none. */
function bindAddress(prefixes: readonly Prefix[]): string | null {
  const [first, second] = prefixes;
  if (first === undefined) return null;
  const width = first.address.length;
  if (second === undefined && first.bits === width * 8) return formatAddress(first.address);
  return width === 4 ? '0.0.0.0' : '::';
}

/** @returns where a listener listens that inherits no sockets: at several places if traffic is steered to it. */
export function listenPlaces({ address, port, steered }: ListenerConfig): readonly Place[] {
  if (steered === null) return [{ address, port }];
  return bindAddresses(steered.addresses).flatMap((each) => steered.ports.map((one) => ({ address: each, port: one })));
}
