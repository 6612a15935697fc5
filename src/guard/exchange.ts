/**
 * One connection and what comes back on it, bounded in bytes and in time. Each probe is one: the kernel gives a new connection to a worker
 * by chance. It must not judge the answer.
 *
 *   connect ─▶ request ─▶ answer, and from which address and port it was asked
 *
 * A timer that comes late proves nothing: this process stood still, and the answer may lie in the socket. So the socket is read once more
 * before anything is called a timeout, and where the timer was very late nothing is said at all.
 */
import { connect } from 'node:net';
import { errnoOf } from '../lib/errors.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { Endpoint } from './settings.ts';

export interface Exchange {
  readonly to: Endpoint;
  /** Null: as the system chooses. */
  readonly from: string | null;
  readonly request: string;
  readonly timeoutMs: number;
  /** Whether what has come is all that is needed. */
  readonly isEnough: (answer: Buffer) => boolean;
  readonly time?: Time;
}

/** Why there is no answer. `late`: this process stood still. */
export type NoAnswer = 'refused' | 'timeout' | 'closed' | 'reset' | 'unreachable' | 'late';

export type Exchanged =
  | { readonly kind: 'answer'; readonly bytes: Buffer; readonly from: Endpoint }
  | { readonly kind: 'none'; readonly why: NoAnswer };

const MAX_ANSWER_BYTES = 16 * 1024;
const WHY: Readonly<Record<string, NoAnswer>> = { ECONNREFUSED: 'refused', ECONNRESET: 'reset', EPIPE: 'reset' };

/** It never rejects. */
export async function exchange({ to, from, request, ...bounds }: Exchange): Promise<Exchanged> {
  const { timeoutMs, isEnough, time = systemTime } = bounds;
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const socket = connect({
    host: to.address,
    port: to.port,
    noDelay: true,
    ...(from === null ? {} : { localAddress: from }),
  });
  let bytes = Buffer.alloc(0);
  let own: Endpoint = { address: '', port: 0 };
  const none = (why: NoAnswer): void => resolve({ kind: 'none', why });
  const due = time.now() + timeoutMs;
  const timer = time.after(timeoutMs, () => {
    const isLate = time.now() - due > timeoutMs / 2;
    // What has arrived is read between a timer and an immediate.
    time.nextTurn(() => none(isLate ? 'late' : 'timeout'));
  });
  socket.on('connect', () => {
    own = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    socket.write(request);
  });
  socket.on('data', (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece]);
    if (isEnough(bytes) || bytes.length >= MAX_ANSWER_BYTES) resolve({ kind: 'answer', bytes, from: own });
  });
  socket.on('end', () => (bytes.length === 0 ? none('closed') : resolve({ kind: 'answer', bytes, from: own })));
  socket.on('error', (error) => none(WHY[errnoOf(error)] ?? 'unreachable'));
  try {
    return await promise;
  } finally {
    timer.cancel();
    socket.destroy();
  }
}
