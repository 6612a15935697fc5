/**
 * Through which listener of this instance a list is tested, and how its clients ask there: of a configuration, of what is open, and of the addresses that
 * this machine has. It must not connect to anything, and keeps nothing of a configuration: a reload changes all of it.
 */
import { isIPv6 } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { policyOf } from '../config/policy-of.ts';
import type { Config, ListenerConfig, ListenerMode } from '../config/types.ts';
import { unlessOfSystem } from '../lib/errors.ts';
import { formatAddress, parseIpAddress, prefixContains } from '../lib/prefix.ts';
import { ASKING_ITSELF, classifyAddress, type AddressClass } from '../lib/special-addresses.ts';
import { reachable, type ProbeEndpoint } from '../selftest/probe.ts';
import { AS_PROXY, AS_RESOLVER, asOrigin, type Way } from '../selftest/ways.ts';
import { LOCAL_HEADER } from '../wire/proxy-header.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { listenSpecsOf } from './listen-specs.ts';
import type { WorkerPool } from './worker-pool.ts';

const NO_PREFACE = Buffer.alloc(0);

/** Where a client of a listener connects. */
interface Place extends Pick<ProbeEndpoint, 'address' | 'from'> {
  /** His address. */
  readonly client: string;
}

export interface Asked {
  readonly endpoint: ProbeEndpoint;
  readonly way: Way;
  /** Whoever asks there is reset without a word. */
  readonly isDenied: boolean;
}

/** What this machine has. */
export type Interfaces = readonly NetworkInterfaceInfo[];

/** @returns what reads them; where that fails, for want of a descriptor, those of the time before. */
export function interfaceReader(): () => Interfaces {
  let known: Interfaces = [];
  return () => {
    try {
      known = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    } catch (error) {
      unlessOfSystem(error);
    }
    return known;
  };
}

interface Context {
  readonly interfaces: Interfaces;
  readonly inForce: ConfigInForce;
  readonly sockets: InheritedSockets;
  readonly pool: Pick<WorkerPool, 'listeners'>;
}

/** In this order: what a proxy answers says most, and of names few lists have any. */
const MODES = ['explicit', 'steered', 'transparent', 'dns'] as const;

/** @returns how the first listener is asked on which the list applies to us; null: none is open. */
export function askedFor({ inForce, sockets, pool, interfaces }: Context, list: number): Asked | null {
  const { config } = inForce.current;
  const specs = listenSpecsOf(inForce.current, sockets)(0);
  for (const mode of MODES) {
    for (const { key, listener } of specs.filter((spec) => spec.listener.mode === mode)) {
      const open = pool.listeners.endpointOf(key);
      const place = open === null ? null : PLACES[mode](open.address, listener, interfaces);
      if (open === null || place === null || !listsForUs(config, listener, place.client).includes(list)) continue;
      const preface = listener.proxyProtocol === null ? NO_PREFACE : LOCAL_HEADER;
      const { address, from } = place;
      return {
        endpoint: { address, port: open.port, preface, from, endsWithRequest: mode === 'dns' },
        way: wayOf(listener),
        isDenied: SILENT.has(mode) && !isAllowed(config, place.client),
      };
    }
  }
  return null;
}

/** They turn away without a word whom `clients.allow` does not have. */
const SILENT: ReadonlySet<ListenerMode> = new Set(['steered', 'dns']);

function wayOf({ mode, steered }: ListenerConfig): Way {
  switch (mode) {
    case 'explicit':
      return AS_PROXY;
    case 'dns':
      return AS_RESOLVER;
    case 'steered':
      // A name that there is not, where names are looked up.
      return asOrigin(steered?.others === 'refuse' ? 'refuse' : 'error');
    case 'transparent':
      // It goes to the listener itself, or nowhere.
      return asOrigin('refuse');
  }
}

/** By mode: where a client connects, of the address on which it listens. Null: this machine has no address to come from. */
const PLACES: Readonly<
  Record<ListenerMode, (address: string, listener: ListenerConfig, interfaces: Interfaces) => Place | null>
> = {
  explicit: plainPlace,
  dns: plainPlace,
  // It serves whoever was sent to one of its addresses, of which this machine may have a few.
  steered: (address, { steered }, interfaces) => {
    const prefixes = steered?.addresses ?? [];
    const own = interfaces
      .map((one) => parseIpAddress(one.address))
      .find((one) => one !== null && prefixes.some((prefix) => prefixContains(prefix, one)));
    const first = own ?? prefixes[0]?.address;
    const at = isWildcard(address) && first !== undefined ? formatAddress(first) : address;
    return placeFrom(at, isIPv6(at) ? '::1' : '127.0.0.1', interfaces);
  },
  // Where client and origin have one address it drops the connection as a loop.
  transparent: (address, _listener, interfaces) => {
    const own = address === '::' ? interfaces.map((one) => one.address).find(isFarIPv6) : undefined;
    const at = isWildcard(address) ? (own ?? '127.0.0.1') : address;
    return placeFrom(at, isIPv6(at) ? '::1' : ASKING_ITSELF, interfaces);
  },
};

/** A socket for IPv6 may take no IPv4. Link-local addresses need their interface named. */
function isFarIPv6(address: string): boolean {
  const bytes = isIPv6(address) ? parseIpAddress(address) : null;
  return bytes !== null && !NEAR.has(classifyAddress(bytes, []));
}

const NEAR: ReadonlySet<AddressClass> = new Set(['loopback', 'link-local']);

function plainPlace(address: string): Place {
  return { address, from: null, client: reachable(address) };
}

/** @returns null where this machine has no such address to come from. */
function placeFrom(address: string, from: string, interfaces: Interfaces): Place | null {
  return address === from || !canComeFrom(from, interfaces) ? null : { address, from, client: from };
}

/** An address of an interface; loopback has all of its network (`127.0.0.1/8`). */
function canComeFrom(text: string, interfaces: Interfaces): boolean {
  const address = parseIpAddress(text);
  return interfaces.some(({ cidr, internal, address: of }) => {
    if (of === text) return true;
    const network = internal && cidr !== null ? parseIpAddress(of) : null;
    const bits = Number(cidr?.split('/')[1]);
    return network !== null && address !== null && prefixContains({ address: network, bits }, address);
  });
}

function isWildcard(address: string): boolean {
  return reachable(address) !== address;
}

function isAllowed({ clients }: Config, client: string): boolean {
  const address = parseIpAddress(client);
  return address !== null && clients.allow.some((prefix) => prefixContains(prefix, address));
}

/** As for every client: those of our policy where we have one. */
function listsForUs({ policies }: Config, listener: ListenerConfig, client: string): readonly number[] {
  const own = parseIpAddress(client);
  return ((own === null ? null : policyOf(policies, own)) ?? listener).lists;
}
