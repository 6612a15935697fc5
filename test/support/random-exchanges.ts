/**
 * Requests and answers out of a random number, each with the exact bytes of all four ways:
 *
 *   client ── request ──▶ proxy ── forwarded ──▶ origin
 *   client ◀── relayed ── proxy ◀── answered ─── origin
 *
 * Framing is as the proxy writes it itself, so that what comes out does not depend on how it was cut on its way in.
 */
import { seededInteger } from '../../bench/data/seeded-random.ts';

export interface Exchange {
  /** Part of the path: like no other. */
  readonly id: string;
  readonly request: Buffer;
  /** Null: it is the proxy that answers. */
  readonly forwarded: Buffer | null;
  readonly answered: Buffer;
  readonly relayed: Buffer;
  /** What the origin does behind its answer: nothing, end the connection at once, or when it has been idle for a moment. */
  readonly afterwards: 'keep' | 'end' | 'tire';
  /** It may come to the origin twice. */
  readonly mayRepeat: boolean;
}

export interface Surroundings {
  /** Of an origin that keeps its connections, and of one that does not. */
  readonly steady: string;
  readonly moody: string;
  /** Request and answer for what is refused. */
  readonly refused: Pick<Exchange, 'request' | 'relayed'>;
  /** Name of the proxy in Via. */
  readonly pseudonym: string;
}

/** Reads are taken another way from these sizes on (accept/client-reads.ts, forward/read-buffers.ts): one byte less, one more. */
const EDGES = [1024, 4096, 8192, 65_536].flatMap((edge) => [edge - 1, edge, edge + 1]);
const SIZES = [0, 1, 5, 100, 700, 3000, 20_000, 60_000, 70_000, 200_000, ...EDGES];
const SMALL = 1000;
const BODILESS = ['GET', 'GET', 'GET', 'HEAD', 'DELETE'];
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

export class RandomExchanges {
  readonly #surroundings: Surroundings;
  readonly #random: () => number;
  #made = 0;

  constructor(surroundings: Surroundings, random: () => number) {
    this.#surroundings = surroundings;
    this.#random = random;
  }

  /** Of one client: the last asks for the end of the connection. */
  sequence(): Exchange[] {
    const length = 1 + this.#below(this.#once(3) ? 20 : 4);
    return Array.from({ length }, (_, i) => this.#next(i === length - 1));
  }

  #next(isLast: boolean): Exchange {
    const id = `n${(this.#made += 1)}n`;
    if (!isLast && this.#once(12))
      return {
        ...this.#surroundings.refused,
        id,
        forwarded: null,
        answered: Buffer.alloc(0),
        afterwards: 'keep',
        mayRepeat: false,
      };
    return this.#once(3) ? this.#fromMoody(id, isLast) : this.#fromSteady(id, isLast);
  }

  /** Bodies both ways, every kind of framing, interim answers. */
  #fromSteady(id: string, isLast: boolean): Exchange {
    const method = this.#oneOf([...BODILESS, 'POST', 'PUT']);
    const body = method === 'POST' || method === 'PUT' ? this.#body(`${id}!`) : null;
    const answer = this.#answer(id, { isLast, isToHead: method === 'HEAD' });
    return {
      id,
      ...this.#request(this.#surroundings.steady, { id, method, body, isLast }),
      ...answer,
      mayRepeat: false,
    };
  }

  /** Ends its connections, or sends bytes that nobody asked for: what comes next must go on another one. */
  #fromMoody(id: string, isLast: boolean): Exchange {
    const answer = this.#answer(id, { isLast, isToHead: false, most: SMALL });
    const isPoisoned = answer.afterwards === 'keep' && this.#once(2);
    return {
      id,
      ...this.#request(this.#surroundings.moody, { id, method: 'GET', body: null, isLast }),
      ...answer,
      ...(isPoisoned
        ? { answered: Buffer.concat([answer.answered, Buffer.from(POISON)]) }
        : answer.afterwards === 'keep'
          ? { afterwards: this.#oneOf(['end', 'tire'] as const) }
          : {}),
      mayRepeat: true,
    };
  }

  #request(
    authority: string,
    { id, method, body, isLast }: { id: string; method: string; body: Framed | null; isLast: boolean },
  ): Pick<Exchange, 'request' | 'forwarded'> {
    const own = this.#once(3) ? `X-Own: ${'o'.repeat(this.#below(2000))}\r\n` : '';
    const framing = body === null ? '' : body.field;
    const connection = isLast ? 'Connection: close\r\n' : '';
    const head = `Host: ${authority}\r\n${own}`;
    const added = `${this.#via}X-Forwarded-For: 127.0.0.1\r\n\r\n`;
    return {
      request: bytes(`${method} http://${authority}/${id} HTTP/1.1\r\n${head}${framing}${connection}\r\n`, body),
      forwarded: bytes(`${method} /${id} HTTP/1.1\r\n${head}${framing}${added}`, body),
    };
  }

  #answer(
    id: string,
    { isLast, isToHead, most }: { isLast: boolean; isToHead: boolean; most?: number },
  ): Pick<Exchange, 'answered' | 'relayed' | 'afterwards'> {
    const label = `X-Label: ${id}\r\n`;
    const interim = this.#once(6) ? `HTTP/1.1 103 Early Hints\r\n${label}` : null;
    const status = this.#once(6)
      ? this.#oneOf(['204 No Content', '304 Not Modified'])
      : this.#oneOf(['200 OK', '404 Not Found']);
    const isEmpty = status.startsWith('204') || status.startsWith('304');
    const untilClose = isLast && !isEmpty && this.#once(3);
    const body = isEmpty ? null : untilClose ? { field: '', bytes: this.#content(id, most) } : this.#body(id, most);
    const head = `HTTP/1.1 ${status}\r\n${label}`;
    const framing = body?.field ?? '';
    // What would be chunked for GET is not told to HEAD (RFC 9110 §9.3.2 leaves it out).
    const told = isToHead && framing.startsWith('Transfer-Encoding') ? '' : framing;
    const sent = isToHead ? null : body;
    const before = (added: string): string => (interim === null ? '' : `${interim}${added}\r\n`);
    return {
      answered: bytes(`${before('')}${head}${framing}${untilClose ? 'Connection: close\r\n' : ''}\r\n`, sent),
      relayed: bytes(
        `${before(this.#via)}${head}${told}${isLast ? 'Connection: close\r\n' : ''}${this.#via}\r\n`,
        sent,
      ),
      afterwards: untilClose ? 'end' : 'keep',
    };
  }

  #body(tag: string, most = Infinity): Framed {
    const content = this.#content(tag, most);
    if (this.#once(2)) return { field: `Content-Length: ${content.length}\r\n`, bytes: content };
    const chunks: Buffer[] = [];
    const largest = this.#oneOf([10, 1000, 100_000]);
    for (let at = 0; at < content.length;) {
      const chunk = content.subarray(at, at + Math.max(1, this.#below(largest), content.length >> 8));
      chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
      at += chunk.length;
    }
    return { field: 'Transfer-Encoding: chunked\r\n', bytes: Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]) };
  }

  #content(tag: string, most = Infinity): Buffer {
    return Buffer.alloc(this.#oneOf(SIZES.filter((size) => size <= most)), tag);
  }

  get #via(): string {
    return `Via: 1.1 ${this.#surroundings.pseudonym}\r\n`;
  }

  #below(limit: number): number {
    return seededInteger(this.#random, limit);
  }

  #once(in_: number): boolean {
    return this.#below(in_) === 0;
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[this.#below(all.length)]!;
  }
}

interface Framed {
  /** Line of the head. */
  readonly field: string;
  readonly bytes: Buffer;
}

function bytes(head: string, body: Framed | null): Buffer {
  return Buffer.concat([Buffer.from(head, 'latin1'), body?.bytes ?? Buffer.alloc(0)]);
}
