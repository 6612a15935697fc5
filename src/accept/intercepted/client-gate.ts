/**
 * What a client says that is not HTTP to us, on its way to a server that may find a request in it (requirement 81): it goes on as wire/line-gate.ts
 * lets it, with whom it names judged, until the server has answered. A client of TLS may say hello again, and must name then whom
 * it has named before (wire/second-hello.ts).
 *
 *   take(bytes) ─▶ what goes on now; the rest is held     null: nothing goes on any more, and the request is counted
 *
 * It must not write to anybody.
 */
import { VERDICT, type VerdictCode } from '../../observe/counters.ts';
import { HTTP_ANSWER, TLS_ANSWERS, type Prefix } from '../../wire/answer-gate.ts';
import { byteString } from '../../wire/bytes.ts';
import { LineGate, REQUEST } from '../../wire/line-gate.ts';
import { AGAIN, type SecondHello } from '../../wire/second-hello.ts';
import type { ConnectionHost } from '../connection-part.ts';
import { ClientInput } from '../http/client-input.ts';
import type { WorkerContext } from '../worker-context.ts';
import { judgeLines } from './judge-unnamed.ts';
import type { OriginSide } from './origin-side.ts';

export interface GateParts {
  readonly context: WorkerContext;
  readonly host: ConnectionHost;
  readonly originSide: OriginSide;
}

const NOTHING: Buffer = Buffer.alloc(0);

export class ClientGate {
  readonly #isTls: boolean;
  readonly #parts: GateParts;
  readonly #lines: LineGate;
  readonly #held = new ClientInput();
  /** Null: none can come, or it has. */
  #second: SecondHello | null;
  #isAnswered = false;

  /** `second`: it begins with a ClientHello, behind which this may come; `undefined`: it is not TLS. */
  constructor(parts: GateParts, second?: SecondHello | null) {
    this.#parts = parts;
    this.#isTls = second !== undefined;
    this.#lines = new LineGate(this.#isTls);
    this.#second = second ?? null;
  }

  /** As what the server's answer would be one to what was none. What a server of TLS answers to a hello begins as the others do. */
  get answers(): readonly Prefix[] {
    const { originSide } = this.#parts;
    return !this.#isTls && originSide.isTlsAt(originSide.port) ? [HTTP_ANSWER, ...TLS_ANSWERS] : [HTTP_ANSWER];
  }

  /** Part of a line waits for its end. */
  get holds(): boolean {
    return !this.#held.empty;
  }

  /** Whatever comes goes on. */
  get isOver(): boolean {
    return this.#isAnswered && this.#second === null;
  }

  take(bytes: Buffer): Buffer | null {
    if (!this.#mayNameAgain(bytes)) return this.#refused();
    if (this.#isAnswered) return bytes;
    this.#held.add(bytes);
    return this.#go(this.#lines.read(this.#text));
  }

  /** The client sends no more: the same, with the end of what it has said last. */
  takeLast(): Buffer | null {
    return this.#isAnswered ? NOTHING : this.#go(this.#lines.readLast(this.#text));
  }

  /** The server has said what it makes of all that has gone on. @returns what is held: it goes on */
  answered(): Buffer {
    this.#isAnswered = true;
    return this.#held.takeAll();
  }

  get #text(): string {
    const { bytes, pos } = this.#held;
    return byteString(bytes, pos, bytes.length);
  }

  #mayNameAgain(bytes: Buffer): boolean {
    const again = this.#second?.read(bytes) ?? AGAIN.over;
    if (again === AGAIN.over) this.#second = null;
    return again !== AGAIN.other;
  }

  /** @param length of what is held that may go, unless it names somebody that may not be reached */
  #go(length: number): Buffer | null {
    if (length === REQUEST) return this.#refused();
    if (!this.#mayPass()) return null;
    const { bytes, pos } = this.#held;
    this.#held.pos += length;
    this.#held.forget();
    return bytes.subarray(pos, pos + length);
  }

  #mayPass(): boolean {
    const { names, hasText } = this.#lines;
    if (names.length === 0 && !hasText) return true;
    const { context, host, originSide } = this.#parts;
    const verdict = judgeLines(context.verdicts, host, originSide, names);
    if (verdict.action !== 'block' && verdict.action !== 'refuse') return true;
    if (verdict.action === 'block') context.brake.hit(host.client, verdict, context.clock.now);
    this.#refused(VERDICT[verdict.action]);
    return false;
  }

  #refused(verdict: VerdictCode = VERDICT.refuse): null {
    this.#held.clear();
    this.#parts.context.counters.request(this.#parts.host.listener.slot, verdict);
    return null;
  }
}
