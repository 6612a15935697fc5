/**
 * What a server of lists may answer, well and badly, and what each answer has to come to. The text is whole unless the answer
 * spoils it.
 */
import { createHash } from 'node:crypto';
import type { RejectedReason } from '../../src/observe/control-view.ts';
import type { ListExchange } from './scripted-list-server.ts';

export type Effect =
  | { readonly result: 'updated' | 'unchanged'; readonly reason: null }
  | { readonly result: 'failed' | 'rejected'; readonly reason: RejectedReason };

export interface ListAnswer {
  readonly name: string;
  readonly effect: Effect;
  /** `share` (0..1): where what is cut is cut. */
  readonly give: (exchange: ListExchange, text: Buffer, share: number) => Promise<void>;
}

const TAKEN: Effect = { result: 'updated', reason: null };
const failed = (reason: RejectedReason): Effect => ({ result: 'failed', reason });
const rejected = (reason: RejectedReason): Effect => ({ result: 'rejected', reason });

const PIECES = 5;
const PIECE_MS = 20;
const BLOCK = Buffer.from(`# ${'x'.repeat(1021)}\n`.repeat(64));

export const GOOD_ANSWERS: readonly ListAnswer[] = [
  { name: 'whole', effect: TAKEN, give: async (exchange, text) => await whole(exchange, text) },
  {
    name: 'in chunks',
    effect: TAKEN,
    give: async (exchange, text) => {
      await exchange.send(head(`${etagOf(text)}Transfer-Encoding: chunked`));
      for (const piece of pieces(text)) await exchange.send(chunk(piece));
      await exchange.send('0\r\n\r\n');
      exchange.end();
    },
  },
  {
    name: 'piece by piece',
    effect: TAKEN,
    give: async (exchange, text) => {
      await exchange.send(head(`${etagOf(text)}${lengthOf(text)}`));
      for (const piece of pieces(text)) {
        await exchange.send(piece);
        await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
      }
      exchange.end();
    },
  },
  {
    name: 'whole by its length, the connection lost after it',
    effect: TAKEN,
    give: async (exchange, text) => {
      await exchange.send(head(`${etagOf(text)}${lengthOf(text)}`));
      await exchange.send(text);
      exchange.cut();
    },
  },
];

export const BAD_ANSWERS: readonly ListAnswer[] = [
  {
    name: 'moved',
    effect: failed('redirect'),
    give: async (exchange) => await status(exchange, '301 Moved Permanently'),
  },
  { name: 'found', effect: failed('redirect'), give: async (exchange) => await status(exchange, '302 Found') },
  {
    name: 'not found',
    effect: failed('http_status'),
    give: async (exchange) => await status(exchange, '404 Not Found'),
  },
  {
    name: 'broken',
    effect: failed('http_status'),
    give: async (exchange) => await status(exchange, '500 Internal Server Error'),
  },
  {
    name: 'busy',
    effect: failed('http_status'),
    give: async (exchange) => await status(exchange, '503 Service Unavailable'),
  },
  {
    name: 'a part',
    effect: failed('http_status'),
    give: async (exchange, text) => await whole(exchange, text, '206 Partial Content'),
  },
  {
    name: 'encoded',
    effect: failed('http_status'),
    give: async (exchange, text) => await whole(exchange, text, '200 OK', 'Content-Encoding: gzip\r\n'),
  },
  {
    name: 'cut before its length',
    effect: failed('truncated'),
    give: async (exchange, text, share) => {
      await exchange.send(head(`${etagOf(text)}${lengthOf(text)}`));
      await exchange.send(cut(text, share));
      exchange.cut();
    },
  },
  {
    name: 'ended before its length',
    effect: failed('truncated'),
    give: async (exchange, text, share) => {
      await exchange.send(head(`${etagOf(text)}${lengthOf(text)}`));
      await exchange.send(cut(text, share));
      exchange.end();
    },
  },
  {
    name: 'cut between chunks',
    effect: failed('truncated'),
    give: async (exchange, text, share) => {
      await exchange.send(head(`${etagOf(text)}Transfer-Encoding: chunked`));
      await exchange.send(chunk(cut(text, share)));
      exchange.cut();
    },
  },
  {
    name: 'of unknown end, cut',
    effect: failed('truncated'),
    give: async (exchange, text, share) => {
      await exchange.send(head(`${etagOf(text)}Connection: close`));
      await exchange.send(cut(text, share));
      exchange.cut();
    },
  },
  {
    name: 'of unknown end, whole',
    effect: failed('truncated'),
    give: async (exchange, text) => {
      await exchange.send(head(`${etagOf(text)}Connection: close`));
      await exchange.send(text);
      exchange.end();
    },
  },
  {
    name: 'without its last newline',
    effect: failed('truncated'),
    give: async (exchange, text) => await whole(exchange, text.subarray(0, -1)),
  },
  {
    name: 'cut where it came from',
    effect: failed('truncated'),
    give: async (exchange, text, share) => await whole(exchange, cutInLine(text, share)),
  },
  { name: 'empty', effect: failed('truncated'), give: async (exchange) => await whole(exchange, Buffer.alloc(0)) },
  {
    name: 'with a bad line',
    effect: rejected('bad_lines'),
    give: async (exchange, text) => await whole(exchange, Buffer.concat([text, Buffer.from('ho*st.example\n')])),
  },
  {
    name: 'a damaged compiled list',
    effect: rejected('corrupt'),
    give: async (exchange, text) => await whole(exchange, Buffer.concat([Buffer.alloc(8), text])),
  },
  { name: 'no answer', effect: failed('connect'), give: (exchange) => Promise.resolve(exchange.cut()) },
  { name: 'no HTTP', effect: failed('connect'), give: async (exchange) => await exchange.send('what?\r\n\r\n') },
];

/** Right where the client has asked for it (If-None-Match), otherwise a fault of the server. */
export const UNCHANGED: ListAnswer = {
  name: 'unchanged',
  effect: { result: 'unchanged', reason: null },
  give: async (exchange) => await status(exchange, '304 Not Modified'),
};

export const UNASKED_304: ListAnswer = { ...UNCHANGED, name: 'an unasked 304', effect: failed('http_status') };

/** Takes a few seconds: as many bytes as are read at most, and some more. */
export const ENDLESS: ListAnswer = {
  name: 'endless',
  effect: failed('too_large'),
  give: async (exchange, text) => {
    await exchange.send(head(`${etagOf(text)}Transfer-Encoding: chunked`));
    while (!exchange.isOver) await exchange.send(chunk(BLOCK));
  },
};

/** Takes as long as is waited for. */
export const SILENT: ListAnswer = { name: 'silent', effect: failed('timeout'), give: () => Promise.resolve() };

function head(fields: string, statusLine = '200 OK'): string {
  return `HTTP/1.1 ${statusLine}\r\nContent-Type: text/plain\r\n${fields}\r\n\r\n`;
}

function etagOf(text: Buffer): string {
  return `ETag: "${createHash('sha256').update(text).digest('hex').slice(0, 16)}"\r\n`;
}

function lengthOf(text: Buffer): string {
  return `Content-Length: ${text.length}`;
}

async function whole(exchange: ListExchange, text: Buffer, statusLine = '200 OK', fields = ''): Promise<void> {
  await exchange.send(
    Buffer.concat([Buffer.from(head(`${fields}${etagOf(text)}${lengthOf(text)}`, statusLine)), text]),
  );
  exchange.end();
}

async function status(exchange: ListExchange, statusLine: string): Promise<void> {
  const body = statusLine.startsWith('304') ? '' : `<h1>${statusLine}</h1>\n`;
  await exchange.send(
    `${head(`Location: https://other.example/list.txt\r\nContent-Length: ${body.length}`, statusLine)}${body}`,
  );
  exchange.end();
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function pieces(text: Buffer): Buffer[] {
  const length = Math.ceil(text.length / PIECES);
  return Array.from({ length: PIECES }, (_, i) => text.subarray(i * length, (i + 1) * length)).filter(
    (piece) => piece.length > 0,
  );
}

/** At least a byte, never all of it. */
function cut(text: Buffer, share: number): Buffer {
  return text.subarray(0, 1 + Math.floor(share * (text.length - 1)));
}

/** Not at the end of a line: that is a list, and nobody could tell. */
function cutInLine(text: Buffer, share: number): Buffer {
  const part = cut(text, share);
  return part.at(-1) === 0x0a ? part.subarray(0, -1) : part;
}
