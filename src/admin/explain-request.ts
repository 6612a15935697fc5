/**
 * `POST /explain`: what the instance does with an address, asked by the status page. The address comes as a body, so that it stands in no
 * access log, no history of a browser and no Referer; it is kept nowhere and is in no log.
 *
 *   same origin? ─▶ JSON? ─▶ short? ─▶ a question? ─▶ its turn, and not too often ─▶ the instance ─▶ its explanation
 *        403          415      413         400                    429
 *
 * A page elsewhere cannot ask: its browser says where it comes from, and would have to ask first whether it may send JSON. Whoever can reach
 * the admin address can; so nobody may try more addresses here than at the filter itself (explain-askers.ts).
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ExplainQuestion } from '../observe/explanation.ts';
import type { Answer } from './answer.ts';
import { json } from './answer.ts';
import type { ExplainAskers } from './explain-askers.ts';

/** Longer than the longest address that a request line may have, escaped. */
const MAX_BODY_BYTES = 32_768;
const MAX_FIELD = 16_384;
const KEYS = new Set(['url', 'listener', 'client', 'dns']);

/** In words, for who asks too often. */
const REFUSED = {
  too_often: 'too many questions: ask again in a second',
  slowed: 'too many different entries were found from your address: ask again in a while (brake in the configuration)',
};

/** @returns the question, or why it is none. */
export async function questionOf(
  request: IncomingMessage,
  askers: Pick<ExplainAskers, 'refuses'>,
): Promise<ExplainQuestion | Answer> {
  if (!isSameOrigin(request)) return refusal(403, 'only the status page of this instance may ask');
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/json') return refusal(415, 'Content-Type: application/json only');
  const { socket } = request;
  const address = socket.remoteAddress ?? '';
  const body = await bodyOf(request);
  if (body === null) return refusal(413, `a question has at most ${MAX_BODY_BYTES} bytes`);
  const question = parsedQuestion(body);
  if (typeof question === 'string') return refusal(400, question);
  const refused = await askers.refuses(address, goneWith(socket));
  return refused === null ? question : { ...refusal(429, REFUSED[refused]), fields: { 'Retry-After': '1' } };
}

function goneWith(socket: Socket): AbortSignal {
  const gone = new AbortController();
  if (socket.destroyed) gone.abort();
  else socket.once('close', () => gone.abort());
  return gone.signal;
}

export function refusal(status: number, error: string): Answer {
  return json(status, { error });
}

/** A browser says where a request comes from; what is no browser says nothing. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** @returns null if it is too long, or ended before its time. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return null;
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request) {
      if (!Buffer.isBuffer(part)) continue;
      length += part.length;
      if (length > MAX_BODY_BYTES) return null;
      parts.push(part);
    }
  } catch {
    // Whoever asked is gone: nobody reads the answer, and it is no fault of the instance.
    return null;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @returns in words what is wrong with it. */
export function parsedQuestion(body: string): ExplainQuestion | string {
  const value = parsed(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a question is an object in JSON';
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const unknown = Object.keys(fields).find((key) => !KEYS.has(key));
  if (unknown !== undefined) return 'a question has url, and may have listener, client and dns';
  const { url, listener = null, client = null, dns = false } = fields;
  if (!isField(url) || url.trim() === '') return 'url is the address that is asked about';
  if (!(listener === null || isField(listener))) return 'listener is the name of a listener';
  if (!(client === null || isField(client))) return 'client is an IP address';
  if (typeof dns !== 'boolean') return 'dns is true or false';
  return { url: url.trim(), listener, client, dns };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function isField(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_FIELD;
}
