/**
 * From the head of an intercepted request to what is to be done with it. Its client may say in several places whom it means, and
 * origins differ in which of them they believe: each is judged, and the strictest verdict counts.
 *
 *   target's host ─┐  (at its port too)
 *   `//` of a path ┤  (libevent)
 *   Host ──────────┼─▶ host facts ─▶ lists ─▶ the strictest ─▶ block │ refuse │ forward
 *   CONNECT named ─┘
 *
 * The request is in `context.rawRequest`. It must not write to anybody.
 */
import type { HostFacts } from '../../match/host-facts.ts';
import { VERDICT } from '../../observe/counters.ts';
import type { Verdict } from '../../policy/verdict.ts';
import type { ByteString } from '../../url/bytes.ts';
import { HTTP, HTTPS, type AskedRequest } from '../../verdict/channel.ts';
import type { VerdictService } from '../../verdict/verdict-service.ts';
import { SLASH, byteString, parseDecimal } from '../../wire/bytes.ts';
import { fieldValue } from '../../wire/find-field.ts';
import type { ObservedRequest } from '../../wire/observed-request.ts';
import { METHOD, NO_BODY } from '../../wire/request-head.ts';
import { namedBySlashes } from '../../wire/text-line.ts';
import { forwardTo, type ForwardDecision } from '../forward-decision.ts';
import type { Asker } from '../http/judge-request.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { OriginSide } from './origin-side.ts';

export type RawDecision =
  /** It cannot be judged. */
  { readonly kind: 'refuse' } | { readonly kind: 'block'; readonly page: Buffer } | ForwardDecision;

/** A request behind blank lines begins at `headStart`. */
export interface RawHeadBytes {
  readonly bytes: Buffer;
  readonly headStart: number;
  /** Behind the head. */
  readonly pos: number;
}

const REFUSE: RawDecision = { kind: 'refuse' };
const NOWHERE = -1;
/** Of the port that a target names where it names none. */
const NO_PORT = 0;
const HTTP_PORT = 80;

/** @returns what is valid until the next call: a request that passes gets no object of its own. */
export function judgeRaw(context: WorkerContext, asker: Asker, originSide: OriginSide, at: RawHeadBytes): RawDecision {
  const { rawRequest: head, verdicts } = context;
  const named =
    head.namedStart === NOWHERE ? null : verdicts.facts(byteString(at.bytes, head.namedStart, head.namedEnd));
  const host = head.hostStart === NOWHERE ? null : verdicts.facts(byteString(at.bytes, head.hostStart, head.hostEnd));
  if ((named === null && head.namedStart !== NOWHERE) || (host === null && head.hostStart !== NOWHERE)) return REFUSE;
  const claimed = named ?? host;
  const isTunnel = head.method === METHOD.connect;
  const before = claimed === null || (originSide.isNamed && !isTunnel) ? factsOf(context, originSide) : null;
  const first = claimed ?? before;
  if (first === null) return REFUSE;
  const destination = originSide.destination(claimed);
  if (destination === null) return REFUSE;
  ASKED.of(at.bytes, head, originSide.port);
  const channel = isTunnel ? HTTPS : HTTP;
  let verdict = verdicts.ask(channel, first, ASKED, asker);
  if (named !== null && !isTunnel) verdict = alsoAtNamedPort(verdict, verdicts, named, asker);
  if (host !== null && host.host !== first.host) verdict = stricter(verdict, verdicts.ask(channel, host, ASKED, asker));
  if (before !== null && before.host !== first.host && before.host !== host?.host)
    verdict = stricter(verdict, verdicts.ask(HTTP, before, ASKED, asker));
  if (ASKED.hasTwoSlashes) verdict = alsoBySlashes(verdict, verdicts, asker);
  ASKED.forget();
  if (verdict.action === 'block') return block(context, asker, verdict, at);
  if (verdict.action === 'refuse') return REFUSE;
  return forwardTo(destination, VERDICT[verdict.action], hasHints(first) || hasHints(host) || hasHints(before));
}

/** An origin serves an absolute target at the port that it was connected to; a proxy of somebody else goes to the one that is named. */
function alsoAtNamedPort(verdict: Verdict, verdicts: VerdictService, named: HostFacts, asker: Asker): Verdict {
  const { port, namedPort: other } = ASKED;
  if (verdict.action === 'block' || other === port) return verdict;
  ASKED.port = other;
  const there = verdicts.ask(HTTP, named, ASKED, asker);
  ASKED.port = port;
  return stricter(verdict, there);
}

/** `//host/path` is a path to nearly all, and that host to libevent. */
function alsoBySlashes(verdict: Verdict, verdicts: VerdictService, asker: Asker): Verdict {
  const named = namedBySlashes(ASKED.target());
  const facts = named === null ? null : verdicts.facts(named.host);
  if (named === null || facts === null) return verdict;
  const asked: AskedRequest = { port: ASKED.port, target: () => named.path };
  return stricter(verdict, verdicts.ask(HTTP, facts, asked, asker));
}

function factsOf({ verdicts }: WorkerContext, { fallbackHost }: OriginSide): HostFacts | null {
  return fallbackHost === null ? null : verdicts.facts(fallbackHost);
}

function hasHints(facts: HostFacts | null): boolean {
  return facts !== null && facts.hints.length > 0;
}

const STRICTNESS: Readonly<Record<Verdict['action'], number>> = { pass: 0, allow: 1, count: 2, refuse: 3, block: 4 };

function stricter(one: Verdict, other: Verdict): Verdict {
  return STRICTNESS[other.action] > STRICTNESS[one.action] ? other : one;
}

const NO_BYTES: Buffer = Buffer.alloc(0);

/** The request in the thread's parser. Its path becomes text only if the lists have to see it. */
class ParsedRequest implements AskedRequest {
  #buf: Buffer = NO_BYTES;
  #start = 0;
  #end = 0;
  port = 0;
  /** Of a target that names a host: the port behind it, or that of HTTP. */
  namedPort = 0;

  of(buf: Buffer, head: ObservedRequest, port: number): void {
    this.#buf = buf;
    this.#start = head.pathStart;
    this.#end = head.pathEnd;
    const named = head.namedStart === NOWHERE ? NO_PORT : namedPort(buf, head);
    this.port = head.method === METHOD.connect ? named : port;
    this.namedPort = named === NO_PORT ? HTTP_PORT : named;
  }

  get hasTwoSlashes(): boolean {
    return this.#buf[this.#start] === SLASH && this.#buf[this.#start + 1] === SLASH;
  }

  /** A client's bytes are not kept. */
  forget(): void {
    this.#buf = NO_BYTES;
  }

  target(): ByteString {
    return byteString(this.#buf, this.#start, this.#end);
  }
}

const ASKED = new ParsedRequest();

/** Whether it is a GET or HEAD without a body that its client has called its last: nothing comes behind it (RFC 9112 §9.6). */
export function isLastGet({ keepsAlive, hasBareLf, contentLength, method }: ObservedRequest): boolean {
  return !keepsAlive && !hasBareLf && contentLength === NO_BODY && (method === METHOD.get || method === METHOD.head);
}

/** Of a CONNECT inside, or of an absolute target: behind the host that it names. */
export function namedPort(buf: Buffer, head: ObservedRequest): number {
  return Math.max(parseDecimal(buf, head.namedEnd + 1, head.pathStart), NO_PORT);
}

/** The same page as in explicit mode; the connection ends behind it. */
function block(
  context: WorkerContext,
  { client }: Asker,
  verdict: Verdict,
  { bytes, headStart, pos }: RawHeadBytes,
): RawDecision {
  const { rawRequest: head, pages, brake, clock } = context;
  brake.hit(client, verdict, clock.now);
  const page = pages.response(verdict.list, {
    acceptLanguage: fieldValue(bytes, headStart, pos, 'accept-language'),
    accept: fieldValue(bytes, headStart, pos, 'accept'),
    head: head.method === METHOD.head,
    close: true,
    connect: head.method === METHOD.connect,
  });
  return { kind: 'block', page };
}
