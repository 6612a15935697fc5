/**
 * The ways in which clients of a listener ask, and what its answers mean. It must not connect to anything.
 *
 *   a proxy's client    GET http://host/path            the list's page
 *                       CONNECT host:443 (https)        the list's text
 *   an origin's         GET /path, Host: host           the list's page; what passes is reset, since no origin is behind it
 *                       ClientHello (https)             an alert; with `tls.refusal: reset`, which says nothing, the page is asked for
 *   a resolver's        host, A, over TCP, with EDNS    a reason why there is no answer (RFC 8914)
 */
import { isIP } from 'node:net';
import { duplexPair } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { REASON } from '../wire/dns-answer.ts';
import { LENGTH_BYTES } from '../wire/dns-frames.ts';
import { encodeQuery, RECORD_TYPE } from '../wire/dns-message.ts';
import type { ProbeAnswer } from './probe.ts';

export interface TestAddress {
  /** http: or https:. */
  readonly url: string;
  /** Resolvers are told no address of it. */
  readonly permitsDns: boolean;
}

/** Byte for byte what clients get. */
export interface ExpectedPages {
  /** Of a list that refuses, to a client that states no preference and closes. */
  readonly page: Buffer;
  /** The same for CONNECT. */
  readonly connect: Buffer;
  /** Who may not use the listener; null: he may not, and gets nothing. */
  readonly denied: Buffer | null;
}

/** `silent`: no answer in time. */
export type Outcome = 'refused' | 'passed' | 'denied' | 'silent';

export interface Way {
  /** As which the listener counts what it refuses and what it lets pass; null: in no counter of requests. */
  readonly counted: { readonly refused: 'block'; readonly harmless: 'pass' | 'refuse' | 'error' } | null;
  /** Whether a client can show the address. */
  readonly canAsk: (address: TestAddress) => boolean;
  /** What is sent for a listed address. */
  readonly request: (address: TestAddress) => Promise<Buffer>;
  readonly outcome: (answer: ProbeAnswer, address: TestAddress, expected: ExpectedPages) => Outcome;
  /** What is sent for an address that no list holds. */
  readonly harmless: Buffer;
  readonly harmlessOutcome: (answer: ProbeAnswer) => Outcome;
}

const NOBODY = 'harmless.cleanfeed.invalid';
const PASSED = 'HTTP/1.1 200';
const REFUSED: ReadonlySet<string> = new Set(['HTTP/1.1 403', 'HTTP/1.1 451']);

/** What a connection ends with that was let pass to an origin that is none. */
const ENDS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'CLOSED']);
/** The type of its record (RFC 8446 §5.1). */
const TLS_ALERT = 21;
/** An OPT record (RFC 6891 §6.1.2): the root, type 41, 1232 bytes, nothing more. Without it no reason is given. */
const OPT = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
/** Where a message says how many additional records it has. */
const ADDITIONAL = 11;
/** An answer of ours ends with its reason: option 15, two bytes. */
const REASON_OPTION = Buffer.from([0, 15, 0, 2, 0]);
const BLOCKING: ReadonlySet<number | undefined> = new Set([REASON.blocked, REASON.censored, REASON.filtered]);

export const AS_PROXY: Way = {
  counted: { refused: 'block', harmless: 'pass' },
  canAsk: () => true,
  request: ({ url }) => Promise.resolve(proxyRequest(new URL(url))),
  outcome: (answer, { url }, expected) =>
    httpOutcome(answer, isHttps(url) ? expected.connect : expected.page, expected.denied),
  // With `Max-Forwards: 0` the proxy answers it itself once the lists have let it pass (RFC 9110 §7.6.2): nothing leaves the machine.
  harmless: requestBytes(`OPTIONS http://${NOBODY}/`, NOBODY, 'Max-Forwards: 0\r\n'),
  harmlessOutcome: (answer) => {
    if (answer.kind === 'none') return 'silent';
    return firstWords(answer.bytes) === PASSED ? 'passed' : 'refused';
  },
};

/**
 * @param refusesTlsBy `tls.refusal`
 * @param harmless what it counts a request as whose origin there is not
 */
export function asOrigin(refusesTlsBy: 'alert' | 'reset', harmless: 'refuse' | 'error'): Way {
  const isHello = (url: string): boolean => isHttps(url) && refusesTlsBy === 'alert';
  return {
    counted: { refused: 'block', harmless },
    // An entry with a port is about origins at that port, and the listener has its own; a ClientHello names no address.
    canAsk: ({ url }) => new URL(url).port === '' && !(isHello(url) && isAddress(url)),
    request: async ({ url }) => (isHello(url) ? await clientHello(new URL(url).hostname) : originRequest(new URL(url))),
    outcome: (answer, { url }, { page, denied }) => {
      if (answer.kind === 'none') return endOf(answer);
      if (isHello(url)) return answer.bytes[0] === TLS_ALERT ? 'refused' : 'passed';
      return httpOutcome(answer, page, denied);
    },
    harmless: requestBytes('GET /', NOBODY),
    harmlessOutcome: (answer) => {
      if (answer.kind === 'none') return endOf(answer);
      return REFUSED.has(firstWords(answer.bytes)) ? 'refused' : 'passed';
    },
  };
}

export const AS_RESOLVER: Way = {
  counted: null,
  canAsk: ({ permitsDns }) => permitsDns,
  request: ({ url }) => Promise.resolve(question(new URL(url).hostname)),
  outcome: nameOutcome,
  harmless: question(NOBODY),
  harmlessOutcome: nameOutcome,
};

/** Of a configured address, whose entry nobody here can read. */
export function isWholeHost(url: string): boolean {
  const { pathname, search, port } = new URL(url);
  return pathname === '/' && search === '' && port === '' && !isAddress(url);
}

function isHttps(url: string): boolean {
  return new URL(url).protocol === 'https:';
}

function isAddress(url: string): boolean {
  return isIP(new URL(url).hostname.replaceAll(/[[\]]/g, '')) !== 0;
}

function httpOutcome(answer: ProbeAnswer, page: Buffer, denied: Buffer | null): Outcome {
  if (answer.kind === 'none') return 'silent';
  if (denied !== null && answer.bytes.equals(denied)) return 'denied';
  return answer.bytes.equals(page) ? 'refused' : 'passed';
}

function firstWords(bytes: Buffer): string {
  return bytes.toString('latin1', 0, PASSED.length);
}

function endOf(answer: ProbeAnswer): Outcome {
  return answer.kind === 'none' && ENDS.has(answer.code) ? 'passed' : 'silent';
}

/** Of https: no more than host and port is seen. */
function proxyRequest({ protocol, hostname, host, port, href }: URL): Buffer {
  if (protocol !== 'https:') return requestBytes(`GET ${href.split('#', 1)[0] ?? href}`, host);
  const authority = `${hostname}:${port === '' ? 443 : port}`;
  return requestBytes(`CONNECT ${authority}`, authority);
}

function originRequest({ pathname, search, host }: URL): Buffer {
  return requestBytes(`GET ${pathname}${search}`, host);
}

function requestBytes(start: string, host: string, more = ''): Buffer {
  return Buffer.from(`${start} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);
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

function question(host: string): Buffer {
  const message = Buffer.concat([encodeQuery(0, host, RECORD_TYPE.a), OPT]);
  message[ADDITIONAL] = 1;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

function nameOutcome(answer: ProbeAnswer): Outcome {
  if (answer.kind === 'none') return 'silent';
  const { bytes } = answer;
  if (!bytes.subarray(-1 - REASON_OPTION.length, -1).equals(REASON_OPTION)) return 'passed';
  return BLOCKING.has(bytes.at(-1)) ? 'refused' : 'passed';
}
