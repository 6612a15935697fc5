/**
 * What of this instance can be tested, for the self-tests: a list that blocks and has a test address, the listener to which it
 * applies, the page it answers with, its hits so far. All of it as it is at the moment of the question, since a reload changes it.
 * It must not keep what it has found: a reload changes it.
 */
import { isIPv6 } from 'node:net';
import { LocalResponses } from '../block/local-responses.ts';
import { BlockPages } from '../block/pages.ts';
import { policyOf } from '../config/policy-of.ts';
import type { ListConfig } from '../config/list-types.ts';
import type { Config, ListenerConfig, ListenerMode } from '../config/types.ts';
import { formatAddress, parseIpAddress, prefixContains } from '../lib/prefix.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import type { ListUpdater } from '../list/updater.ts';
import { LIST_ACTION } from '../observe/counters.ts';
import { ASKING_ITSELF } from '../lib/special-addresses.ts';
import { CounterTotals } from '../observe/counter-totals.ts';
import type { Log } from '../observe/log.ts';
import { probe, reachable, type ProbeEndpoint } from '../selftest/probe.ts';
import { SelfTests, type TestedList } from '../selftest/self-tests.ts';
import { AS_PROXY, AS_RESOLVER, asOrigin, isWholeHost, type Way } from '../selftest/ways.ts';
import { LOCAL_HEADER } from '../wire/proxy-header.ts';
import type { Bypass } from './bypass.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { Phase } from './control-lifecycle.ts';
import { COUNTER_LAYOUT } from './counter-slots.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import { listenSpecsOf } from './listen-specs.ts';
import type { ListsOff } from './lists-off.ts';
import type { WorkerPool } from './worker-pool.ts';

const NO_PREFACE = Buffer.alloc(0);

/** Where a client of a listener connects. */
interface Place extends Pick<ProbeEndpoint, 'address' | 'from'> {
  /** His address. */
  readonly client: string;
}

interface Asked {
  readonly endpoint: ProbeEndpoint;
  readonly way: Way;
  /** Whoever asks there is reset without a word. */
  readonly isDenied: boolean;
}

interface ControlContext {
  readonly options: { readonly log: Log };
  readonly inForce: ConfigInForce;
  readonly phase: Readonly<Phase>;
  readonly shared: { readonly counters: SharedArrayBuffer };
  readonly identity: { readonly pseudonym: string };
  readonly sockets: InheritedSockets;
}

interface Parts {
  readonly lists: Pick<ListUpdater, 'testAddresses'>;
  readonly bypass: Pick<Bypass, 'endsAt'>;
  readonly listsOff: Pick<ListsOff, 'isOff'>;
  readonly pool: Pick<WorkerPool, 'listeners'>;
}

export function composeSelfTests(context: ControlContext, parts: Parts): SelfTests {
  const { options, inForce, phase, shared } = context;
  const { bypass } = parts;
  const totals = new CounterTotals(COUNTER_LAYOUT, shared.counters, inForce.current.config.workers);
  return new SelfTests({
    log: options.log,
    probe,
    now: steadyNow,
    bypass: () => bypass.endsAt !== null,
    lists: () => (phase.now === 'open' ? testedLists({ ...context, ...parts }, totals) : []),
  });
}

function testedLists(context: ControlContext & Parts, totals: CounterTotals): readonly TestedList[] {
  return context.inForce.current.config.lists.flatMap((list, index) => {
    // A list that only counts, or allows, refuses nothing.
    if (list.action !== 'block') return [];
    const tested = testedList(context, totals, list, index);
    const { address } = list.selfTest;
    if (address !== null) return [{ ...tested, addresses: [{ url: address, permitsDns: isWholeHost(address) }] }];
    const marked = context.lists.testAddresses(list.name);
    // Pages are no resolver's business: where names alone are asked for, a list that marks only such has nothing to be tested.
    const addresses = tested.asked?.way === AS_RESOLVER ? marked.filter(AS_RESOLVER.canAsk) : marked;
    return addresses.length === 0 ? [] : [{ ...tested, addresses }];
  });
}

/** @param index of the list in the configuration in force. */
function testedList(
  context: ControlContext & Parts,
  totals: CounterTotals,
  list: ListConfig,
  index: number,
): Omit<TestedList, 'addresses'> {
  const { inForce, identity } = context;
  const { languages, page } = inForce.current.config;
  const { pseudonym } = identity;
  const slot = inForce.current.slots.lists[index] ?? 0;
  const asked = askedFor(context, index);
  const pages = new BlockPages([list], { pseudonym, languages });
  const request = { acceptLanguage: null, accept: null, head: false, close: true };
  return {
    name: list.name,
    intervalMs: list.selfTest.intervalMs,
    isOff: context.listsOff.isOff(list.name),
    asked,
    expected: {
      page: pages.response(0, { ...request, connect: false }),
      connect: pages.response(0, { ...request, connect: true }),
      denied: asked?.isDenied === true ? null : new LocalResponses({ pseudonym, languages, page }).denied,
    },
    hits: () => totals.value('listHit', slot, LIST_ACTION.block),
  };
}

/** In this order: what a proxy answers says most, and of names few lists have any. */
const MODES = ['explicit', 'steered', 'transparent', 'dns'] as const;

/** @returns how the first listener is asked on which the list applies to us; null: none is open. */
function askedFor({ inForce, sockets, pool }: ControlContext & Parts, list: number): Asked | null {
  const { config } = inForce.current;
  const specs = listenSpecsOf(inForce.current, sockets)(0);
  for (const mode of MODES) {
    for (const { key, listener } of specs.filter((spec) => spec.listener.mode === mode)) {
      const open = pool.listeners.endpointOf(key);
      const place = open === null ? null : PLACES[mode](open.address, listener);
      if (open === null || place === null || !listsForUs(config, listener, place.client).includes(list)) continue;
      const preface = listener.proxyProtocol === null ? NO_PREFACE : LOCAL_HEADER;
      const { address, from } = place;
      return {
        endpoint: { address, port: open.port, preface, from, endsWithRequest: mode === 'dns' },
        way: wayOf(listener, config),
        isDenied: SILENT.has(mode) && !isAllowed(config, place.client),
      };
    }
  }
  return null;
}

/** They turn away without a word whom `clients.allow` does not have. */
const SILENT: ReadonlySet<ListenerMode> = new Set(['steered', 'dns']);

function wayOf({ mode, steered }: ListenerConfig, { tls }: Config): Way {
  if (mode === 'explicit') return AS_PROXY;
  if (mode === 'dns') return AS_RESOLVER;
  // A name that there is not, where names are looked up; otherwise where it goes is the listener itself, or nowhere.
  return asOrigin(tls.refusal, mode === 'steered' && steered?.others !== 'refuse' ? 'error' : 'refuse');
}

/** By mode: where a client connects, of the address on which it listens. Null: this machine has no address to come from. */
const PLACES: Readonly<Record<ListenerMode, (address: string, listener: ListenerConfig) => Place | null>> = {
  explicit: plainPlace,
  dns: plainPlace,
  // It serves whoever was sent to one of its addresses.
  steered: (address, { steered }) => {
    const [first] = steered?.addresses ?? [];
    const at = isWildcard(address) && first !== undefined ? formatAddress(first.address) : address;
    return placeFrom(at, isIPv6(at) ? '::1' : '127.0.0.1');
  },
  // Where client and origin have one address it drops the connection as a loop.
  transparent: (address) => {
    const at = isWildcard(address) ? '127.0.0.1' : address;
    const from = isIPv6(at) ? '::1' : ASKING_ITSELF;
    return at === from ? null : placeFrom(at, from);
  },
};

function plainPlace(address: string): Place {
  return { address, from: null, client: reachable(address) };
}

function placeFrom(address: string, from: string): Place {
  return { address, from, client: from };
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
