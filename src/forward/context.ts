/**
 * What all connections of one data-plane thread share. One instance a thread; nothing here is locked, because nothing
 * here is ever touched by another thread. It must not hold anything of one connection.
 */
import type { Config } from '../config/types.ts';
import type { DataCounters } from '../observe/data-counters.ts';
import type { ObservedRequest } from '../wire/observed-request.ts';
import type { ObservedResponse } from '../wire/observed-response.ts';
import type { RequestHead } from '../wire/request-head.ts';
import type { RequestTarget } from '../wire/request-target.ts';
import type { ResponseHead } from '../wire/response-head.ts';
import type { NativeHolder } from './egress.ts';
import type { HeadTurns } from './head-turns.ts';
import type { KeptConnections } from './kept-connections.ts';
import type { LastUploads } from './last-upload.ts';
import type { ReadBuffers } from './read-buffers.ts';
import type { UpstreamCapacity } from './upstream-capacity.ts';
import type { WriteBatch } from './write-batch.ts';

/** Milliseconds, monotonic, coarse: set by the thread's one timer. Deadlines need no more. */
interface CoarseClock {
  now: number;
  /** The precise time, for what is measured. */
  precise(): number;
}

export interface ForwardContext {
  readonly config: Config;
  readonly counters: DataCounters;
  readonly clock: CoarseClock;
  /** What clients keep for themselves. */
  readonly kept: KeptConnections;
  /** Of clients that have gone. */
  readonly lastUploads: LastUploads;
  /** Bounds the sockets to origins. */
  readonly upstreamCapacity: UpstreamCapacity;
  readonly native: NativeHolder;
  readonly batch: WriteBatch;
  readonly readBuffers: ReadBuffers;
  readonly turns: HeadTurns;
  /** Name of this installation in Via. */
  readonly pseudonym: string;
  /** `Via: 1.0 pseudonym\r\n` and `Via: 1.1 …`, by the minor version that a message came with. */
  readonly via: readonly [Buffer, Buffer];
  /** Parsers whose result is used up before the next connection gets its turn. */
  readonly request: RequestHead;
  readonly target: RequestTarget;
  readonly response: ResponseHead;
  /** Of intercepted traffic. */
  readonly rawRequest: ObservedRequest;
  readonly rawResponse: ObservedResponse;
}

/** The largest head, what is added to it, and one shared read of body behind it. */
export function messageBytes(limits: Config['limits'], readBytes: number): number {
  return (
    Math.max(limits.requestLineBytes + limits.headerBytes, limits.responseHeadBytes) +
    limits.headerBytes +
    readBytes +
    8192
  );
}
