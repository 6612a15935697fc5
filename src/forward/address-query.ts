/**
 * One question to DNS: the IPv4 and IPv6 addresses of a name, asked in parallel.
 *
 *   A    ──────▶ addresses ──50 ms──▶ go on with these      AAAA later: `onAnswer` once more, with both
 *   AAAA ────────────────────────────────────────────▶
 *
 * It must not cache (resolver.ts does) and must not judge addresses (destination-guard.ts does).
 */
import type { CanonicalHost } from '../url/host.ts';
import { RECORD_TYPE, type AddressRecord } from '../wire/dns-message.ts';
import { askServers, type Outcome, type ServerFailure } from '../stub-resolver/ask-servers.ts';
import type { NameServer } from '../stub-resolver/name-server.ts';

/**
 * 'not_found': the name or its addresses do not exist. Otherwise that is not known: 'timeout' the servers said nothing,
 * 'failed' they failed, 'refused' they do not serve us, 'unreachable' nothing listens there.
 */
export type ResolveFailure = 'not_found' | 'timeout' | ServerFailure;

export type Answer =
  | { readonly failure: null; readonly addresses: readonly string[]; /** Seconds. */ readonly ttl: number }
  | { readonly failure: ResolveFailure };

export interface AddressQueryOptions {
  /** At least one. */
  readonly servers: readonly NameServer[];
  readonly host: CanonicalHost;
  /** Milliseconds until the first answer at the latest. */
  readonly timeoutMs: number;
  /**
   * Called once within `timeoutMs`, and at most once more with addresses that came after that. Never from inside
   * `queryAddresses`.
   */
  readonly onAnswer: (answer: Answer) => void;
  /** Called once, when nothing is outstanding any more: at most twice the timeout after the start. */
  readonly onEnd: () => void;
}

/** RFC 8305 §3, "Resolution Delay": how long a family that has answered waits for the other. */
const RESOLUTION_DELAY_MS = 50;
/** Of two the one that says more. */
const FAILURES: readonly ServerFailure[] = ['failed', 'refused', 'unreachable'];
/** Of each family; a name with more does not become more reachable by trying them all. */
const MAX_ADDRESSES = 16;

/** What one family has said; null: nothing yet. */
type FamilyState = Outcome | null;

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
    const { timeoutMs, ...question } = this.#options;
    this.#timer = setTimeout(() => this.#answer(), timeoutMs);
    askServers({ ...question, timeoutMs, type: RECORD_TYPE.aaaa }, (outcome) => {
      this.#v6 = outcome;
      this.#progress();
    });
    askServers({ ...question, timeoutMs, type: RECORD_TYPE.a }, (outcome) => {
      this.#v4 = outcome;
      this.#progress();
    });
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
    const v4 = recordsOf(this.#v4);
    const v6 = recordsOf(this.#v6);
    if (v4.length + v6.length === 0) return { failure: failureOf([this.#v4, this.#v6]) };
    const ttl = Math.min(...v4.map((record) => record.ttl), ...v6.map((record) => record.ttl));
    return { failure: null, addresses: interleaved(v6, v4), ttl };
  }
}

function recordsOf(state: FamilyState): readonly AddressRecord[] {
  return typeof state === 'string' || state === null ? [] : state.slice(0, MAX_ADDRESSES);
}

/** RFC 8305 §4: families alternate, IPv6 first. */
function interleaved(first: readonly AddressRecord[], second: readonly AddressRecord[]): readonly string[] {
  const addresses: string[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    for (const record of [first[i], second[i]]) if (record !== undefined) addresses.push(record.address);
  }
  return addresses;
}

/** NXDOMAIN speaks for every type of the name (RFC 8020); otherwise the worse of the two families counts. */
function failureOf(states: readonly FamilyState[]): ResolveFailure {
  if (states.includes('no_name') || states.every((state) => Array.isArray(state))) return 'not_found';
  if (states.includes(null) || states.includes('timeout')) return 'timeout';
  return FAILURES.find((failure) => states.includes(failure)) ?? 'failed';
}
