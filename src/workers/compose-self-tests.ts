/**
 * What of this instance can be tested, for the self-tests: a list that blocks and its test address, the listener to which it
 * applies, the page it answers with, its hits so far. All of it as it is at the moment of the question, since a reload changes it.
 * It must not keep what it has found: a reload changes it.
 */
import { LocalResponses } from '../block/local-responses.ts';
import { BlockPages } from '../block/pages.ts';
import type { ListConfig } from '../config/list-types.ts';
import type { Config } from '../config/types.ts';
import { BLOCK_REASONS, blockAnswers } from '../dns-front/name-judge.ts';
import { DEADLINES } from '../lib/deadlines.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import type { Time } from '../lib/time.ts';
import type { ListUpdater } from '../list/updater.ts';
import { DROPPED, LIST_ACTION } from '../observe/counters.ts';
import { CounterTotals } from '../observe/counter-totals.ts';
import type { Log } from '../observe/log.ts';
import { probe } from '../selftest/probe.ts';
import { SelfTests, type TestedList } from '../selftest/self-tests.ts';
import { addressOf, type ExpectedAnswers } from '../selftest/ways.ts';
import { MAX_OWN_ANSWER, writeAnswer, type Reason } from '../wire/dns-answer.ts';
import { LENGTH_BYTES } from '../wire/dns-frames.ts';
import { Question, readQuestion } from '../wire/dns-question.ts';
import { askedFor, interfaceReader, type Asked, type Interfaces } from './asked-listener.ts';
import type { Bypass } from './bypass.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { Phase } from './control-lifecycle.ts';
import { COUNTER_LAYOUT } from './counter-slots.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { ListsOff } from './lists-off.ts';
import type { WorkerPool } from './worker-pool.ts';

interface ControlContext {
  readonly options: { readonly log: Log };
  readonly time: Time;
  readonly inForce: ConfigInForce;
  readonly phase: Readonly<Phase>;
  readonly shared: { readonly counters: SharedArrayBuffer };
  readonly identity: { readonly pseudonym: string };
  readonly sockets: InheritedSockets;
}

interface Parts {
  readonly lists: Pick<ListUpdater, 'testAddresses'>;
  readonly bypass: Pick<Bypass, 'endsAt' | 'endedAt'>;
  readonly listsOff: Pick<ListsOff, 'isOff' | 'endedAt'>;
  readonly pool: Pick<WorkerPool, 'listeners'>;
}

export function composeSelfTests(context: ControlContext, parts: Parts): SelfTests {
  const { options, inForce, phase, shared, time } = context;
  const { settledMs } = DEADLINES.selftest;
  const { bypass, listsOff } = parts;
  const totals = new CounterTotals(COUNTER_LAYOUT, shared.counters, inForce.current.config.workers);
  const interfaces = interfaceReader();
  return new SelfTests({
    log: options.log,
    probe: async (endpoint, request) => await probe(endpoint, request, time),
    now: () => steadyNow(time),
    time,
    settled: async () => {
      const left = Math.max(bypass.endedAt, listsOff.endedAt, inForce.replacedAt) + settledMs - steadyNow(time);
      if (left > 0) await time.pause(left);
    },
    circumstances: () => {
      const { config, slots } = inForce.current;
      const ofLists = config.lists.map(({ name }) => [listsOff.isOff(name), parts.lists.testAddresses(name)]);
      return [phase.now, config, slots, bypass.endsAt, ofLists];
    },
    bypass: () => bypass.endsAt !== null,
    lists: () => (phase.now === 'open' ? testedLists({ ...context, ...parts, interfaces }, totals) : null),
    turnedAway: () => totals.value('dropped', 0, DROPPED.connection_limit),
  });
}

function testedLists(
  context: ControlContext & Parts & { readonly interfaces: () => Interfaces },
  totals: CounterTotals,
): readonly TestedList[] {
  const { config } = context.inForce.current;
  const blocking = config.lists.filter(({ action }) => action === 'block');
  const expected = once(() => expectedAnswers(context, blocking));
  const interfaces = once(context.interfaces);
  // A list that only counts, or allows, refuses nothing.
  return blocking.map((list) => {
    const index = config.lists.indexOf(list);
    const asked = askedFor({ ...context, interfaces: interfaces() }, index);
    const slot = context.inForce.current.slots.lists[index] ?? 0;
    const addresses = isOfOutletsAlone(config, list, index) ? [] : addressesOf(list, asked, context);
    return {
      name: list.name,
      intervalMs: list.selfTest.intervalMs,
      isOff: context.listsOff.isOff(list.name),
      addresses,
      configured: list.selfTest.address,
      asked,
      // Made when it is tested: who is due is looked at each second.
      expected: () => ({ ...expected(), ...(asked?.isDenied === true && { denied: null }) }),
      hits: () => totals.value('listHit', slot, LIST_ACTION.block),
    };
  });
}

/** It stands in a zone, or steers: what resolvers and routers make of it no listener here can be asked for. */
function isOfOutletsAlone({ listeners, policies }: Config, { named }: ListConfig, index: number): boolean {
  return named && [...listeners, ...policies].every(({ lists }) => !lists.includes(index));
}

/** Once for all lists. */
function expectedAnswers(context: ControlContext, blocking: readonly ListConfig[]): ExpectedAnswers {
  const { config } = context.inForce.current;
  const { pseudonym } = context.identity;
  const pages = new BlockPages(blocking, { pseudonym, languages: config.languages });
  const request = { acceptLanguage: null, accept: null, head: false, close: true };
  const responses = (connect: boolean): Buffer[] =>
    blocking.map((_list, index) => pages.response(index, { ...request, connect }));
  return {
    pages: responses(false),
    connects: responses(true),
    names: (question) => BLOCK_REASONS.map((reason) => answerTo(question, config, reason)),
    denied: new LocalResponses({ pseudonym, ...config }).denied,
  };
}

/** When it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/**
 * Of what a list marks itself, what can be asked for; where that is nothing, as of pages where names alone are asked for, it has nothing to be tested.
 * @returns null if it has no test address at all.
 */
function addressesOf(
  { name, selfTest }: ListConfig,
  asked: Asked | null,
  { lists }: Parts,
): TestedList['addresses'] | null {
  if (selfTest.address !== null) return [addressOf(selfTest.address)];
  const marked = lists.testAddresses(name);
  if (marked.length === 0) return null;
  return asked === null ? marked : marked.filter(asked.way.canAsk);
}

/** What a client of a DNS listener gets whose question for A is refused, both as they go over TCP. */
function answerTo(framed: Buffer, { resolver }: Config, reason: Reason): Buffer {
  const question = new Question();
  readQuestion(framed, LENGTH_BYTES, framed.length, question);
  const { a } = blockAnswers(resolver.answers, reason);
  // As much as dns-front/dns-session.ts writes: addresses that do not fit are left out.
  const into = Buffer.alloc(MAX_OWN_ANSWER);
  const length = writeAnswer(framed, question, a, into, into.length);
  const prefix = Buffer.alloc(LENGTH_BYTES);
  prefix.writeUInt16BE(length);
  return Buffer.concat([prefix, into.subarray(0, length)]);
}
