/** One HTTP/1 response at the start of a buffer, read kindly: origins answer bad requests in many ways. */

export interface Response {
  readonly status: number;
  readonly body: string;
  /** Bytes it takes. */
  readonly length: number;
  /** Nothing comes after it. */
  readonly closes: boolean;
}

/** @param atEnd the connection has ended: a body without a length is complete. Null: more is to come, or nothing useful. */
export function readResponse(bytes: Buffer, atEnd: boolean): Response | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + 4;
  if (status < 200 || status === 204 || status === 304) return { status, body: '', length: start, closes: false };
  const closes = /\r\nconnection: *close/i.test(head) || head.startsWith('HTTP/1.0');
  const body = bodyAt(bytes, start, head, atEnd);
  return body === null ? null : { status, body: body.text, length: body.end, closes: closes || body.toTheEnd };
}

interface Body {
  readonly text: string;
  readonly end: number;
  readonly toTheEnd: boolean;
}

function bodyAt(bytes: Buffer, start: number, head: string, atEnd: boolean): Body | null {
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return chunkedAt(bytes, start);
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length === undefined)
    return atEnd ? { text: bytes.toString('latin1', start), end: bytes.length, toTheEnd: true } : null;
  const end = start + Number(length);
  return end > bytes.length ? null : { text: bytes.toString('latin1', start, end), end, toTheEnd: false };
}

function chunkedAt(bytes: Buffer, start: number): Body | null {
  let text = '';
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (end > bytes.length) return null;
    if (size === 0) return { text, end, toTheEnd: false };
    text += bytes.toString('latin1', lineEnd + 2, end - 2);
    at = end;
  }
}
