/**
 * One question to DNS: the IPv4 and IPv6 addresses of a name, asked in parallel.
 *
 *   A    ──────▶ addresses ──50 ms──▶ go on with these      AAAA later: `onAnswer` once more, with both
 *   AAAA ────────────────────────────────────────────▶
 *
 * It must not cache (resolver.ts does) and must not judge addresses (destination-guard.ts does).
 */
import type { Resolver as DnsClient } from 'node:dns';
import { errnoOf } from '../lib/errors.ts';
import type { CanonicalHost } from '../url/host.ts';

/** 'not_found': the name or its addresses do not exist; 'failed': the resolvers answered with an error. */
export type ResolveFailure = 'not_found' | 'timeout' | 'failed';

export type Answer =
  | { readonly failure: null; readonly addresses: readonly string[]; /** Seconds. */ readonly ttl: number }
  | { readonly failure: ResolveFailure };

export interface AddressQueryOptions {
  readonly client: DnsClient;
  readonly host: CanonicalHost;
  /** Milliseconds until the first answer at the latest. */
  readonly timeoutMs: number;
  /**
   * Called once within `timeoutMs`, and at most once more with addresses that came after that. Never from inside
   * `queryAddresses`.
   */
  readonly onAnswer: (answer: Answer) => void;
  /** Called once, when nothing is outstanding any more; this may be long after the timeout. */
  readonly onEnd: () => void;
}

/** RFC 8305 §3, "Resolution Delay": how long a family that has answered waits for the other. */
const RESOLUTION_DELAY_MS = 50;
/** Of each family; a name with more does not become more reachable by trying them all. */
const MAX_ADDRESSES = 16;

interface TtlRecord {
  readonly address: string;
  readonly ttl: number;
}

/** What one family has said: its records, an error code of c-ares, or nothing yet. */
type FamilyState = readonly TtlRecord[] | string | null;

export function queryAddresses(options: AddressQueryOptions): void {
  new AddressQuery(options).start();
}

class AddressQuery {
  readonly #options: AddressQueryOptions;
  #v4: FamilyState = null;
  #v6: FamilyState = null;
  #answered = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: AddressQueryOptions) {
    this.#options = options;
  }

  start(): void {
    const { client, host, timeoutMs } = this.#options;
    this.#timer = setTimeout(() => this.#answer(), timeoutMs);
    this.#ask((done) => client.resolve6(host, { ttl: true }, done), (state) => (this.#v6 = state));
    this.#ask((done) => client.resolve4(host, { ttl: true }, done), (state) => (this.#v4 = state));
  }

  #ask(send: (done: (error: NodeJS.ErrnoException | null, records: TtlRecord[]) => void) => void, keep: (state: FamilyState) => void): void {
    const settle = (state: FamilyState): void => {
      keep(state);
      this.#progress();
    };
    try {
      send((error, records) => settle(error === null ? records.slice(0, MAX_ADDRESSES) : errnoOf(error)));
    } catch (error) {
      // A name that c-ares will not even encode; the other family must be asked all the same, or nobody calls back.
      process.nextTick(settle, errnoOf(error));
    }
  }

  #progress(): void {
    const complete = this.#v4 !== null && this.#v6 !== null;
    const answer = this.#combined();
    if (this.#answered) {
      if (answer.failure === null) this.#options.onAnswer(answer);
    } else if (complete) {
      this.#answer();
    } else if (answer.failure === null) {
      this.#rearm(RESOLUTION_DELAY_MS);
    }
    if (complete) this.#options.onEnd();
  }

  #answer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#answered = true;
    this.#options.onAnswer(this.#combined());
  }

  #rearm(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#answer(), delayMs);
  }

  #combined(): Answer {
    const v4 = typeof this.#v4 === 'string' || this.#v4 === null ? [] : this.#v4;
    const v6 = typeof this.#v6 === 'string' || this.#v6 === null ? [] : this.#v6;
    if (v4.length + v6.length === 0) return { failure: failureOf([this.#v4, this.#v6]) };
    const ttl = Math.min(...v4.map((record) => record.ttl), ...v6.map((record) => record.ttl));
    return { failure: null, addresses: interleaved(v6, v4), ttl };
  }
}

/** RFC 8305 §4: families alternate, IPv6 first. */
function interleaved(first: readonly TtlRecord[], second: readonly TtlRecord[]): readonly string[] {
  const addresses: string[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    for (const record of [first[i], second[i]]) if (record !== undefined) addresses.push(record.address);
  }
  return addresses;
}

const NO_SUCH_NAME = new Set(['ENOTFOUND', 'EBADNAME']);
const NO_SUCH_DATA = new Set(['ENODATA']);
const NO_REPLY = new Set(['ETIMEOUT', 'ECANCELLED']);

/** NXDOMAIN speaks for every type of the name (RFC 8020); otherwise the worse of the two families counts. */
function failureOf(states: readonly FamilyState[]): ResolveFailure {
  const said = (codes: ReadonlySet<string>) => (state: FamilyState) => typeof state === 'string' && codes.has(state);
  const empty = (state: FamilyState): boolean => Array.isArray(state) || said(NO_SUCH_DATA)(state);
  if (states.some(said(NO_SUCH_NAME)) || states.every(empty)) return 'not_found';
  if (states.some((state) => state === null || said(NO_REPLY)(state))) return 'timeout';
  return 'failed';
}
