/**
 * The self-tests of the lists (requirement 46): on the schedule of each list its own test address is requested through a listener
 * of this instance, and must bring the list's block page; an address that no list holds must pass.
 *
 *   schedule, or somebody asks ─▶ probe ─▶ result ─▶ metric, status, a log line when it changes
 *
 * A failed test is told and changes nothing else: the publisher may have dropped the address. It must not take the instance
 * out of service, and it must not name an address.
 */
import { isIP } from 'node:net';
import { SELF_TEST_RESULTS, type SelfTestResult, type SelfTestStatus } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import { harmlessRequest, listedRequest, type Probe, type ProbeAnswer, type ProbeEndpoint } from './probe.ts';

/** What a listed address brings. */
interface ExpectedPage {
  /** Byte for byte, to a client that states no preference and closes. */
  readonly page: Buffer;
  /** How many requests the list has refused so far; two lists may have the same page. */
  readonly hits: () => number;
}

export interface TestedList {
  readonly name: string;
  readonly intervalMs: number;
  /** An operator has switched it off. */
  readonly isOff: boolean;
  /** http: or https: URLs that the list says it holds for tests; not empty. */
  readonly addresses: readonly string[];
  /** Where a client to whom the list applies connects; null: no listener is open to which it applies. */
  readonly endpoint: ProbeEndpoint | null;
  readonly expected: (isConnect: boolean) => ExpectedPage;
  /** Byte for byte what a client gets that may not use the listener; null: it may not, and gets nothing. */
  readonly denied: Buffer | null;
}

export interface SelfTestParts {
  readonly log: Log;
  readonly probe: Probe;
  /** The lists in force that have a test address; empty while the instance does not serve. */
  readonly lists: () => readonly TestedList[];
  /** Filtering is switched off. */
  readonly bypass: () => boolean;
  /** Milliseconds of lib/steady-clock.ts. */
  readonly now: () => number;
}

/** Milliseconds between two looks at what is due. */
const LOOK_MS = 1000;
/** A failure is looked at again this soon: a list may have been exchanged in the middle of a test. */
const RETRY_MS = 60_000;

export class SelfTests {
  readonly #parts: SelfTestParts;
  readonly #status = new Map<string, SelfTestStatus>();
  readonly #refused = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;

  constructor(parts: SelfTestParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
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
    await this.#test(this.#parts.lists());
  }

  #look(): void {
    if (this.#running !== null) return;
    const due = this.#parts.lists().filter((list) => this.#isDue(list));
    if (due.length > 0) void this.#test(due);
  }

  #isDue({ name, intervalMs }: TestedList): boolean {
    const last = this.#status.get(name);
    if (last === undefined) return true;
    return this.#parts.now() - last.at >= (last.result === 'ok' ? intervalMs : Math.min(intervalMs, RETRY_MS));
  }

  async #test(lists: readonly TestedList[]): Promise<void> {
    const running = (async () => {
      for (const list of lists) this.#note(list, await this.#resultOf(list));
    })();
    this.#running = running;
    try {
      await running;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  async #resultOf({ name, isOff, endpoint, addresses, expected, denied }: TestedList): Promise<SelfTestResult> {
    if (this.#parts.bypass()) return 'bypass';
    if (isOff) return 'list_off';
    const asked = endpoint === null ? [] : addresses.filter((address) => canBeAsked(address, endpoint));
    if (endpoint === null || asked.length === 0) return 'no_listener';
    if (denied === null) return 'client_denied';
    for (const address of asked) {
      const result = await this.#listedResult(endpoint, address, { expected, denied });
      if (result !== 'ok') return result;
      this.#refused.set(name, (this.#refused.get(name) ?? 0) + 1);
    }
    return harmlessResult(await this.#parts.probe(endpoint, harmlessRequest(endpoint.takenFor)), endpoint);
  }

  async #listedResult(
    endpoint: ProbeEndpoint,
    address: string,
    { expected, denied }: { readonly expected: TestedList['expected']; readonly denied: Buffer },
  ): Promise<SelfTestResult> {
    const { bytes, kind } = await listedRequest(address, endpoint);
    const { page, hits } = expected(kind === 'connect');
    const before = hits();
    const answer = await this.#parts.probe(endpoint, bytes);
    if (answer.kind === 'none') return isEnd(answer, endpoint) ? 'not_blocked' : 'no_answer';
    if (answer.bytes.equals(denied)) return 'client_denied';
    const isRefused = kind === 'tls' ? answer.bytes[0] === TLS_ALERT : answer.bytes.equals(page);
    if (!isRefused) return 'not_blocked';
    return hits() > before ? 'ok' : 'other_list';
  }

  #note({ name, addresses }: TestedList, result: SelfTestResult): void {
    const before = this.#status.get(name);
    const counts = before?.counts ?? SELF_TEST_RESULTS;
    const status = {
      list: name,
      result,
      at: this.#parts.now(),
      addresses: addresses.length,
      refused: this.#refused.get(name) ?? 0,
    };
    this.#status.set(name, { ...status, counts: { ...counts, [result]: counts[result] + 1 } });
    if (before?.result === result) return;
    if (result === 'ok') this.#parts.log.event('info', 'selftest.passed', { list: name });
    else this.#parts.log.event('error', 'selftest.failed', { list: name, reason: result });
  }
}

const PASSED = Buffer.from('HTTP/1.1 200');
const REFUSED: ReadonlySet<string> = new Set(['HTTP/1.1 403', 'HTTP/1.1 451']);
/** The type of its record (RFC 8446 §5.1). */
const TLS_ALERT = 21;
/** What a connection to an origin that is none ends with. */
const ENDS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'CLOSED']);

/** An entry with a port is about origins at that port, and a listener that is taken for an origin has its own; a ClientHello names no address. */
function canBeAsked(address: string, { takenFor }: ProbeEndpoint): boolean {
  const { port, protocol, hostname } = new URL(address);
  return (
    takenFor === 'proxy' || (port === '' && (protocol === 'http:' || isIP(hostname.replace(/^\[|\]$/g, '')) === 0))
  );
}

/** Whether that is how what passes ends there: behind a listener that is taken for an origin there is none. */
function isEnd(answer: ProbeAnswer, { takenFor }: ProbeEndpoint): boolean {
  return takenFor === 'origin' && answer.kind === 'none' && ENDS.has(answer.code);
}

function harmlessResult(answer: ProbeAnswer, endpoint: ProbeEndpoint): SelfTestResult {
  if (answer.kind === 'none') return isEnd(answer, endpoint) ? 'ok' : 'no_answer';
  const start = answer.bytes.subarray(0, PASSED.length);
  const isRefused = endpoint.takenFor === 'proxy' ? !start.equals(PASSED) : REFUSED.has(start.toString('latin1'));
  return isRefused ? 'harmless_refused' : 'ok';
}
