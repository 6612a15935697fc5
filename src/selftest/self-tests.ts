/**
 * The self-tests of the lists (requirement 46): on the schedule of each list its own test address is requested through a listener
 * of this instance, and must bring the list's block page; an address that no list holds must pass.
 *
 *   schedule, or somebody asks ─▶ probe ─▶ result ─▶ metric, status, a log line when it changes
 *
 * A failed test is told and changes nothing else: the publisher may have dropped the address. It must not take the instance
 * out of service, and it must not name an address.
 */
import { isDeepStrictEqual } from 'node:util';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import {
  SELF_TEST_RESULTS,
  type SelfTestRequests,
  type SelfTestResult,
  type SelfTestStatus,
} from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { Probe, ProbeAnswer, ProbeEndpoint } from './probe.ts';
import type { ExpectedAnswers, Outcome, TestAddress, Way } from './ways.ts';

export interface TestedList {
  readonly name: string;
  readonly intervalMs: number;
  /** An operator has switched it off. */
  readonly isOff: boolean;
  /** What the list says that it holds for tests, and can be asked for; none: it says so of nothing that can. Null: it says so of nothing at all. */
  readonly addresses: readonly TestAddress[] | null;
  /** The address that the configuration names; null: what the list marks itself. */
  readonly configured: string | null;
  /** Where a client to whom the list applies connects, and how he asks; null: no listener is open to which it applies. */
  readonly asked: { readonly endpoint: ProbeEndpoint; readonly way: Way } | null;
  readonly expected: () => ExpectedAnswers;
  /** How many requests the list has refused so far; two lists may have the same page. */
  readonly hits: () => number;
}

/** One that has something to be tested, or had when it was asked for. */
interface PresentList extends TestedList {
  readonly addresses: readonly TestAddress[];
}

interface Question extends NonNullable<TestedList['asked']> {
  readonly address: TestAddress;
  readonly expected: ExpectedAnswers;
}

export interface SelfTestParts {
  readonly log: Log;
  readonly probe: Probe;
  /** The lists in force that refuse; null while the instance does not serve. */
  readonly lists: () => readonly TestedList[] | null;
  /** How many connections were turned away so far because there were too many of all clients. */
  readonly turnedAway: () => number;
  /** Resolves when every data thread goes by what was switched on again, or configured, before. */
  readonly settled: () => Promise<void>;
  /** What the answers depend on, to be compared: while it is other than before, they may be of neither. */
  readonly circumstances: () => readonly unknown[];
  /** Filtering is switched off. */
  readonly bypass: () => boolean;
  /** Milliseconds of lib/steady-clock.ts. */
  readonly now: () => number;
  readonly time?: Time;
  readonly deadlines?: Pick<Deadlines['selftest'], 'lookMs' | 'againMs'>;
}

/** Of a list since the start, as the listeners that were asked have counted it. */
type Counted = Readonly<Record<Way['countedIn'], SelfTestRequests>>;

/** So often one list is tested while what its answers depend on is changed each time; then it waits for the next look. */
const MOST_ATTEMPTS = 3;

/** What a run has of the circumstances that it began under, and what it has found under them. */
interface Found {
  readonly circumstances: readonly unknown[];
  readonly lists: ReadonlyMap<string, PresentList>;
  /** By the endpoint: what no list holds is asked for once. */
  readonly harmless: Map<string, Outcome>;
}

export class SelfTests {
  readonly #parts: SelfTestParts;
  readonly #deadlines: NonNullable<SelfTestParts['deadlines']>;
  readonly #status = new Map<string, SelfTestStatus>();
  readonly #counted = new Map<string, Counted>();
  /** Of each list whose last result counts: the address that the configuration named for that test, if it named one. */
  readonly #configured = new Map<string, string | null>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;

  constructor(parts: SelfTestParts) {
    this.#parts = parts;
    this.#deadlines = parts.deadlines ?? DEADLINES.selftest;
  }

  start(): void {
    const { time = systemTime } = this.#parts;
    this.#timer = time.every(this.#deadlines.lookMs, () => this.#look()).unref();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** @returns one row for each list that has been tested, in the order of its first test. */
  status(): readonly SelfTestStatus[] {
    return [...this.#status.values()];
  }

  /** Tests every list that has a test address; resolves when all have a result. */
  async run(): Promise<void> {
    // What is under way may have begun before whatever the asker did.
    await this.#running;
    await this.#test(this.#present());
  }

  #look(): void {
    // However long a test takes, what a reload has made of the lists is told meanwhile.
    const present = this.#present();
    if (this.#running !== null) return;
    const due = present.filter((list) => this.#isDue(list));
    if (due.length > 0) void this.#test(due);
  }

  #present(): readonly PresentList[] {
    const lists = this.#parts.lists();
    if (lists === null) return [];
    const byName = new Map(lists.map((list) => [list.name, list]));
    for (const [name, last] of this.#status) {
      const isTested = this.#isTested(name, byName.get(name));
      this.#status.set(name, { ...last, isTested });
      if (!isTested) this.#configured.delete(name);
    }
    return lists.flatMap((list) => {
      const { addresses } = list;
      return addresses === null || addresses.length === 0 ? [] : [{ ...list, addresses }];
    });
  }

  /**
   * Of a list that marks nothing any more the last result stays: that it is old is an alert. Where an operator has taken the address out of
   * the configuration, or the list refuses nothing any more, no result says anything.
   */
  #isTested(name: string, list: TestedList | undefined): boolean {
    if (list === undefined) return false;
    return list.addresses === null ? this.#configured.get(name) === null : list.addresses.length > 0;
  }

  /** An address that the configuration did not name before is asked for at once. */
  #isDue({ name, intervalMs, configured }: TestedList): boolean {
    const last = this.#status.get(name);
    if (last === undefined || this.#configured.get(name) !== configured) return true;
    return (
      this.#parts.now() - last.at >= (last.result === 'ok' ? intervalMs : Math.min(intervalMs, this.#deadlines.againMs))
    );
  }

  async #test(lists: readonly PresentList[]): Promise<void> {
    const running = this.#testEach(lists.map(({ name }) => name));
    this.#running = running;
    try {
      await running;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  async #testEach(names: readonly string[]): Promise<void> {
    let found: Found | null = null;
    for (const name of names) {
      for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
        await this.#parts.settled();
        if (found === null || !this.#isAsIn(found)) found = this.#begun();
        const list = found.lists.get(name);
        if (list === undefined) break;
        const result = await this.#resultOf(list, found.harmless);
        if (!this.#isAsIn(found)) continue;
        this.#note(list, result);
        break;
      }
    }
  }

  #begun(): Found {
    const circumstances = this.#parts.circumstances();
    const lists = new Map(this.#present().map((list) => [list.name, list]));
    return { circumstances, lists, harmless: new Map() };
  }

  #isAsIn({ circumstances }: Found): boolean {
    return isDeepStrictEqual(this.#parts.circumstances(), circumstances);
  }

  async #resultOf(list: PresentList, harmless: Map<string, Outcome>): Promise<SelfTestResult> {
    const { name, isOff, asked, addresses } = list;
    if (this.#parts.bypass()) return 'bypass';
    if (isOff) return 'list_off';
    const shown = addresses.filter((address) => asked?.way.canAsk(address));
    if (asked === null || shown.length === 0) return 'no_listener';
    const expected = list.expected();
    if (expected.denied === null) return 'client_denied';
    const { way, endpoint } = asked;
    for (const address of shown) {
      const result = await this.#listedResult(list.hits, { ...asked, address, expected });
      if (result !== 'ok') return result;
      this.#count(name, way, 'block');
    }
    const place = `${endpoint.address} ${endpoint.port}`;
    const known = harmless.get(place);
    if (known !== undefined) return HARMLESS_RESULT[known];
    const answer = await this.#ask(endpoint, way.harmless);
    const outcome = way.harmlessOutcome(answer, expected);
    harmless.set(place, outcome);
    if (outcome === 'passed') this.#count(name, way, way.counted(answer));
    return HARMLESS_RESULT[outcome];
  }

  async #listedResult(
    hits: TestedList['hits'],
    { way, endpoint, address, expected }: Question,
  ): Promise<SelfTestResult> {
    const before = hits();
    const outcome = way.outcome(await this.#ask(endpoint, way.request(address)), address, expected);
    if (outcome === 'refused') return hits() > before ? 'ok' : 'other_list';
    return LISTED_RESULT[outcome];
  }

  /** A connection that is turned away for want of a place ends as one does that has passed to no origin. */
  async #ask(endpoint: ProbeEndpoint, request: Buffer): Promise<ProbeAnswer> {
    const before = this.#parts.turnedAway();
    const answer = await this.#parts.probe(endpoint, request);
    return answer.kind === 'none' && this.#parts.turnedAway() > before ? { kind: 'none', code: 'TURNED_AWAY' } : answer;
  }

  #count(name: string, { countedIn }: Way, verdict: keyof SelfTestRequests): void {
    const before = this.#counted.get(name) ?? NOTHING_COUNTED;
    this.#counted.set(name, {
      ...before,
      [countedIn]: { ...before[countedIn], [verdict]: before[countedIn][verdict] + 1 },
    });
  }

  #note({ name, addresses, configured }: PresentList, result: SelfTestResult): void {
    this.#configured.set(name, configured);
    const before = this.#status.get(name);
    const counts = before?.counts ?? SELF_TEST_RESULTS;
    const { requests, questions } = this.#counted.get(name) ?? NOTHING_COUNTED;
    const status = {
      list: name,
      isTested: true,
      result,
      at: this.#parts.now(),
      addresses: addresses.length,
      refused: requests.block + questions.block,
      requests,
      questions: { pass: questions.pass, block: questions.block },
    };
    this.#status.set(name, { ...status, counts: { ...counts, [result]: counts[result] + 1 } });
    if (before?.result === result) return;
    if (result === 'ok') this.#parts.log.event('info', 'selftest.passed', { list: name });
    else this.#parts.log.event('error', 'selftest.failed', { list: name, reason: result });
  }
}

const NO_REQUESTS: SelfTestRequests = { pass: 0, block: 0, refuse: 0, error: 0 };
const NOTHING_COUNTED: Counted = { requests: NO_REQUESTS, questions: NO_REQUESTS };
const LISTED_RESULT = { passed: 'not_blocked', denied: 'client_denied', silent: 'no_answer' } as const;
const HARMLESS_RESULT = {
  passed: 'ok',
  refused: 'harmless_refused',
  denied: 'client_denied',
  silent: 'no_answer',
} as const;
