/**
 * From a parsed head to what is to be done: the one place where target, lists and channel come together. The request is
 * in `context.request`; what is judged here is what the exchange sends, from the same bytes.
 */
import type { OwnAnswerKind } from '../block/own-answers.ts';
import { originAt, type Origin } from '../match/host-facts.ts';
import { LIST_ACTION, VERDICT, type VerdictCode } from '../observe/counters.ts';
import { PASS, type Verdict } from '../policy/verdict.ts';
import { byteString } from '../wire/bytes.ts';
import { FIELD } from '../wire/field-names.ts';
import { CHUNKED, METHOD, type RequestHead } from '../wire/request-head.ts';
import type { Client } from './client-registry.ts';
import type { ListenerView, WorkerContext } from './worker-context.ts';

export type Decision =
  | { readonly kind: 'answer'; readonly answer: OwnAnswerKind; readonly verdict: VerdictCode }
  | { readonly kind: 'block'; readonly page: (close: boolean) => Buffer }
  | {
      readonly kind: 'forward';
      readonly destination: Origin;
      readonly verdict: VerdictCode;
      readonly hasPathEntries: boolean;
    }
  | { readonly kind: 'tunnel'; readonly destination: Origin; readonly verdict: VerdictCode };

const refusal = (answer: OwnAnswerKind): Decision => ({ kind: 'answer', answer, verdict: VERDICT.refuse });
const BAD_REQUEST = refusal('bad_request');
const NOT_IMPLEMENTED = refusal('not_implemented');
const PORT_DENIED = refusal('port_denied');
const LOOP = refusal('loop');
/** `OPTIONS *`, and OPTIONS whose Max-Forwards is used up (RFC 9110 §7.6.2): about the proxy itself. */
const OPTIONS: Decision = { kind: 'answer', answer: 'options', verdict: VERDICT.pass };

export function judgeRequest(context: WorkerContext, listener: ListenerView, client: Client, buf: Buffer): Decision {
  const head = context.request;
  if (head.method === METHOD.connect) return judgeConnect(context, listener, client, buf);
  if (head.method === METHOD.trace) return NOT_IMPLEMENTED;
  if (isAsterisk(buf, head)) return head.method === METHOD.options ? OPTIONS : BAD_REQUEST;
  const { target } = context;
  if (!target.parseAbsolute(buf, head.targetStart, head.targetEnd)) return BAD_REQUEST;
  context.refresh();
  const facts = context.matcher.lookup(byteString(buf, target.hostStart, target.hostEnd));
  if (facts === null) return BAD_REQUEST;
  if (head.hasVia && hasOwnVia(buf, head, context.pseudonym)) return LOOP;
  let verdict = PASS;
  if (facts.listed && !client.exempt && !context.state.bypass) {
    const path = byteString(buf, target.pathStart, target.pathEnd);
    verdict = context.judge.url(facts, target.port, path, listener.listMask, context.state.today);
    countHits(context, verdict);
  }
  if (verdict.action === 'block') return block(context, verdict, buf, false);
  if (verdict.action === 'refuse') return BAD_REQUEST;
  if (head.method === METHOD.options && isUsedUp(head.fields.find(buf, 'max-forwards'))) return OPTIONS;
  return {
    kind: 'forward',
    destination: originAt(facts, target.port),
    verdict: VERDICT[verdict.action],
    hasPathEntries: facts.leads.length > 0,
  };
}

/** Only the host is judged: what goes through the tunnel cannot be seen (requirements 26-28). */
function judgeConnect(context: WorkerContext, listener: ListenerView, client: Client, buf: Buffer): Decision {
  const { request: head, target } = context;
  if (head.contentLength === CHUNKED || head.contentLength > 0) return BAD_REQUEST;
  if (!target.parseAuthorityForm(buf, head.targetStart, head.targetEnd)) return BAD_REQUEST;
  context.refresh();
  const facts = context.matcher.lookup(byteString(buf, target.hostStart, target.hostEnd));
  if (facts === null) return BAD_REQUEST;
  if (head.hasVia && hasOwnVia(buf, head, context.pseudonym)) return LOOP;
  if (!context.config.connect.ports.some(({ from, to }) => target.port >= from && target.port <= to))
    return PORT_DENIED;
  let verdict = PASS;
  if (facts.listed && !client.exempt && !context.state.bypass) {
    verdict = context.judge.host(facts, target.port, listener.listMask, context.state.today);
    countHits(context, verdict);
  }
  if (verdict.action === 'block') return block(context, verdict, buf, true);
  return { kind: 'tunnel', destination: originAt(facts, target.port), verdict: VERDICT[verdict.action] };
}

function block(context: WorkerContext, verdict: Verdict, buf: Buffer, connect: boolean): Decision {
  const { request: head, pages } = context;
  const acceptLanguage = head.fields.find(buf, 'accept-language');
  const accept = head.fields.find(buf, 'accept');
  const page = (close: boolean): Buffer =>
    pages.answer(verdict.list, {
      acceptLanguage,
      accept,
      head: head.method === METHOD.head,
      close: close || connect,
      connect,
    });
  return { kind: 'block', page };
}

function countHits(context: WorkerContext, verdict: Verdict): void {
  for (const hit of verdict.hits) context.counters.listHit(context.listSlots[hit.list]!, LIST_ACTION[hit.action]);
}

/** Zero, in whatever spelling. */
function isUsedUp(maxForwards: string | null): boolean {
  return maxForwards !== null && /^0+(?:[ \t]*,[ \t]*0+)*$/.test(maxForwards);
}

function isAsterisk(buf: Buffer, head: RequestHead): boolean {
  return head.targetEnd - head.targetStart === 1 && buf[head.targetStart] === 0x2a;
}

/** Our own pseudonym in Via: the request has been here (RFC 9110 §7.6.3). */
function hasOwnVia(buf: Buffer, head: RequestHead, pseudonym: string): boolean {
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
