/**
 * The one question (design D12): what do the lists say to this request? Whoever needs a verdict asks here, whatever the
 * protocol: so exemption, break-glass and the lists of a policy or listener are applied, and hits counted, in one place.
 *
 *   raw host ──facts──▶ host facts ──ask(channel, request, requester)──▶ verdict
 *                       null: not a host                       └─▶ hits, counted
 *
 * Two steps, because what a protocol refuses by itself (a loop, a port) is refused between them, and is no hit. Both belong to
 * one turn of the event loop: facts are those of the lists in force. It must not act on a verdict.
 */
import type { HostFacts } from '../match/host-facts.ts';
import type { Matcher } from '../match/matcher.ts';
import { LIST_ACTION } from '../observe/counters.ts';
import type { DataCounters } from '../observe/data-counters.ts';
import type { Judge, RequestContext } from '../policy/judge.ts';
import { PASS, type Hit, type Verdict } from '../policy/verdict.ts';
import type { ByteString } from '../url/bytes.ts';
import { DNS } from './channel.ts';
import type { AskedRequest, Channel } from './channel.ts';
import type { MatchedRequest } from './matched-text.ts';

/** Who asks, and where. */
export interface Requester {
  readonly client: { readonly exempt: boolean; readonly policy: Masked | null };
  readonly listener: Masked;
}

/** Bit i: list i applies. */
interface Masked {
  readonly listMask: number;
}

/** A client with a policy has the lists of that, and no others. */
export function listMaskOf({ client, listener }: Requester): number {
  return (client.policy ?? listener).listMask;
}

/** What list indexes mean. It changes with the snapshot. */
export interface VerdictRules {
  readonly judge: Judge;
  /** Slot of the counters by list. */
  readonly slots: readonly number[];
}

/** The verdict on a name that is asked of a resolver. */
export interface NameVerdict {
  readonly verdict: Verdict;
  /** Addresses of this name are those of the filter. Never where it is blocked or allowed. */
  readonly steer: boolean;
}

/** Nobody sees a port in a question for a name. */
const NAME_ASKED: AskedRequest = { port: 0, target: () => '' };
const NAME_PASSES: NameVerdict = { verdict: PASS, steer: false };

export type HitCounter = Pick<DataCounters, 'listHit'>;

/** Of whoever asks what would happen: no request, no hit. */
export const NOT_COUNTED: HitCounter = { listHit: () => {} };

/** Which entries match (docs/adr/0021-diagnosis.md). `request` is read during the call only. */
export interface EntryCounter {
  hit(hit: Hit, request: MatchedRequest): void;
}

export interface VerdictParts {
  readonly matcher: Matcher;
  readonly rules: VerdictRules;
  readonly counter: HitCounter;
  /** Takes over a newer generation of the lists if there is one. Called before each look-up. */
  readonly refresh: () => void;
}

export class VerdictService {
  readonly matcher: Matcher;
  /** What list indexes mean now. */
  rules: VerdictRules;
  /** UTC days since 1970-01-01: what expiry dates are compared with. */
  today = 0;
  /** Break-glass: nothing is judged. */
  bypass = false;
  /** Null: entries are not counted. */
  entries: EntryCounter | null = null;
  /** Bit i: list i does not apply for the time being, to nobody. */
  off = 0;
  readonly #counter: HitCounter;
  readonly #refresh: () => void;

  constructor({ matcher, rules, counter, refresh }: VerdictParts) {
    this.matcher = matcher;
    this.rules = rules;
    this.#counter = counter;
    this.#refresh = refresh;
  }

  /** @returns null if this is not a host that can be connected to. */
  facts(rawHost: ByteString): HostFacts | null {
    this.#refresh();
    return this.matcher.lookup(rawHost);
  }

  /** @param facts of the request's host, looked up just now. */
  ask(channel: Channel, facts: HostFacts, request: AskedRequest, requester: Requester): Verdict {
    // Most requests end here: nothing is allocated for them.
    if (!facts.listed || this.bypass || requester.client.exempt) return PASS;
    const { judge } = this.rules;
    const when = this.when(request.port, requester);
    const verdict = channel.verdict(judge, facts, request, when);
    if (verdict.hits.length > 0) this.#count(verdict, facts, request);
    return verdict;
  }

  /** Whether some path of the host may be refused: a request that nobody reads may ask for it. @param facts looked up just now. */
  hasPathEntries(facts: HostFacts, port: number, requester: Requester): boolean {
    if (!facts.listed || this.bypass || requester.client.exempt) return false;
    const { judge } = this.rules;
    const when = this.when(port, requester);
    return judge.hasPathEntries(facts, when) && judge.host(facts, when).action !== 'allow';
  }

  /** @param facts of the name, looked up just now. */
  name(facts: HostFacts, requester: Requester): NameVerdict {
    if (!facts.listed || this.bypass || requester.client.exempt) return NAME_PASSES;
    const verdict = this.ask(DNS, facts, NAME_ASKED, requester);
    const isDecided = verdict.action === 'block' || verdict.action === 'allow';
    return { verdict, steer: !isDecided && this.#steers(facts, requester) };
  }

  /** What a request brings along besides its host. */
  when(port: number, requester: Requester): RequestContext {
    return { port, listMask: listMaskOf(requester) & ~this.off, today: this.today };
  }

  #steers(facts: HostFacts, requester: Requester): boolean {
    return this.rules.judge.steers(facts, this.when(0, requester));
  }

  #count({ hits }: Verdict, facts: HostFacts, request: AskedRequest): void {
    const { slots } = this.rules;
    for (const hit of hits) {
      const slot = slots[hit.list];
      if (slot !== undefined) this.#counter.listHit(slot, LIST_ACTION[hit.action]);
    }
    if (this.entries === null) return;
    const matched = { facts, target: () => request.target() };
    for (const hit of hits) this.entries.hit(hit, matched);
  }
}
