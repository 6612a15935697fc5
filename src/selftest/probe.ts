/**
 * One request to a listener, over a real connection. What comes back is bounded in bytes and in time. It must not know what is
 * asked, nor judge the answer.
 */
import { connect } from 'node:net';
import { DEADLINES } from '../lib/deadlines.ts';
import { errnoOf } from '../lib/errors.ts';
import { systemTime } from '../lib/time.ts';

/** Where the instance listens. */
export interface ProbeEndpoint {
  readonly address: string;
  readonly port: number;
  /** What must come before a request there: a PROXY header of a peer that speaks for itself; empty elsewhere. */
  readonly preface: Buffer;
  /** The address to connect from; null: the system chooses. */
  readonly from: string | null;
  /** Its clients say with the end of their output that nothing more comes, so that it ends its own. */
  readonly endsWithRequest: boolean;
}

export type ProbeAnswer =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  /** `code`: the system's name of the error, `TIMEOUT`, or `CLOSED` where nothing came. */
  | { readonly kind: 'none'; readonly code: string };

export type Probe = (endpoint: ProbeEndpoint, request: Buffer) => Promise<ProbeAnswer>;

/** No page of ours is longer; of what a server sends in place of one the beginning is enough. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** It resolves when the answer has ended, has become too long, or does not come; it never rejects. */
export async function probe(
  { address, port, preface, from, endsWithRequest }: ProbeEndpoint,
  request: Buffer,
  time = systemTime,
): Promise<ProbeAnswer> {
  return await new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const socket = connect({ host: reachable(address), port, ...(from !== null && { localAddress: from }) });
    const end = (answer: ProbeAnswer): void => {
      deadline.cancel();
      socket.destroy();
      resolve(answer);
    };
    const answered = (): void =>
      end(length === 0 ? { kind: 'none', code: 'CLOSED' } : { kind: 'answer', bytes: Buffer.concat(pieces) });
    const deadline = time.after(DEADLINES.selftest.answerMs, () => end({ kind: 'none', code: 'TIMEOUT' }));
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length >= MAX_ANSWER_BYTES) answered();
    });
    socket.on('error', (error) => end({ kind: 'none', code: errnoOf(error) }));
    socket.on('end', answered);
    socket.write(Buffer.concat([preface, request]));
    if (endsWithRequest) socket.end();
  });
}

/** What listens on all addresses is reached at loopback. The kernel then uses the same address as the source: it is the client's, too. */
export function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return /^(?:::|0:0:0:0:0:0:0:0)$/.test(address) ? '::1' : address;
}
