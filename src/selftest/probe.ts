/**
 * One request to a listener, over a real connection, as a client of the proxy sends it. What comes back is bounded in bytes and
 * in time. It must not judge the answer.
 *
 *   GET http://host/path ──▶ listener ──▶ bytes, until it closes
 *   CONNECT host:443 (https: only the host is seen there)
 */
import { connect } from 'node:net';
import { errnoOf } from '../lib/errors.ts';

/** Where the instance listens. */
export interface ProbeEndpoint {
  readonly address: string;
  readonly port: number;
  /** What must come before a request there: a PROXY header of a peer that speaks for itself; empty elsewhere. */
  readonly preface: Buffer;
}

export type ProbeAnswer =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  /** `code`: the system's name of the error, `TIMEOUT`, or `CLOSED` where nothing came. */
  | { readonly kind: 'none'; readonly code: string };

export type Probe = (endpoint: ProbeEndpoint, request: Buffer) => Promise<ProbeAnswer>;

/** No page of ours is longer; of what a server sends in place of one the beginning is enough. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** Milliseconds for the whole exchange. */
const TIMEOUT_MS = 10_000;
const NOBODY = 'harmless.cleanfeed.invalid';

/** It resolves when the answer has ended, has become too long, or does not come; it never rejects. */
export const probe: Probe = async ({ address, port, preface }, request) =>
  await new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const socket = connect({ host: reachable(address), port });
    const end = (answer: ProbeAnswer): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(answer);
    };
    const answered = (): void =>
      end(length === 0 ? { kind: 'none', code: 'CLOSED' } : { kind: 'answer', bytes: Buffer.concat(pieces) });
    const deadline = setTimeout(() => end({ kind: 'none', code: 'TIMEOUT' }), TIMEOUT_MS);
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length >= MAX_ANSWER_BYTES) answered();
    });
    socket.on('error', (error) => end({ kind: 'none', code: errnoOf(error) }));
    socket.on('end', answered);
    socket.write(Buffer.concat([preface, request]));
  });

/** @param url http: or https:. Of https: a client of the proxy shows no more than host and port. */
export function listedRequest(url: string): { readonly bytes: Buffer; readonly isConnect: boolean } {
  const { protocol, hostname, host, port, href } = new URL(url);
  if (protocol !== 'https:')
    return { bytes: requestBytes(`GET ${href.split('#', 1)[0] ?? href}`, host), isConnect: false };
  const authority = `${hostname}:${port === '' ? 443 : port}`;
  return { bytes: requestBytes(`CONNECT ${authority}`, authority), isConnect: true };
}

/**
 * A request that no list holds. With `Max-Forwards: 0` the proxy answers it itself once the lists have let it pass (RFC 9110
 * §7.6.2): nothing leaves the machine.
 */
export function harmlessRequest(): Buffer {
  return requestBytes(`OPTIONS http://${NOBODY}/`, NOBODY, 'Max-Forwards: 0\r\n');
}

function requestBytes(start: string, host: string, more = ''): Buffer {
  return Buffer.from(`${start} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);
}

/** What listens on all addresses is reached at loopback. The kernel then uses the same address as the source: it is the client's, too. */
export function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return /^(?:::|0:0:0:0:0:0:0:0)$/.test(address) ? '::1' : address;
}
