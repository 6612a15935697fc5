/**
 * A client and origins that do things in any order, around one connection between sockets without a kernel (stage.ts). They
 * keep to the protocol; what they do not do is wait for each other. What came of it is checked when all is over.
 */
import { Stage } from './stage.ts';

export const KINDS = ['get', 'head', 'post', 'chunked', 'block', 'last', 'connect'] as const;
export type Kind = (typeof KINDS)[number];

export const MOVES = [
  'client sends',
  'origin answers',
  'origin sends',
  'connected',
  'settle',
  'client stalls',
  'client takes',
  'origin stalls',
  'origin takes',
  'origin ends',
  'origin resets',
  'connect fails',
  'turns held',
  'turns free',
  'time passes',
  'client ends',
  'client resets',
  'lame duck',
  'drain',
] as const;
export interface Move {
  readonly what: (typeof MOVES)[number];
  /** A number of bytes, of milliseconds, or which of several. */
  readonly much: number;
}

/** Longer than any deadline but that of a tunnel, and than that. */
const LONG_MS = 80_000;
const VERY_LONG_MS = 8_000_000;

interface Origin {
  readonly answered: number;
  readonly unsent: string;
}

export class RandomPeers {
  readonly stage = new Stage();
  /** By number of the request. */
  readonly kinds: readonly Kind[];
  clientIsGone = false;
  clientHasEnded = false;
  #unsent: string;
  readonly #origins: Origin[] = [];

  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds;
    this.#unsent = kinds.map(requestText).join('');
  }

  perform({ what, much }: Move): void {
    const { stage } = this;
    const which = stage.upstreams.length === 0 ? 0 : much % stage.upstreams.length;
    const origin = stage.upstreams[which];
    switch (what) {
      case 'client sends':
        return this.#clientSends(much);
      case 'origin answers':
        return this.#originAnswers(which, much);
      case 'origin sends':
        return this.#originSends(which, much);
      case 'connected':
        return stage.connected();
      case 'settle':
        return stage.settle();
      case 'client stalls':
        return stage.client.stall();
      case 'client takes':
        return stage.client.takeAll();
      case 'origin stalls':
        return origin?.socket.stall();
      case 'origin takes':
        return origin?.socket.takeAll();
      case 'origin ends':
        return origin?.socket.finish();
      case 'origin resets':
        return origin?.socket.gone('ECONNRESET');
      case 'connect fails':
        return stage.connectFails('refused');
      case 'turns held':
      case 'turns free':
        return stage.holdTurns(what === 'turns held');
      case 'time passes':
        return stage.pass(much * 100);
      case 'client ends':
        if (!this.clientHasEnded) stage.client.finish();
        this.clientHasEnded = true;
        return;
      case 'client resets':
        this.clientIsGone = true;
        return stage.client.gone('ECONNRESET');
      case 'lame duck':
        stage.context.state.draining = true;
        return;
      case 'drain':
        stage.context.state.draining = stage.context.state.closed = true;
        return stage.connection.drain();
    }
  }

  /** Nobody does anything any more: only time passes, and the kernels take what they are given. */
  end(): void {
    const { stage } = this;
    stage.holdTurns(false);
    stage.client.takeAll();
    for (const { socket } of stage.upstreams) socket.takeAll();
    for (const milliseconds of [LONG_MS, LONG_MS, LONG_MS, VERY_LONG_MS, LONG_MS, LONG_MS]) {
      stage.settle();
      stage.connectFails('connectTimeout');
      stage.settle();
      stage.pass(milliseconds);
    }
    stage.settle();
  }

  #clientSends(much: number): void {
    if (this.clientHasEnded || this.clientIsGone) return;
    const part = this.#unsent.slice(0, much);
    this.#unsent = this.#unsent.slice(much);
    if (part !== '') this.stage.client.push(Buffer.from(part, 'latin1'));
  }

  /** To the oldest request that has come whole on this connection and is not answered. */
  #originAnswers(which: number, much: number): void {
    const origin = this.#origins[which] ?? { answered: 0, unsent: '' };
    const request = wholeRequests(this.stage.upstreams[which]?.socket.taken ?? '')[origin.answered];
    if (request === undefined) return;
    const unsent = origin.unsent + answerText(request, much);
    this.#origins[which] = { answered: origin.answered + 1, unsent };
  }

  #originSends(which: number, much: number): void {
    const origin = this.#origins[which];
    const socket = this.stage.upstreams[which]?.socket;
    if (origin === undefined || socket === undefined || origin.unsent === '') return;
    this.#origins[which] = { ...origin, unsent: origin.unsent.slice(much) };
    socket.push(Buffer.from(origin.unsent.slice(0, much), 'latin1'));
  }
}

function requestText(kind: Kind, number: number): string {
  const host = kind === 'block' ? 'listed.example' : `${number % 3 === 0 ? 'a' : 'b'}.example`;
  const path = kind === 'block' ? '/dir/' : '/';
  const head = (method: string, fields = ''): string =>
    `${method} http://${host}${path}${number} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;
  switch (kind) {
    case 'get':
    case 'block':
      return head('GET');
    case 'head':
      return head('HEAD');
    case 'post':
      return `${head('POST', 'Content-Length: 5\r\n')}12345`;
    case 'chunked':
      return `${head('POST', 'Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n02\r\nde\r\n0\r\n\r\n`;
    case 'last':
      return head('GET', 'Connection: close\r\n');
    case 'connect':
      // What is in there is not HTTP, but the requests behind it are: whoever hides them there is refused (requirement 81).
      return `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n\0\n`;
  }
}

interface Received {
  readonly method: string;
  readonly number: string;
}

/** As an origin reads them. */
export function wholeRequests(text: string): Received[] {
  const requests = text.matchAll(/(GET|HEAD|POST) \/(\d+) HTTP\/1\.1\r\n(?:[^\r]+\r\n)*?\r\n(?=(.?))/gs);
  return [...requests].flatMap(({ 0: head, 1: method = '', 2: number = '', index }) => {
    const body = text.slice(index + head.length);
    if (/\r\nContent-Length: 5\r\n/.test(head) && body.length < 5) return [];
    if (/\r\nTransfer-Encoding/.test(head) && !body.includes('0\r\n\r\n')) return [];
    return [{ method, number }];
  });
}

/** Says whose answer it is, in one framing or another. */
function answerText({ method, number }: Received, much: number): string {
  const body = `<${number}>`.repeat(1 + (much % 3));
  const length = `HTTP/1.1 200 OK\r\nX-Number: ${number}\r\nContent-Length: ${body.length}\r\n\r\n`;
  if (method === 'HEAD') return length;
  if (much % 2 === 0) return `${length}${body}`;
  const interim = much % 5 === 0 ? 'HTTP/1.1 103 Early Hints\r\n\r\n' : '';
  const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join('');
  return `${interim}HTTP/1.1 200 OK\r\nX-Number: ${number}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}
