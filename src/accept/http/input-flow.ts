/**
 * When a client's bytes are looked at: one step after the other until the session can take no more, a head only if its
 * client has had its answers and has its turn. Everything kept per client is bounded.
 *
 *   add ─▶ input ─▶ step, step, … ─▶ takes no more: waits for the next event
 *            ▲        └─ inside a step nothing starts another run: what it leads to waits in the input
 *            └─ too much is waiting: the client is not read
 *
 * It must not know what a head says.
 */
import type { ClientPort, FlushWaiter } from '../../forward/client-port.ts';
import { ClientInput } from './client-input.ts';
import type { ConnectionHost } from '../connection-part.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Answers written but not taken by the client: beyond this no further pipelined request is looked at. */
const ANSWER_BACKLOG = 64 * 1024;
/**
 * Milliseconds that a byte takes to be read where there are tens of thousands, each read into new memory: what 900
 * connections that send the slowest heads at once were measured with (`npm run bench:load -- --scenes worst-heads`).
 */
const READ_MS = 1.3e-6;

/** Who takes the bytes. */
export interface InputTaker {
  /** What comes next is a head. */
  readonly awaitsHead: boolean;
  /**
   * Takes a head, or what comes behind one. @returns false if nothing more can be done with the input now.
   * @param beganAt precise time: now
   */
  takeHead(beganAt: number): boolean;
  takeBody(): boolean;
  /** Precise time at which the last request went out; then nothing was left to do with its head. */
  readonly sentAt: number;
  /** All has been taken that can be. */
  inputTaken(): void;
}

export class InputFlow implements FlushWaiter {
  readonly input = new ClientInput();
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #port: ClientPort;
  readonly #taker: InputTaker;
  #isRunning = false;
  #isStopped = false;
  /** For the client to take its answers, or for its turn (head-turns.ts). */
  #isWaiting = false;

  constructor(context: WorkerContext, host: ConnectionHost, port: ClientPort, taker: InputTaker) {
    this.#context = context;
    this.#host = host;
    this.#port = port;
    this.#taker = taker;
  }

  /** The next head waits for something else than bytes. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  add(bytes: Buffer): void {
    // To read them took its time too.
    if (this.#taker.awaitsHead) this.#context.turns.took(this.#host.client, bytes.length * READ_MS);
    this.input.add(bytes);
    this.run();
  }

  run(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    while (!this.input.empty && this.#step());
    this.#isRunning = false;
    if (this.#isStopped) return;
    this.input.forget();
    this.#taker.inputTaken();
  }

  /** Reads from the client again, and looks at what has come. */
  resume(): void {
    this.#port.resumeReads();
    this.run();
  }

  /** The rest of the input is for somebody else, or for nobody. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Unparsed input is bounded: a client that sends on without reading answers is not read. */
  bound(): void {
    if (this.input.length > this.#context.config.limits.pipelineBytes) this.#port.pauseReads();
  }

  #step(): boolean {
    if (!this.#taker.awaitsHead) return this.#taker.takeBody();
    if (!this.#mayReadHead()) return false;
    const { turns, clock } = this.#context;
    const { client } = this.#host;
    const beganAt = clock.precise();
    const goesOn = this.#taker.takeHead(beganAt);
    // The clock is not read twice for one moment.
    const { sentAt } = this.#taker;
    turns.took(client, (sentAt > beganAt ? sentAt : clock.precise()) - beganAt);
    return goesOn;
  }

  /** Others of the client use up its time: what the kernel has of this connection stays there until the turn comes. */
  holdBack(): void {
    if (this.#isWaiting || this.#isRunning) return;
    this.#isWaiting = true;
    this.#port.pauseReads();
    this.#context.turns.waitUnread(() => this.#goOn());
  }

  /** Nothing is read from the client while a head waits: what waits stays as small as what had come. */
  #mayReadHead(): boolean {
    if (this.#isWaiting) return false;
    const { turns, brake } = this.#context;
    const { client } = this.#host;
    if (this.#port.unsent > ANSWER_BACKLOG) this.#port.whenFlushed(this);
    else if (brake.holds(client)) brake.wait(client, () => this.#goOn());
    else if (turns.mustWait(client)) {
      turns.wait(() => this.#goOn());
      if (turns.stops(client)) this.#host.holdOthersBack();
    } else return true;
    this.#isWaiting = true;
    this.#port.pauseReads();
    return false;
  }

  outputFlushed(): void {
    this.#goOn();
  }

  #goOn(): void {
    this.#isWaiting = false;
    if (!this.#isStopped) this.resume();
  }
}
