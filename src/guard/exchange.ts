/**
 * One connection, or one port of UDP, and what comes back, bounded in bytes and in time.
 * Each probe has its own: the kernel gives it to a worker by chance. It must not judge the answer.
 *
 *   connect ─▶ request ─▶ answer, and from which address and port it was asked
 *
 * A timer that comes late proves nothing: this process stood still, and the answer may lie in the socket. So the socket is read once more
 * before anything is called a timeout, and where the timer was very late nothing is said at all.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { errnoOf } from '../lib/errors.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { Endpoint } from './settings.ts';

export interface Exchange {
  readonly to: Endpoint;
  /** Null: as the system chooses. */
  readonly from: string | null;
  readonly request: string | Uint8Array;
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
/** Datagrams of one question within its time. */
const SENDS = 4;
const NO_ANSWER: Readonly<Record<string, NoAnswer>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

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
  const timer = noneInTime(timeoutMs, time, resolve);
  socket.on('connect', () => {
    own = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    socket.write(request);
  });
  socket.on('data', (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece]);
    if (isEnough(bytes) || bytes.length >= MAX_ANSWER_BYTES) resolve({ kind: 'answer', bytes, from: own });
  });
  socket.on('end', () => (bytes.length === 0 ? none('closed') : resolve({ kind: 'answer', bytes, from: own })));
  socket.on('error', (error) => none(NO_ANSWER[errnoOf(error)] ?? 'unreachable'));
  try {
    return await promise;
  } finally {
    timer.cancel();
    socket.destroy();
  }
}

/**
 * One question over UDP, from a port of its own. The same bytes are sent again within the time, as clients do:
 * one datagram that is lost on a busy machine proves nothing. It never rejects.
 */
export async function datagramExchange({ to, from, request, ...bounds }: Exchange): Promise<Exchanged> {
  const { timeoutMs, isEnough, time = systemTime } = bounds;
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
  const none = (error: Error): void => resolve({ kind: 'none', why: NO_ANSWER[errnoOf(error)] ?? 'unreachable' });
  const timers = [noneInTime(timeoutMs, time, resolve)];
  const ask = (): void => {
    socket.send(request);
    timers.push(time.every(timeoutMs / SENDS, () => socket.send(request)));
  };
  socket.on('error', none);
  socket.on('connect', ask);
  socket.on('message', (bytes) => {
    if (isEnough(bytes)) resolve({ kind: 'answer', bytes, from: socket.address() });
  });
  try {
    socket.bind({ address: from ?? undefined, exclusive: true }, () => socket.connect(to.port, to.address));
    return await promise;
  } finally {
    for (const timer of timers) timer.cancel();
    socket.close();
  }
}

/** Tells of no answer when the time is over. */
function noneInTime(timeoutMs: number, time: Time, tell: (none: Exchanged) => void): Timer {
  const due = time.now() + timeoutMs;
  return time.after(timeoutMs, () => {
    const isLate = time.now() - due > timeoutMs / 2;
    // What has arrived is read between a timer and an immediate.
    time.nextTurn(() => tell({ kind: 'none', why: isLate ? 'late' : 'timeout' }));
  });
}
