/**
 * One request to a listener, over a real connection, as its clients send it. What comes back is bounded in bytes and
 * in time. It must not judge the answer.
 *
 *   to a proxy    GET http://host/path ──▶ listener ──▶ bytes, until it closes
 *                 CONNECT host:443 (https: only the host is seen there)
 *   to an origin  GET /path, Host: host
 *                 ClientHello that names the host (https; where that is refused by a reset, which says nothing, its page is asked for)
 */
import { connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { errnoOf } from '../lib/errors.ts';

/** Where the instance listens. */
export interface ProbeEndpoint {
  readonly address: string;
  readonly port: number;
  /** What must come before a request there: a PROXY header of a peer that speaks for itself; empty elsewhere. */
  readonly preface: Buffer;
  /** The address to connect from; null: the system chooses. */
  readonly from: string | null;
  /** For whom its clients take it. */
  readonly takenFor: 'proxy' | 'origin';
  /** How it ends a TLS connection that a list refuses. One that passes is reset there, for want of an origin. */
  readonly refusesTlsBy: 'alert' | 'reset';
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
export const probe: Probe = async ({ address, port, preface, from }, request) =>
  await new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const socket = connect({ host: reachable(address), port, ...(from !== null && { localAddress: from }) });
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

/** What is sent for a listed address. */
export interface ListedRequest {
  readonly bytes: Buffer;
  /** What it asks for, and so what a refusal looks like: a page, the text for a CONNECT, an alert. */
  readonly kind: 'page' | 'connect' | 'tls';
}

/** @param url http: or https:. Of https: no more than host and port is seen. */
export async function listedRequest(
  url: string,
  { takenFor, refusesTlsBy }: Pick<ProbeEndpoint, 'takenFor' | 'refusesTlsBy'>,
): Promise<ListedRequest> {
  const { protocol, hostname, host, port, href, origin } = new URL(url);
  const target = href.split('#', 1)[0] ?? href;
  const isTls = protocol === 'https:';
  if (takenFor === 'origin') {
    if (isTls && refusesTlsBy === 'alert') return { bytes: await clientHello(hostname), kind: 'tls' };
    return { bytes: requestBytes(`GET ${target.slice(origin.length)}`, host), kind: 'page' };
  }
  if (!isTls) return { bytes: requestBytes(`GET ${target}`, host), kind: 'page' };
  const authority = `${hostname}:${port === '' ? 443 : port}`;
  return { bytes: requestBytes(`CONNECT ${authority}`, authority), kind: 'connect' };
}

/**
 * A request that no list holds. With `Max-Forwards: 0` the proxy answers it itself once the lists have let it pass (RFC 9110
 * §7.6.2): nothing leaves the machine. Where the listener is taken for an origin, there is none behind it.
 */
export function harmlessRequest(takenFor: ProbeEndpoint['takenFor']): Buffer {
  if (takenFor === 'origin') return requestBytes('GET /', NOBODY);
  return requestBytes(`OPTIONS http://${NOBODY}/`, NOBODY, 'Max-Forwards: 0\r\n');
}

/** The first bytes of a TLS client that wants this host, as the library sends them. */
async function clientHello(host: string): Promise<Buffer> {
  const [client, server] = duplexPair();
  const socket = connectTls({ socket: client, servername: host });
  // It is told that nobody answers.
  socket.on('error', () => {});
  try {
    return await new Promise<Buffer>((resolve) => server.once('data', resolve));
  } finally {
    socket.destroy();
    server.destroy();
  }
}

function requestBytes(start: string, host: string, more = ''): Buffer {
  return Buffer.from(`${start} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);
}

/** What listens on all addresses is reached at loopback. The kernel then uses the same address as the source: it is the client's, too. */
export function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return /^(?:::|0:0:0:0:0:0:0:0)$/.test(address) ? '::1' : address;
}
