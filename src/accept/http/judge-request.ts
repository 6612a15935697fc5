/**
 * From a parsed head to what is to be done: what the protocol refuses by itself, then the question to the lists
 * (verdict/verdict-service.ts). The request is in `context.request`; what is judged here is what the exchange sends, from the
 * same bytes. It must not write to anybody.
 */
import type { LocalResponseKind } from '../../block/local-responses.ts';
import { originAt, type Origin } from '../../match/host-facts.ts';
import { VERDICT, type VerdictCode } from '../../observe/counters.ts';
import type { Verdict } from '../../policy/verdict.ts';
import type { ByteString } from '../../url/bytes.ts';
import { HTTP, HTTPS, type AskedRequest } from '../../verdict/channel.ts';
import type { BrakedClient } from '../brake.ts';
import type { Requester } from '../../verdict/verdict-service.ts';
import { byteString } from '../../wire/bytes.ts';
import { FIELD } from '../../wire/field-names.ts';
import { CHUNKED, METHOD, type RequestHead } from '../../wire/request-head.ts';
import { RequestTarget } from '../../wire/request-target.ts';
import { upgradeOffer } from '../../wire/write-request.ts';
import { forwardTo, type ForwardDecision } from '../forward-decision.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Who asks, where, and whose refusals count together. */
export interface Asker extends Requester {
  readonly client: Requester['client'] & BrakedClient;
}

export type Decision =
  | { readonly kind: 'local'; readonly response: LocalResponseKind; readonly verdict: VerdictCode }
  | { readonly kind: 'block'; readonly page: (close: boolean) => Buffer }
  | ForwardDecision
  | { readonly kind: 'tunnel'; readonly destination: Origin; readonly verdict: VerdictCode };

const refusal = (response: LocalResponseKind): Decision => ({ kind: 'local', response, verdict: VERDICT.refuse });
const BAD_REQUEST = refusal('bad_request');
const NOT_IMPLEMENTED = refusal('not_implemented');
const PORT_DENIED = refusal('port_denied');
const LOOP = refusal('loop');
/** `OPTIONS *`, and OPTIONS whose Max-Forwards is used up (RFC 9110 §7.6.2): about the proxy itself. */
const OPTIONS: Decision = { kind: 'local', response: 'options', verdict: VERDICT.pass };

/** @returns what is valid until the next call: a request that passes gets no object of its own. */
export function judgeRequest(context: WorkerContext, requester: Asker, buf: Buffer): Decision {
  const head = context.request;
  if (head.method === METHOD.connect) return judgeConnect(context, requester, buf);
  if (head.method === METHOD.trace) return NOT_IMPLEMENTED;
  if (isAsterisk(buf, head)) return head.method === METHOD.options ? OPTIONS : BAD_REQUEST;
  const { target, verdicts } = context;
  if (!target.parseAbsolute(buf, head.targetStart, head.targetEnd)) return BAD_REQUEST;
  if (target.isWebSocket && !isOpeningHandshake(buf, head)) return BAD_REQUEST;
  const facts = verdicts.facts(byteString(buf, target.hostStart, target.hostEnd));
  if (facts === null) return BAD_REQUEST;
  if (isLoop(context, buf)) return LOOP;
  const verdict = verdicts.ask(HTTP, facts, ASKED.of(buf, target), requester);
  ASKED.forget();
  if (verdict.action === 'block') return block(context, requester, verdict, buf);
  if (verdict.action === 'refuse') return BAD_REQUEST;
  if (head.method === METHOD.options && isUsedUp(head.fields.find(buf, 'max-forwards'))) return OPTIONS;
  return forwardTo(originAt(facts, target.port), VERDICT[verdict.action], facts.hints.length > 0);
}

/** Only the host is judged: what goes through the tunnel cannot be seen (requirements 26-28). */
function judgeConnect(context: WorkerContext, requester: Asker, buf: Buffer): Decision {
  const { request: head, target, verdicts } = context;
  if (head.contentLength === CHUNKED || head.contentLength > 0) return BAD_REQUEST;
  if (!target.parseAuthorityForm(buf, head.targetStart, head.targetEnd)) return BAD_REQUEST;
  const facts = verdicts.facts(byteString(buf, target.hostStart, target.hostEnd));
  if (facts === null) return BAD_REQUEST;
  if (isLoop(context, buf)) return LOOP;
  if (!context.config.connect.ports.some(({ from, to }) => target.port >= from && target.port <= to))
    return PORT_DENIED;
  const verdict = verdicts.ask(HTTPS, facts, ASKED.of(buf, target), requester);
  ASKED.forget();
  if (verdict.action === 'block') return block(context, requester, verdict, buf);
  return { kind: 'tunnel', destination: originAt(facts, target.port), verdict: VERDICT[verdict.action] };
}

/** RFC 6455 §4.1: a GET that offers this protocol. `ws:` is the scheme of no other request. */
function isOpeningHandshake(buf: Buffer, head: RequestHead): boolean {
  return head.method === METHOD.get && upgradeOffer(buf, head, WEB_SOCKET) !== null;
}

const WEB_SOCKET: readonly string[] = ['websocket'];

const NO_BYTES: Buffer = Buffer.alloc(0);

/** The request in the thread's parser. Its path becomes text only if the lists have to see it. */
class ParsedRequest implements AskedRequest {
  #buf: Buffer = NO_BYTES;
  #parsed = new RequestTarget();

  of(buf: Buffer, parsed: RequestTarget): this {
    this.#buf = buf;
    this.#parsed = parsed;
    return this;
  }

  /** A client's bytes are not kept. */
  forget(): void {
    this.#buf = NO_BYTES;
  }

  get port(): number {
    return this.#parsed.port;
  }

  target(): ByteString {
    return byteString(this.#buf, this.#parsed.pathStart, this.#parsed.pathEnd);
  }
}

const ASKED = new ParsedRequest();

function block(context: WorkerContext, { client }: Asker, verdict: Verdict, buf: Buffer): Decision {
  const { request: head, pages, brake, clock } = context;
  brake.hit(client, verdict, clock.now);
  const connect = head.method === METHOD.connect;
  const acceptLanguage = head.fields.find(buf, 'accept-language');
  const accept = head.fields.find(buf, 'accept');
  const page = (close: boolean): Buffer =>
    pages.response(verdict.list, {
      acceptLanguage,
      accept,
      head: head.method === METHOD.head,
      close: close || connect,
      connect,
    });
  return { kind: 'block', page };
}

/** Whether it is zero, in whatever spelling. */
function isUsedUp(maxForwards: string | null): boolean {
  return maxForwards !== null && /^0+(?:[ \t]*,[ \t]*0+)*$/.test(maxForwards);
}

function isAsterisk(buf: Buffer, head: RequestHead): boolean {
  return head.targetEnd - head.targetStart === 1 && buf[head.targetStart] === 0x2a;
}

/** Our own pseudonym in Via: the request has been here (RFC 9110 §7.6.3). */
function isLoop({ request: head, pseudonym }: WorkerContext, buf: Buffer): boolean {
  if (!head.hasVia) return false;
  for (let k = 0; k < head.fields.count; k++) {
    if (head.fields.ids[k] === FIELD.via && viaNames(head.fields.value(buf, k).toLowerCase()).includes(pseudonym))
      return true;
  }
  return false;
}

/** `received-by` of each element: `1.1 name (comment)`. */
function viaNames(value: string): string[] {
  return value.split(',').map((element) => element.trim().split(/[ \t]+/, 2)[1] ?? '');
}
