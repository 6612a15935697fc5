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
import type { Config, ListenerConfig } from '../config/types.ts';
import { formatAddress, parseIpAddress, prefixContains } from '../lib/prefix.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import type { ListUpdater } from '../list/updater.ts';
import { LIST_ACTION } from '../observe/counters.ts';
import { ASKING_ITSELF } from '../lib/special-addresses.ts';
import { CounterTotals } from '../observe/counter-totals.ts';
import type { Log } from '../observe/log.ts';
import { probe, reachable, type ProbeEndpoint } from '../selftest/probe.ts';
import { SelfTests, type TestedList } from '../selftest/self-tests.ts';
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

interface Endpoint extends ProbeEndpoint {
  /** Who asks there. */
  readonly client: string;
  /** He is reset without a word. */
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
    const addresses = list.selfTest.address === null ? context.lists.testAddresses(list.name) : [list.selfTest.address];
    // A list that only counts, or allows, refuses nothing.
    if (list.action !== 'block' || addresses.length === 0) return [];
    return [{ ...testedList(context, totals, list, index), addresses }];
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
  const endpoint = endpointFor(context, index);
  return {
    name: list.name,
    intervalMs: list.selfTest.intervalMs,
    isOff: context.listsOff.isOff(list.name),
    endpoint,
    denied: endpoint?.isDenied === true ? null : new LocalResponses({ pseudonym, languages, page }).denied,
    expected: (connect) => ({
      page: new BlockPages([list], { pseudonym, languages }).response(0, {
        acceptLanguage: null,
        accept: null,
        head: false,
        close: true,
        connect,
      }),
      hits: () => totals.value('listHit', slot, LIST_ACTION.block),
    }),
  };
}

/** In this order: what a proxy answers says most. Where names are asked for nothing is requested. */
const MODES = ['explicit', 'steered', 'transparent'] as const;

/** @returns where the first listener listens that takes requests of a client, and on which the list applies to us; null: none is open. */
function endpointFor({ inForce, sockets, pool }: ControlContext & Parts, list: number): Endpoint | null {
  const { current } = inForce;
  const specs = listenSpecsOf(current, sockets)(0);
  for (const mode of MODES) {
    for (const { key, listener } of specs.filter((spec) => spec.listener.mode === mode)) {
      const open = pool.listeners.endpointOf(key);
      const place = open === null ? null : placeFor(listener, open);
      if (place === null || !listsForUs(current.config, listener, place.client).includes(list)) continue;
      const preface = listener.proxyProtocol === null ? NO_PREFACE : LOCAL_HEADER;
      // The same terms as the listener's (accept/listener-modes.ts).
      const isDenied = mode === 'steered' && !isAllowed(current.config, place.client);
      return { ...place, preface, isDenied, refusesTlsBy: current.config.tls.refusal };
    }
  }
  return null;
}

/** Where a client of the listener connects, and from where. Null: it has no address to which this machine can. */
function placeFor(
  { mode, steered }: ListenerConfig,
  { address, port }: { readonly address: string; readonly port: number },
): Pick<Endpoint, 'address' | 'port' | 'from' | 'takenFor' | 'client'> | null {
  if (mode === 'explicit') return { address, port, from: null, takenFor: 'proxy', client: reachable(address) };
  if (mode === 'steered') {
    // It serves whoever was sent to one of these.
    const [first] = steered?.addresses ?? [];
    const at = isWildcard(address) && first !== undefined ? formatAddress(first.address) : address;
    const from = isIPv6(at) ? '::1' : '127.0.0.1';
    return { address: at, port, from, takenFor: 'origin', client: from };
  }
  // Where client and origin have one address it drops the connection as a loop.
  const at = isWildcard(address) ? '127.0.0.1' : address;
  const from = isIPv6(at) ? '::1' : ASKING_ITSELF;
  return at === from ? null : { address: at, port, from, takenFor: 'origin', client: from };
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
