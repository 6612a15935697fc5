/**
 * From a ClientHello to what is to be done with its connection: each name that it asks for is judged by the lists, as the host of a
 * CONNECT is (verdict/verdict-service.ts), and the strictest verdict counts. A path behind TLS is not seen, so only entries on
 * whole hosts count (design D4).
 *
 *   names, or in their place the host of the origin's side ─▶ facts ─▶ verdict, verdict … ─▶ block │ refuse │ pass
 *
 * What CONNECT has named was judged and counted then, and is not again. It must not write to anybody.
 */
import type { HostFacts } from '../../match/host-facts.ts';
import { VERDICT, type VerdictCode } from '../../observe/counters.ts';
import { PASS, type Verdict } from '../../policy/verdict.ts';
import type { ByteString } from '../../url/bytes.ts';
import { HTTPS, type AskedRequest } from '../../verdict/channel.ts';
import { listMaskOf, type Requester, type VerdictService } from '../../verdict/verdict-service.ts';
import type { ClientHello } from '../../wire/client-hello.ts';
import type { OriginSide } from './origin-side.ts';

export interface HelloDecision {
  readonly action: 'pass' | 'block' | 'refuse';
  /** What the hello counts as, as a request. It is null if CONNECT was counted with it already. */
  readonly counted: VerdictCode | null;
  /** What is known of whom it asks for first. It is null if that is nobody. */
  readonly facts: HostFacts | null;
  /** Of a block. */
  readonly verdict: Verdict;
  /** There are entries for paths of a host that passes, and none for all of it. */
  readonly isUnenforceable: boolean;
}

/** The strictest first. `refuse`: a name that no host can have, or another than CONNECT has named where that is not permitted. */
const STRICTNESS = ['block', 'refuse', 'count', 'pass', 'allow'] as const;
type Action = (typeof STRICTNESS)[number];

export function judgeHello(
  verdicts: VerdictService,
  requester: Requester,
  originSide: OriginSide,
  hello: ClientHello,
): HelloDecision {
  const judgement = new Judgement(verdicts, requester, originSide);
  if (hello.nameCount === 0) judgement.nobodyNamed();
  for (let index = 0; index < hello.nameCount; index++) judgement.named(hello.name(index));
  return judgement;
}

class Judgement implements HelloDecision, AskedRequest {
  facts: HostFacts | null = null;
  verdict: Verdict = PASS;
  isUnenforceable = false;
  readonly #verdicts: VerdictService;
  readonly #requester: Requester;
  readonly #originSide: OriginSide;
  /** It is null until there is a verdict. */
  #strictest: Action | null = null;

  constructor(verdicts: VerdictService, requester: Requester, originSide: OriginSide) {
    this.#verdicts = verdicts;
    this.#requester = requester;
    this.#originSide = originSide;
  }

  get port(): number {
    return this.#originSide.port;
  }

  target(): ByteString {
    return '';
  }

  get action(): HelloDecision['action'] {
    return this.#strictest === 'block' || this.#strictest === 'refuse' ? this.#strictest : 'pass';
  }

  get counted(): VerdictCode | null {
    const code = VERDICT[this.#strictest ?? 'pass'];
    return this.#originSide.isNamed && code === VERDICT.pass ? null : code;
  }

  nobodyNamed(): void {
    const { fallbackHost } = this.#originSide;
    if (fallbackHost !== null) this.#host(this.#verdicts.facts(fallbackHost));
  }

  named(name: ByteString): void {
    const facts = factsOf(this.#verdicts, name);
    this.#host(facts);
    if (this.#originSide.tlsOnly && facts !== null && !this.#isNamed(facts)) this.#found('refuse', PASS);
  }

  #host(facts: HostFacts | null): void {
    if (facts === null) return this.#found('refuse', PASS);
    this.facts ??= facts;
    const verdict = this.#isNamed(facts) ? PASS : this.#verdicts.ask(HTTPS, facts, this, this.#requester);
    this.#found(verdict.action, verdict);
    if (facts.hints.length > 0 && facts.entries.length === 0 && this.#isJudge()) this.isUnenforceable = true;
  }

  /** It is the host that CONNECT has named, in whatever spelling. */
  #isNamed({ host }: HostFacts): boolean {
    const { isNamed, fallbackHost } = this.#originSide;
    if (!isNamed || fallbackHost === null) return false;
    return host === fallbackHost || host === this.#verdicts.facts(fallbackHost)?.host;
  }

  #found(action: Action, verdict: Verdict): void {
    const { length } = STRICTNESS;
    const before = this.#strictest === null ? length : STRICTNESS.indexOf(this.#strictest);
    if (STRICTNESS.indexOf(action) >= before) return;
    this.#strictest = action;
    this.verdict = verdict;
  }

  /** Somebody is judged here at all. */
  #isJudge(): boolean {
    return !this.#requester.client.exempt && listMaskOf(this.#requester) !== 0 && !this.#verdicts.bypass;
  }
}

/**
 * Of the host in a server name. An IPv6 address has no brackets there; a port has no place there, and nginx takes it off.
 *
 * @returns null if it is no host
 */
function factsOf(verdicts: VerdictService, name: ByteString): HostFacts | null {
  const colon = name.indexOf(':');
  if (colon < 0 || name.startsWith('[')) return verdicts.facts(name);
  const isAddress = name.includes(':', colon + 1);
  return (isAddress ? verdicts.facts(`[${name}]`) : null) ?? verdicts.facts(name.slice(0, colon));
}
