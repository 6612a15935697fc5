/**
 * What an intercepting filter sends on of a client's bytes, and which answers it relays, with the project's own parts: first
 * bytes, gates, observed heads and bodies, verdicts. The rules of the session that it assumes:
 *
 *   a request goes on when the answer before it has come, and nothing after one that is blocked, refused or not complete
 *   nothing follows HTTP/0.9, a request that closes or has bare LF, a body (requirement 61: the hosts of this run have path entries),
 *   an upgrade, CONNECT
 *   of what is no HTTP lines go on, one after the other, up to one that may not; behind them nothing comes back that begins with `HTTP/`
 */
import { ClientHello } from '../../../src/wire/client-hello.ts';
import { NEED_MORE } from '../../../src/wire/field-section.ts';
import { FIRST, lastBytes } from '../../../src/wire/first-bytes.ts';
import { LineGate, REQUEST } from '../../../src/wire/line-gate.ts';
import { ObservedBody } from '../../../src/wire/observed-body.ts';
import { ObservedRequest } from '../../../src/wire/observed-request.ts';
import { METHOD, NO_BODY } from '../../../src/wire/request-head.ts';
import { namedBySlashes } from '../../../src/wire/text-line.ts';
import { isPassed } from '../filter.ts';
import type { Filter } from '../filter.ts';
import { FALLBACK_HOST } from './site.ts';

/** Why nothing more goes on. */
export type Stop = 'other' | 'tls' | 'undecided' | 'blocked' | 'refused' | 'held' | 'last';

export interface Passed {
  /** Of the client's bytes, so many go to the origin. */
  readonly bytes: number;
  /** Where each request ends that goes on; the next one goes when the answer has come. */
  readonly ends: readonly number[];
  /** So many of the origin's answers go to the client. */
  readonly answers: number;
  /** None does if the first begins as HTTP does. */
  readonly isGated: boolean;
  readonly stop: Stop;
}

/** The two that hold what is no HTTP, each of which is shown by itself. */
export interface Layers {
  readonly lines: boolean;
  readonly answers: boolean;
}

const BOTH: Layers = { lines: true, answers: true };
const LIMITS = { requestLineBytes: 16_384, headerBytes: 65_536, headerCount: 128 };
const CHUNKS = { chunkExtensionBytes: 256, trailerBytes: 8192 };

export class HeadFilter {
  readonly #filter: Filter;
  readonly #layers: Layers;
  readonly #request = new ObservedRequest(LIMITS);
  readonly #body = new ObservedBody(CHUNKS);

  constructor(filter: Filter, layers: Layers = BOTH) {
    this.#filter = filter;
    this.#layers = layers;
  }

  passed(text: string): Passed {
    const bytes = Buffer.from(text, 'latin1');
    const kind = lastBytes(bytes, 0, bytes.length);
    if (kind === FIRST.other) return this.#gated(text, 'other');
    if (kind === FIRST.tls) return isHello(bytes) ? this.#gated(text, 'tls') : NOTHING('tls');
    // With the gate for lines off: as if a client might say what it likes.
    if (kind === FIRST.more) return this.#layers.lines ? NOTHING('undecided') : this.#gated(text, 'other');
    const ends: number[] = [];
    for (;;) {
      const at = ends.at(-1) ?? 0;
      const next = this.#next(bytes, at);
      if (typeof next === 'string') return { bytes: at, ends, answers: ends.length, isGated: false, stop: next };
      ends.push(next.end);
      if (next.isLast) return { bytes: next.end, ends, answers: ends.length, isGated: false, stop: 'last' };
    }
  }

  #gated(text: string, stop: Stop): Passed {
    const bytes = this.#layers.lines ? this.#ofLines(text, stop === 'tls') : text.length;
    return bytes === 0
      ? NOTHING(stop)
      : { bytes, ends: [bytes], answers: Infinity, isGated: this.#layers.answers, stop };
  }

  /** Lines that come one by one: of those before one that may not go on, all have gone. */
  #ofLines(text: string, isTls: boolean): number {
    const gate = new LineGate(isTls);
    let gone = 0;
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      const length = line.endsWith('\n') ? gate.read(line) : gate.readLast(line);
      if (length === REQUEST || gate.names.some((name) => !this.#filter.passesUnread(name))) return gone;
      gone += length;
    }
    return gone;
  }

  #next(bytes: Buffer, start: number): { readonly end: number; readonly isLast: boolean } | Stop {
    const request = this.#request;
    request.begin(start);
    const after = request.parse(bytes, bytes.length);
    if (after === NEED_MORE) return 'held';
    if (after < 0) return 'refused';
    const judged = this.#judged(bytes);
    if (judged !== null) return judged;
    const end = this.#bodyEnd(bytes, after);
    const isLast =
      !request.keepsAlive ||
      request.hasUpgrade ||
      request.method === METHOD.connect ||
      request.contentLength !== NO_BODY;
    return { end, isLast };
  }

  /** A body that is malformed: its head has gone on, and of it whatever came before. */
  #bodyEnd(bytes: Buffer, start: number): number {
    this.#body.begin(this.#request.contentLength);
    const reached = this.#body.done ? start : this.#body.read(bytes, start, bytes.length);
    return reached < 0 ? start : reached;
  }

  /** Null: it goes on. Under both hosts, where there are two. */
  #judged(bytes: Buffer): 'blocked' | 'refused' | null {
    const { hostStart, hostEnd, namedStart, namedEnd, pathStart, pathEnd } = this.#request;
    const path = bytes.toString('latin1', pathStart, pathEnd);
    const hosts = [hostStart < 0 ? FALLBACK_HOST : bytes.toString('latin1', hostStart, hostEnd)];
    if (namedStart >= 0) hosts.push(bytes.toString('latin1', namedStart, namedEnd));
    const asked = hosts.map((host) => ({ host, path }));
    const bySlashes = namedBySlashes(path);
    if (bySlashes !== null && this.#filter.judgedAt(bySlashes.host, '/') !== 'malformed') asked.push(bySlashes);
    for (const each of asked) {
      const judged = this.#filter.judgedAt(each.host, each.path);
      if (!isPassed(judged)) return judged === 'block' ? 'blocked' : 'refused';
    }
    return null;
  }
}

const NOTHING = (stop: Stop): Passed => ({ bytes: 0, ends: [], answers: 0, isGated: false, stop });

/** Some name in it may pass. */
function isHello(bytes: Buffer): boolean {
  const hello = new ClientHello();
  hello.begin(0, bytes.length);
  return hello.parse(bytes, bytes.length) > 0;
}
