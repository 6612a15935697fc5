/**
 * A connection that has come and has not said yet whose it is: on a listener that requires it, a PROXY header comes first.
 *
 *   socket ──bytes──▶ header ─┬─ whole ──▶ named(source): the mode's connection, with the bytes behind the header as they came
 *                             └─ none, another one, too late ──▶ closed and counted
 *
 * Until then it counts as a connection of the thread, and of no client. Nothing is answered: who sends no header is a balancer
 * that is set up wrongly, or somebody who has no business here. It must not know what is spoken behind the header.
 */
import type { Socket } from 'node:net';
import { DIRECTION, DROPPED, type DroppedCode } from '../observe/counters.ts';
import { readProxyHeader, type PeerEnd } from '../wire/proxy-header.ts';
import type { ListenerView, OpenConnection, WorkerContext } from './worker-context.ts';

export interface HeaderTerms {
  /** It may name others; it must not where it is this machine, which speaks for itself. */
  readonly mayName: boolean;
  /** The header may be about a datagram. */
  readonly takesDatagramHeaders?: boolean;
  /** Called once, with nobody listening to the socket: `source` is whose connection it is, null for the sender's own. */
  readonly named: (source: PeerEnd | null) => void;
}

const NOTHING: Buffer = Buffer.alloc(0);

export class ProxyHeaderWait implements OpenConnection {
  readonly listener: ListenerView;
  /** The header will say whose the connection is. */
  client: null = null;
  place = -1;
  readonly #context: WorkerContext;
  readonly #socket: Socket;
  readonly #terms: HeaderTerms;
  readonly #deadline: number;
  /** Of the header, less than a whole one. */
  #bytes = NOTHING;

  private constructor(context: WorkerContext, listener: ListenerView, socket: Socket, terms: HeaderTerms) {
    this.#context = context;
    this.listener = listener;
    this.#socket = socket;
    this.#terms = terms;
    this.#deadline = context.clock.now + context.config.timeouts.proxyHeader;
  }

  /** From now on it counts as a connection of the thread, until the header is there or never comes. */
  static begin(context: WorkerContext, listener: ListenerView, socket: Socket, terms: HeaderTerms): void {
    const wait = new ProxyHeaderWait(context, listener, socket, terms);
    socket.on('data', wait.#onData);
    socket.on('end', wait.#onEnd);
    socket.on('error', wait.#onError);
    socket.on('close', wait.#onClose);
    context.connections.add(wait);
    context.counters.connection(listener.slot, 1);
  }

  sweep(now: number): void {
    if (now >= this.#deadline) this.#drop(DROPPED.proxy_header_timeout);
  }

  drain(): void {
    // A request may be under way behind the header.
  }

  holdBack(): void {
    // Whose it is is not known.
  }

  close(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const header = readProxyHeader(bytes, this.#context.config.limits.proxyHeaderBytes);
    if (header === 'more') this.#bytes = bytes;
    else if (header === 'malformed' || (header.isDatagram && this.#terms.takesDatagramHeaders !== true))
      this.#drop(DROPPED.proxy_header_invalid);
    else if (header.source !== null && !this.#terms.mayName) this.#drop(DROPPED.proxy_sender_denied);
    else this.#pass(header.source, header.length, bytes);
  };

  #pass(source: PeerEnd | null, length: number, bytes: Buffer): void {
    const socket = this.#socket;
    this.#leave();
    this.#context.counters.bytes(DIRECTION.client_in, length);
    // What is behind the header is read again by whoever listens when this turn is over.
    socket.pause();
    if (bytes.length > length) socket.unshift(bytes.subarray(length));
    socket.resume();
    this.#terms.named(source);
  }

  /** A sender that looks whether we listen says nothing, and nothing is wrong with that. */
  readonly #onEnd = (): void => {
    if (this.#bytes.length > 0) this.#drop(DROPPED.proxy_header_invalid);
    else this.#socket.destroy();
  };

  readonly #onError = (): void => this.#context.counters.dropped(DROPPED.client_error);

  readonly #onClose = (): void => this.#leave();

  #drop(reason: DroppedCode): void {
    this.#leave();
    this.#context.counters.dropped(reason);
    this.#socket.on('error', ignore);
    this.#socket.destroy();
  }

  #leave(): void {
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.#bytes = NOTHING;
    this.#context.connections.delete(this);
    this.#context.counters.connection(this.listener.slot, -1);
  }
}

function ignore(): void {
  // It is closed already.
}
