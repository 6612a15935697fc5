/**
 * Re-emits a response head for the client (RFC 9110 §7.6): our version, the origin's status and reason, hop-by-hop
 * fields left out, one Content-Length at most; every other field line is copied as it came. It must not change a field line that stays.
 */
import { CR } from './bytes.ts';
import { CONNECTION, HOP_BY_HOP, connectionNames } from './connection-field.ts';
import { FIELD } from './field-names.ts';
import type { HeadWriter } from './head-writer.ts';
import { isCanonicalDecimal, type ResponseHead } from './response-head.ts';

/* oxlint-disable typescript/no-non-null-assertion -- fields below `count` have all their offsets, which lie within the buffer; a table has a row for each id */

export interface ResponseRewrite {
  /** `Via: 1.1 pseudonym\r\n`; the version is that of the message as it came (RFC 9110 §7.6.3). */
  via: Buffer;
  /** The body goes out chunked. */
  chunked: boolean;
  /** Field line that tells what becomes of the client's connection, and what else is said for ourselves; empty: nothing to say (1.1, stays open). */
  connection: string;
}

const DROP: Uint8Array = (() => {
  const drop = new Uint8Array(32);
  for (const id of [...HOP_BY_HOP, FIELD.proxyAuthenticate, FIELD.proxyAuthenticationInfo, FIELD.cleanfeedTrace])
    drop[id] = 1;
  return drop;
})();

const STATUS_DIGITS = 3;
const HTTP_1_1 = Buffer.from('HTTP/1.1 ');
const CRLF = Buffer.from('\r\n');
const TRANSFER_ENCODING = Buffer.from('Transfer-Encoding: chunked\r\n');

export function writeResponse(to: HeadWriter, buf: Buffer, head: ResponseHead, rewrite: ResponseRewrite): void {
  to.bytes(HTTP_1_1);
  copyLines(to, buf, head);
  if (rewrite.chunked) to.bytes(TRANSFER_ENCODING);
  if (rewrite.connection !== '') to.text(rewrite.connection);
  to.bytes(rewrite.via);
  to.bytes(CRLF);
}

/**
 * Status, reason and the kept field lines; neighbouring lines are copied as one run. The space before the reason is there
 * without a reason too (RFC 9112 §4).
 */
function copyLines(to: HeadWriter, buf: Buffer, head: ResponseHead): void {
  const fields = head.fields;
  const named =
    (head.connection & CONNECTION.names) !== 0 ? connectionNames([fields.find(buf, 'connection') ?? '']) : null;
  let run = head.statusStart;
  let end = head.lineEnd;
  if (buf[run + STATUS_DIGITS] === CR) {
    to.copy(buf, run, run + STATUS_DIGITS);
    to.text(' ');
    run += STATUS_DIGITS;
  }
  for (let k = 0; k < fields.count; k++) {
    const start = end;
    end = fields.ends[k]!;
    if (isKept(buf, head, k) && (named === null || !named.has(fields.name(buf, k)))) continue;
    to.copy(buf, run, start);
    if (k === head.lengthField) to.text(`Content-Length: ${head.length}\r\n`);
    run = end;
  }
  if (end > run) to.copy(buf, run, end);
}

function isKept(buf: Buffer, head: ResponseHead, k: number): boolean {
  const id = head.fields.ids[k]!;
  if (id !== FIELD.contentLength) return DROP[id] === 0;
  return k === head.lengthField && isCanonicalDecimal(buf, head.fields.valueStarts[k]!, head.fields.valueEnds[k]!);
}
