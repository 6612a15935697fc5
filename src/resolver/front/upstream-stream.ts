/**
 * A connection to a resolver, for one client's questions at a time; kept for the next client when nothing is owed on it.
 *
 *   supply.take ─▶ (kept one │ connect, PROXY header) ─▶ frames out, frames in ─▶ supply.keep │ closed
 *
 * It must not know what is asked.
 */
import { connect, type Socket } from 'node:net';
import type { DatagramEnd } from '../../lib/datagrams.ts';
import { DnsFrames } from '../../wire/dns-frames.ts';

export interface StreamOwner {
  /** A whole message, with its length before it. */
  message(frame: Buffer): void;
  /** It is gone; `wasConnected`: it was of use before. */
  lost(wasConnected: boolean): void;
}

/** Connections that wait for the next client, of one listener and worker. */
const MAX_KEPT = 64;

export class UpstreamStream {
  readonly index: number;
  readonly at: DatagramEnd;
  keptUntil = 0;
  /** It was kept before its owner got it. */
  isUsedAgain = false;
  readonly #socket: Socket;
  readonly #frames = new DnsFrames();
  #owner: StreamOwner | null;
  #isConnected = false;

  /** @param index of the upstream. @param header what is sent first; null: nothing. */
  constructor(index: number, at: DatagramEnd, owner: StreamOwner, header: Buffer | null) {
    this.index = index;
    this.at = at;
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

  get isConnected(): boolean {
    return this.#isConnected;
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
    if (!this.#socket.destroyed) this.#socket.write(frame);
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
    for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) this.#owner?.message(frame);
  }

  #lost(): void {
    const owner = this.#owner;
    this.#owner = null;
    owner?.lost(this.#isConnected);
  }
}

/** Those that wait, the newest last. */
export class KeptStreams {
  #kept: UpstreamStream[] = [];

  /** @returns one to that upstream; null if none is kept. */
  take({ address, port }: DatagramEnd, owner: StreamOwner): UpstreamStream | null {
    for (let i = this.#kept.length - 1; i >= 0; i--) {
      const stream = this.#kept[i];
      if (stream === undefined || stream.at.address !== address || stream.at.port !== port) continue;
      this.#kept.splice(i, 1);
      if (!stream.isOpen) continue;
      stream.isUsedAgain = true;
      stream.belongTo(owner);
      return stream;
    }
    return null;
  }

  keep(stream: UpstreamStream, until: number): void {
    if (!stream.isOpen || stream.isWithin || this.#kept.length >= MAX_KEPT) return stream.close();
    stream.keptUntil = until;
    stream.belongTo(null);
    this.#kept.push(stream);
  }

  sweep(now: number): void {
    this.#kept = this.#kept.filter((stream) => {
      if (stream.isOpen && now < stream.keptUntil) return true;
      stream.close();
      return false;
    });
  }

  close(): void {
    for (const stream of this.#kept) stream.close();
    this.#kept = [];
  }
}
