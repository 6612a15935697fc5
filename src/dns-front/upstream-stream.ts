/**
 * A connection to a resolver, for one client's questions at a time; kept for the next client when nothing is owed on it.
 *
 *   supply.take ─▶ (kept one │ connect, PROXY header) ─▶ frames out, frames in ─▶ supply.keep │ closed
 *
 * It must not know what is asked.
 */
import { connect, type Socket } from 'node:net';
import { DnsFrames } from '../wire/dns-frames.ts';
import type { Upstream } from './upstream.ts';

export interface StreamOwner {
  /** A whole message, with its length before it. */
  message(stream: UpstreamStream, frame: Buffer): void;
  /** It is gone; `wasConnected`: it was of use before. */
  lost(stream: UpstreamStream, wasConnected: boolean): void;
}

/** Connections that wait for the next client, of one listener and worker. */
const MAX_KEPT = 64;
/** Bytes that a resolver has not taken; its client has eight times less waiting at a time (dns-session.ts). A resolver that reads nothing is given up. */
const MAX_UNTAKEN = 256 * 1024;

export class UpstreamStream {
  upstream: Upstream;
  /** The resolver was told whose it is: it is for nobody else. */
  readonly isNamed: boolean;
  keptUntil = 0;
  /** Questions that were written and have no answer, of its owner's reckoning. */
  owed = 0;
  /** Of those the last ones for which its owner does not wait any more. */
  overdue: { isAnsweredBy(answer: Buffer): boolean }[] = [];
  /** Coarse time. */
  lastAnswerAt = -Infinity;
  /** It was kept before its owner got it. */
  isUsedAgain = false;
  readonly #socket: Socket;
  readonly #frames = new DnsFrames();
  #owner: StreamOwner | null;
  #isConnected = false;

  /** @param header what is sent first, that names the client; null: nothing. */
  constructor(upstream: Upstream, owner: StreamOwner, header: Buffer | null) {
    const { at } = upstream;
    this.upstream = upstream;
    this.isNamed = header !== null;
    this.#owner = owner;
    const socket = connect({ host: at.address, port: at.port, noDelay: true });
    this.#socket = socket;
    socket.on('connect', () => void (this.#isConnected = true));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // Whoever ends may do so between two answers: what is owed then goes to another connection.
    socket.on('end', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#lost());
    if (header !== null) socket.write(header);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Nobody has asked for it, and a part of an answer lies in it. */
  get isWithin(): boolean {
    return this.#frames.isWithin;
  }

  belongTo(owner: StreamOwner | null): void {
    this.#owner = owner;
    this.#socket.resume();
  }

  write(frame: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > MAX_UNTAKEN) this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#owner = null;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    // It speaks without being asked.
    if (this.#owner === null) return this.close();
    this.#frames.add(chunk);
    for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next())
      this.#owner?.message(this, frame);
  }

  #lost(): void {
    const owner = this.#owner;
    this.#owner = null;
    owner?.lost(this, this.#isConnected);
  }
}

const NOBODY: StreamOwner = {
  message: (stream) => {
    stream.upstream.isStreamDown = false;
    stream.close();
  },
  lost: () => {},
};

/** Those that wait, the newest last. */
export class KeptStreams {
  #kept: UpstreamStream[] = [];
  #left: UpstreamStream[] = [];

  /** @returns one to that upstream; null if none is kept. */
  take(upstream: Upstream, owner: StreamOwner): UpstreamStream | null {
    const { address, port } = upstream.at;
    for (let i = this.#kept.length - 1; i >= 0; i--) {
      const stream = this.#kept[i];
      if (stream === undefined) continue;
      const { at } = stream.upstream;
      if (at.address !== address || at.port !== port) continue;
      this.#kept.splice(i, 1);
      if (!stream.isOpen) continue;
      stream.isUsedAgain = true;
      // Of the configuration in force.
      stream.upstream = upstream;
      stream.belongTo(owner);
      return stream;
    }
    return null;
  }

  keep(stream: UpstreamStream, until: number): void {
    if (!stream.isOpen || stream.isWithin || stream.isNamed || this.#kept.length >= MAX_KEPT) return stream.close();
    stream.keptUntil = until;
    stream.belongTo(null);
    this.#kept.push(stream);
  }

  /** An answer may still come by it, that nobody else must get. */
  leave(stream: UpstreamStream, until: number): void {
    if (!stream.isOpen || this.#left.length >= MAX_KEPT) return stream.close();
    stream.keptUntil = until;
    stream.belongTo(NOBODY);
    this.#left.push(stream);
  }

  sweep(now: number): void {
    const stays = (stream: UpstreamStream): boolean => {
      if (stream.isOpen && now < stream.keptUntil) return true;
      stream.close();
      return false;
    };
    this.#kept = this.#kept.filter(stays);
    this.#left = this.#left.filter(stays);
  }

  close(): void {
    for (const stream of [...this.#kept, ...this.#left]) stream.close();
    this.#kept = [];
    this.#left = [];
  }
}
