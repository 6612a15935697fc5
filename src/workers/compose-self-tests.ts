/**
 * What of this instance can be tested, for the self-tests: a list that blocks and has a test address, the listener to which it
 * applies, the page it answers with, its hits so far. All of it as it is at the moment of the question, since a reload changes it.
 * It must not keep what it has found: a reload changes it.
 */
import { LocalResponses } from '../block/local-responses.ts';
import { BlockPages } from '../block/pages.ts';
import { policyOf } from '../config/policy-of.ts';
import type { ListConfig } from '../config/list-types.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import type { ListUpdater } from '../list/updater.ts';
import { LIST_ACTION } from '../observe/counters.ts';
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
  return {
    name: list.name,
    intervalMs: list.selfTest.intervalMs,
    isOff: context.listsOff.isOff(list.name),
    endpoint: endpointFor(context, index),
    denied: new LocalResponses({ pseudonym, languages, page }).denied,
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

/** @returns where the first listener listens that takes requests of a client, and on which the list applies to us; null: none is open. */
function endpointFor({ inForce, sockets, pool }: ControlContext & Parts, list: number): ProbeEndpoint | null {
  const { current } = inForce;
  for (const { key, listener } of listenSpecsOf(current, sockets)(0)) {
    if (listener.mode !== 'explicit') continue;
    const endpoint = pool.listeners.endpointOf(key);
    if (endpoint === null || !listsForUs(current.config, listener, endpoint.address).includes(list)) continue;
    const preface = listener.proxyProtocol === null ? NO_PREFACE : LOCAL_HEADER;
    return { address: endpoint.address, port: endpoint.port, preface };
  }
  return null;
}

/** As for every client: those of our policy where we have one. */
function listsForUs({ policies }: Config, listener: ListenerConfig, address: string): readonly number[] {
  const own = parseIpAddress(reachable(address));
  return ((own === null ? null : policyOf(policies, own)) ?? listener).lists;
}
