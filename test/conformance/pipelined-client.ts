/**
 * Asks an origin for many targets, each byte for byte as it is given: several connections, several requests under way on
 * each. Answers come in the order of the requests (RFC 9112 §9.3.2), so each is told to its target; what a connection
 * that ends leaves unanswered is asked again on another.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { readResponse } from './response.ts';
import { servedBy } from './site.ts';
import type { Served } from './site.ts';

export interface Answer {
  /** 0: the origin ended the connection without an answer, each time it was asked. */
  readonly status: number;
  readonly served: Served | null;
}

export interface ClientOptions {
  readonly port: number;
  /** Value of the Host field. */
  readonly host: string;
  readonly connections: number;
  /** Requests under way on one connection. */
  readonly depth: number;
}

const NO_ANSWER: Answer = { status: 0, served: null };
/** Lost with its connection so many times while it was the next to be answered: it is the reason. */
const MAX_TRIES = 3;
/** An origin that says nothing for so long will not say anything; far more than any takes on a busy machine. */
const SILENCE_MS = 30_000;

export class PipelinedClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Answers in the order of `targets`. */
  async ask(targets: readonly string[]): Promise<Answer[]> {
    const batch = new Batch(targets);
    const ways = Math.min(this.#options.connections, targets.length);
    await Promise.all(
      Array.from({ length: ways }, async () => {
        while (!batch.isDone) await this.#converse(batch);
      }),
    );
    return batch.answers;
  }

  async askOne(target: string): Promise<Answer> {
    return (await this.ask([target]))[0]!;
  }

  /** One connection, for as long as it lasts or there is something to ask. */
  async #converse(batch: Batch): Promise<void> {
    await new Promise<void>((resolve) => {
      const conversation = new Conversation(batch, this.#options, resolve);
      conversation.begin();
    });
  }
}

/** Targets that wait, and the answers so far. */
class Batch {
  readonly answers: Answer[];
  readonly targets: readonly string[];
  readonly #waiting: number[];
  readonly #tries: Uint8Array;
  #open: number;

  constructor(targets: readonly string[]) {
    this.targets = targets;
    this.answers = Array.from(targets, () => NO_ANSWER);
    this.#waiting = Array.from(targets.keys()).toReversed();
    this.#tries = new Uint8Array(targets.length);
    this.#open = targets.length;
  }

  get isDone(): boolean {
    return this.#open === 0 || this.#waiting.length === 0;
  }

  take(): number | undefined {
    return this.#waiting.pop();
  }

  settle(index: number, answer: Answer): void {
    this.answers[index] = answer;
    this.#open -= 1;
  }

  /** The connection ended without an answer to these; the first of them may be why. */
  giveBack([first, ...rest]: readonly number[], mayBeTheReason: boolean): void {
    this.#waiting.push(...rest);
    if (first === undefined) return;
    if (mayBeTheReason) this.#tries[first]! += 1;
    if (this.#tries[first]! >= MAX_TRIES) this.settle(first, NO_ANSWER);
    else this.#waiting.push(first);
  }
}

class Conversation {
  readonly #batch: Batch;
  readonly #options: ClientOptions;
  readonly #ended: () => void;
  readonly #socket: Socket;
  readonly #underWay: number[] = [];
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;

  constructor(batch: Batch, options: ClientOptions, ended: () => void) {
    this.#batch = batch;
    this.#options = options;
    this.#ended = ended;
    this.#socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
  }

  begin(): void {
    this.#socket.setTimeout(SILENCE_MS, () => this.#end(true));
    this.#socket.on('connect', () => this.#askMore());
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#socket.on('error', () => this.#end(true));
    this.#socket.on('close', () => this.#close());
  }

  #askMore(): void {
    let text = '';
    while (this.#underWay.length < this.#options.depth) {
      const index = this.#batch.take();
      if (index === undefined) break;
      this.#underWay.push(index);
      text += `GET ${this.#batch.targets[index]!} HTTP/1.1\r\nHost: ${this.#options.host}\r\n\r\n`;
    }
    if (text !== '') this.#socket.write(text, 'latin1');
    if (this.#underWay.length === 0) this.#end(false);
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    for (
      let response = readResponse(this.#received, false);
      response !== null;
      response = readResponse(this.#received, false)
    ) {
      this.#received = this.#received.subarray(response.length);
      if (response.status >= 200) this.#settle(response.status, response.body);
      if (response.closes) return this.#end(false);
      if (this.#hasEnded) return;
    }
    if (this.#underWay.length <= this.#options.depth / 2) this.#askMore();
  }

  #settle(status: number, body: string): void {
    const index = this.#underWay.shift();
    if (index !== undefined) this.#batch.settle(index, { status, served: servedBy(body) });
  }

  /** A body may reach to the end of the connection. */
  #close(): void {
    if (this.#hasEnded) return;
    const last = readResponse(this.#received, true);
    if (last !== null) this.#settle(last.status, last.body);
    this.#end(last === null);
  }

  #end(withoutAnswer: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#batch.giveBack(this.#underWay, withoutAnswer);
    this.#socket.destroy();
    this.#ended();
  }
}
