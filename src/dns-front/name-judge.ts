/**
 * The front's answer to a question: the lists' verdict on its name, and what follows from it for its type.
 *
 *   verdict │ A, AAAA              │ HTTPS, SVCB        │ all other types
 *   block   │ as configured        │ without an address │ without an address
 *   steer   │ the filter's address │ no data            │ pass
 *   pass    │ pass                 │ pass               │ pass
 *
 * The guard's own name has no data, whatever the lists say.
 * A question that asks for signatures goes to the resolver first where its name is steered. It must not send anything.
 */
import type { Client } from '../accept/client-registry.ts';
import type { Config } from '../config/types.ts';
import { PROBE_NAME } from '../lib/probe-name.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import { DNS_VERDICT } from '../observe/counters.ts';
import type { VerdictService } from '../verdict/verdict-service.ts';
import { RCODE, REASON, type OwnAnswer, type Reason } from '../wire/dns-answer.ts';
import type { Question } from '../wire/dns-question.ts';
import { SteerAddresses } from './steer-addresses.ts';

const TYPE = { a: 1, aaaa: 28, svcb: 64, https: 65 } as const;
const OF_PORT = /^_[0-9]+\._https\.(?=.)/;

interface Asker {
  client: Pick<Client, 'exempt' | 'policy'>;
  readonly listener: { readonly listMask: number };
}

type DnsVerdictCode = (typeof DNS_VERDICT)[keyof typeof DNS_VERDICT];
type Lists = Config['lists'];
type Answers = Config['resolver']['answers'];

export class NameJudge {
  readonly #verdicts: VerdictService;
  #lists: Lists = [];
  #block: ReadonlyMap<Reason, BlockAnswers> = new Map();
  #steer = new SteerAddresses(null);
  #ttl = 0;
  /** Of the last question: whether the resolver is asked first, whose answer passes if it is signed. */
  isUnlessSigned = false;
  /** Of the last question: what is counted. */
  verdict: DnsVerdictCode = DNS_VERDICT.pass;

  constructor(verdicts: VerdictService, config: Config) {
    this.#verdicts = verdicts;
    this.configure(config);
  }

  configure({ resolver, lists }: Config): void {
    const { answers } = resolver;
    this.#lists = lists;
    this.#ttl = answers.ttlSeconds;
    this.#block = new Map(BLOCK_REASONS.map((reason) => [reason, blockAnswers(answers, reason)]));
    this.#steer = new SteerAddresses(answers.steer);
  }

  /** @returns what is answered; null if it passes. */
  judge(question: Question, asker: Asker): OwnAnswer | null {
    this.isUnlessSigned = false;
    this.verdict = DNS_VERDICT.pass;
    if (question.host === PROBE_NAME) return PROBED;
    const host = question.host === null ? null : hostOf(question.host, question.qtype);
    const facts = host === null ? null : this.#verdicts.facts(host);
    if (facts === null || !facts.listed) return null;
    const { verdict, steer } = this.#verdicts.name(facts, asker);
    this.verdict = DNS_VERDICT[verdict.action];
    if (verdict.action === 'block') return this.#blocked(question, verdict.list);
    // Whether a page is meant that is listed could not be judged here either: such a name is no host of a URL.
    const addresses = steer && !question.hasOtherBytes ? this.#steered(facts.host, question.qtype) : null;
    if (addresses === null) return null;
    this.verdict = DNS_VERDICT.steer;
    this.isUnlessSigned = question.do;
    return { rcode: RCODE.ok, addresses, ttl: this.#ttl, reason: REASON.none };
  }

  #blocked({ qtype }: Question, list: number): OwnAnswer {
    const { status = 403, optIn = false } = this.#lists[list] ?? {};
    const { a, aaaa, others } = this.#block.get(blockReason({ status, optIn })) ?? NOTHING;
    return qtype === TYPE.a ? a : qtype === TYPE.aaaa ? aaaa : others;
  }

  /** @returns null where that type passes. */
  #steered(host: string, qtype: number): readonly Uint8Array[] | null {
    switch (qtype) {
      case TYPE.a:
        return this.#steer.ipv4(host);
      case TYPE.aaaa:
        return this.#steer.ipv6(host);
      case TYPE.https:
      case TYPE.svcb:
        return this.#steer.isOff ? null : [];
      default:
        return null;
    }
  }
}

/** `_8443._https.host` has the HTTPS record of that port of the host (RFC 9460 §2.3): it is a question for the host. */
function hostOf(name: string, qtype: number): string {
  return name.startsWith('_') && (qtype === TYPE.https || qtype === TYPE.svcb) ? name.replace(OF_PORT, '') : name;
}

export const BLOCK_REASONS = [REASON.blocked, REASON.censored, REASON.filtered] as const;

/** With which reason a list refuses a name. */
function blockReason({ status, optIn }: { readonly status: number; readonly optIn: boolean }): Reason {
  if (status === 451) return REASON.censored;
  return optIn ? REASON.filtered : REASON.blocked;
}

interface BlockAnswers {
  readonly a: OwnAnswer;
  readonly aaaa: OwnAnswer;
  readonly others: OwnAnswer;
}

const EMPTY: OwnAnswer = { rcode: RCODE.ok, addresses: [], ttl: 0, reason: REASON.blocked };
/** The guard's answer: no data, which a resolver does not say of this name. */
const PROBED: OwnAnswer = { rcode: RCODE.ok, addresses: [], ttl: 0, reason: REASON.none };
const NOTHING: BlockAnswers = { a: EMPTY, aaaa: EMPTY, others: EMPTY };

/** Response codes of answers without addresses. */
const RCODES = { nxdomain: RCODE.noName, nodata: RCODE.ok, refused: RCODE.refused } as const;

/** @returns answers by type of the question. */
export function blockAnswers({ block, ttlSeconds: ttl }: Answers, reason: Reason): BlockAnswers {
  const rcode = typeof block === 'string' ? RCODES[block] : RCODE.ok;
  const nothing: OwnAnswer = { rcode, addresses: [], ttl, reason };
  if (typeof block === 'string') return { a: nothing, aaaa: nothing, others: nothing };
  const of = (texts: readonly string[]): OwnAnswer => ({
    ...nothing,
    addresses: texts.map(parseIpAddress).filter((address) => address !== null),
  });
  return { a: of(block.a), aaaa: of(block.aaaa), others: nothing };
}
