/**
 * Re-emits a request head for the origin (RFC 9110 §7.6): the request line in origin-form with path and query byte for
 * byte, a new Host, framing in canonical form, hop-by-hop fields left out; every other field line is copied as it came.
 * It must not touch a byte of path and query.
 */
import { BACKSLASH, COMMA, HTAB, QUOTE, SLASH, SP } from './bytes.ts';
import { CONNECTION, HOP_BY_HOP, connectionNames } from './connection-field.ts';
import { FIELD } from './field-names.ts';
import type { HeadWriter } from './head-writer.ts';
import { CHUNKED, METHOD, type RequestHead } from './request-head.ts';
import type { RequestTarget } from './request-target.ts';

/* oxlint-disable typescript/no-non-null-assertion -- fields below `count` have all their offsets, which lie within the buffer; a table has a row for each id */

export type ForwardedPolicy = 'drop' | 'append' | 'pass';

export interface RequestRewrite {
  /** Value of the new Host field. */
  host: string;
  /** `Via: 1.1 pseudonym\r\n`; the version is that of the message as it came (RFC 9110 §7.6.3). */
  via: Buffer;
  forwarded: ForwardedPolicy;
  /** Client address for X-Forwarded-For, as text. */
  client: string;
  /** The client asked for a protocol that may be switched to. */
  upgrade: string | null;
}

const KEEP = 0;
const DROP = 1;
const POLICY = 2;

/** What is done with a known field. Host and framing are made anew, Max-Forwards is counted down for OPTIONS only. */
const FIELD_ACTION: Uint8Array = (() => {
  const actions = new Uint8Array(32);
  for (const id of [
    ...HOP_BY_HOP,
    FIELD.host,
    FIELD.contentLength,
    FIELD.proxyAuthorization,
    FIELD.http2Settings,
    FIELD.cleanfeedTrace,
  ])
    actions[id] = DROP;
  actions[FIELD.xForwardedFor] = actions[FIELD.forwarded] = POLICY;
  return actions;
})();

const HTTP_1_1_HOST = Buffer.from(' HTTP/1.1\r\nHost: ');
const CRLF = Buffer.from('\r\n');
const TRANSFER_ENCODING = Buffer.from('Transfer-Encoding: chunked\r\n');

export function writeRequest(
  to: HeadWriter,
  buf: Buffer,
  head: RequestHead,
  target: RequestTarget,
  rewrite: RequestRewrite,
): void {
  to.copy(buf, head.start, head.methodEnd + 1);
  writePath(to, buf, head, target);
  to.bytes(HTTP_1_1_HOST);
  to.text(rewrite.host);
  to.bytes(CRLF);
  copyFields(to, buf, head, rewrite.forwarded);
  if (head.contentLength === CHUNKED) to.bytes(TRANSFER_ENCODING);
  else if (head.hasLength) to.text(`Content-Length: ${head.contentLength}\r\n`);
  if (head.method === METHOD.options) writeMaxForwards(to, buf, head);
  if (rewrite.upgrade !== null) to.text(`Connection: Upgrade\r\nUpgrade: ${rewrite.upgrade}\r\n`);
  to.bytes(rewrite.via);
  if (rewrite.forwarded === 'append') writeForwarded(to, buf, head, rewrite.client);
  to.bytes(CRLF);
}

/**
 * Lists the protocols of the Upgrade field that may be switched to. Inside of an unknown protocol could be requests that
 * nobody judges.
 * @param allowed in lower case, each with its version where it has one: another version is another protocol.
 * @returns null if there are none: the request goes on without Upgrade, as a server may treat it too (RFC 9110 §7.8).
 */
export function upgradeOffer(buf: Buffer, head: RequestHead, allowed: readonly string[]): string | null {
  if (!head.hasUpgrade || !head.wants(CONNECTION.upgrade) || head.minor === 0) return null;
  const protocols = (head.fields.find(buf, 'upgrade') ?? '').split(',').map((protocol) => protocol.trim());
  const kept = protocols.filter((protocol) => allowed.includes(protocol.toLowerCase()));
  return kept.length > 0 ? kept.join(', ') : null;
}

function writePath(to: HeadWriter, buf: Buffer, head: RequestHead, target: RequestTarget): void {
  // OPTIONS for the server as a whole (RFC 9112 §3.2.4).
  if (target.pathStart === target.pathEnd) to.text(head.method === METHOD.options ? '*' : '/');
  else {
    if (buf[target.pathStart] !== SLASH) to.text('/');
    to.copy(buf, target.pathStart, target.pathEnd);
  }
}

/** Neighbouring kept lines are copied as one run. */
function copyFields(to: HeadWriter, buf: Buffer, head: RequestHead, policy: ForwardedPolicy): void {
  const fields = head.fields;
  const named = head.wants(CONNECTION.names) ? namedByConnection(buf, head) : null;
  let run = fields.count > 0 ? fields.starts[0]! : 0;
  for (let k = 0; k < fields.count; k++) {
    const id = fields.ids[k]!;
    const action = FIELD_ACTION[id]!;
    const keep =
      action === KEEP
        ? !(id === FIELD.maxForwards && head.method === METHOD.options)
        : action === POLICY && policy === 'pass';
    if (keep && (named === null || !named.has(fields.name(buf, k)))) continue;
    if (fields.starts[k]! > run) to.copy(buf, run, fields.starts[k]!);
    run = fields.ends[k]!;
  }
  const end = fields.count > 0 ? fields.ends[fields.count - 1]! : 0;
  if (end > run) to.copy(buf, run, end);
}

function namedByConnection(buf: Buffer, head: RequestHead): ReadonlySet<string> {
  return connectionNames([head.fields.find(buf, 'connection') ?? '']);
}

/** OPTIONS and TRACE only (RFC 9110 §7.6.2); 0 never comes here. */
function writeMaxForwards(to: HeadWriter, buf: Buffer, head: RequestHead): void {
  const value = head.fields.find(buf, 'max-forwards');
  if (value !== null && /^\d{1,9}$/.test(value)) to.text(`Max-Forwards: ${Math.max(Number(value) - 1, 0)}\r\n`);
}

function writeForwarded(to: HeadWriter, buf: Buffer, head: RequestHead, client: string): void {
  if (!head.hasForwarded) {
    to.text('X-Forwarded-For: ');
    to.text(client);
    to.bytes(CRLF);
    return;
  }
  to.text(`X-Forwarded-For: ${before(head.fields.find(buf, 'x-forwarded-for') ?? '')}${client}\r\n`);
  const forwarded = head.fields.find(buf, 'forwarded');
  if (forwarded === null) return;
  // A quote left open would swallow the one element that can be trusted.
  const earlier = endsInsideQuotes(forwarded) ? '' : before(forwarded);
  to.text(`Forwarded: ${earlier}for=${client.includes(':') ? `"[${client}]"` : client}\r\n`);
}

/** What was received, to be written before one more element: without empty ones at its ends. */
function before(list: string): string {
  let [start, end] = [0, list.length];
  while (start < end && isBetweenElements(list.charCodeAt(start))) start++;
  while (end > start && isBetweenElements(list.charCodeAt(end - 1))) end--;
  return start === end ? '' : `${list.slice(start, end)}, `;
}

function isBetweenElements(code: number): boolean {
  return code === COMMA || code === SP || code === HTAB;
}

/** Of quoted-strings with quoted-pairs (RFC 9110 §5.6.4). */
function endsInsideQuotes(value: string): boolean {
  let isInside = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === QUOTE) isInside = !isInside;
    else if (isInside && code === BACKSLASH) i++;
  }
  return isInside;
}
