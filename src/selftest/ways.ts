/**
 * The ways in which clients of a listener ask, and what its answers mean. What is refused is known by the bytes of our own refusal: an origin, a
 * resolver may refuse as well. It must not connect to anything.
 *
 *   a proxy's client    GET http://host/path            a list's page
 *                       CONNECT host:443 (https)        a list's text
 *   an origin's         GET /path, Host: host           a list's page; for https too, since a TLS alert may be anybody's
 *   a resolver's        host, A, over TCP, with EDNS    a list's answer
 */
import { isIP } from 'node:net';
import { LENGTH_BYTES } from '../wire/dns-frames.ts';
import { encodeQuery, RECORD_TYPE } from '../wire/dns-message.ts';
import type { ProbeAnswer } from './probe.ts';

export interface TestAddress {
  /** http: or https:. */
  readonly url: string;
  /** It is about origins at any port. */
  readonly isAnyPort: boolean;
  /** Resolvers are told no address of it. */
  readonly permitsDns: boolean;
}

/** Byte for byte what clients get of lists that refuse. An address may be in several, of which one gives its own. */
export interface ExpectedAnswers {
  /** To a client that states no preference and closes. */
  readonly pages: readonly Buffer[];
  /** The same for CONNECT. */
  readonly connects: readonly Buffer[];
  /** To a question of ours for a name. */
  readonly names: (question: Buffer) => readonly Buffer[];
  /** Who may not use the listener; null: he may not, and gets nothing. */
  readonly denied: Buffer | null;
}

/** `silent`: no answer in time. */
export type Outcome = 'refused' | 'passed' | 'denied' | 'silent';

export interface Way {
  /** In which counter its requests are. */
  readonly countedIn: 'requests' | 'questions';
  /** As what one is counted there that passes. */
  readonly counted: (answer: ProbeAnswer) => 'pass' | 'refuse' | 'error';
  /** Whether a client can show the address. */
  readonly canAsk: (address: TestAddress) => boolean;
  /** What is sent for a listed address. */
  readonly request: (address: TestAddress) => Buffer;
  readonly outcome: (answer: ProbeAnswer, address: TestAddress, expected: ExpectedAnswers) => Outcome;
  /** What is sent for an address that no list holds. */
  readonly harmless: Buffer;
  readonly harmlessOutcome: (answer: ProbeAnswer, expected: ExpectedAnswers) => Outcome;
}

const NOBODY = 'harmless.cleanfeed.invalid';
const PASSED = Buffer.from('HTTP/1.1 200');
/** What a connection ends with that was let pass to an origin that is none. */
const ENDS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'CLOSED']);
/** An OPT record (RFC 6891 §6.1.2): the root, type 41, 1232 bytes, nothing more. */
const OPT = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
/** Where a message says how many additional records it has. */
const ADDITIONAL = 11;
/** What a question can be for (RFC 1035 §2.3.4). */
const NAME = /^(?=.{1,253}$)[^.]{1,63}(?:\.[^.]{1,63})*$/;

export const AS_PROXY: Way = {
  countedIn: 'requests',
  counted: () => 'pass',
  canAsk: () => true,
  request: ({ url }) => proxyRequest(new URL(url)),
  outcome: (answer, { url }, expected) => {
    if (answer.kind === 'none') return 'silent';
    if (expected.denied !== null && answer.bytes.equals(expected.denied)) return 'denied';
    return isAmong(answer.bytes, isHttps(url) ? expected.connects : expected.pages) ? 'refused' : 'passed';
  },
  // With `Max-Forwards: 0` the proxy answers it itself once the lists have let it pass (RFC 9110 §7.6.2): nothing leaves the machine.
  harmless: requestBytes(`OPTIONS http://${NOBODY}/`, NOBODY, 'Max-Forwards: 0\r\n'),
  harmlessOutcome: (answer) => {
    if (answer.kind === 'none') return 'silent';
    return answer.bytes.subarray(0, PASSED.length).equals(PASSED) ? 'passed' : 'refused';
  },
};

/**
 * @param missing as what it counts a request whose origin there is not: where names are looked up, an `error`, unless a resolver names one all the same.
 */
export function asOrigin(missing: 'refuse' | 'error'): Way {
  return {
    countedIn: 'requests',
    counted: (answer) => (missing === 'error' && answer.kind === 'answer' ? 'pass' : missing),
    // An entry with a port is about origins at that port, and the listener has its own.
    canAsk: ({ isAnyPort }) => isAnyPort,
    request: ({ url }) => originRequest(new URL(url)),
    outcome: (answer, _address, { pages }) => pageOutcome(answer, pages),
    harmless: requestBytes('GET /', NOBODY),
    harmlessOutcome: (answer, { pages }) => pageOutcome(answer, pages),
  };
}

export const AS_RESOLVER: Way = {
  countedIn: 'questions',
  counted: () => 'pass',
  canAsk: ({ permitsDns }) => permitsDns,
  request: ({ url }) => question(hostOf(url)),
  outcome: (answer, { url }, { names }) => nameOutcome(answer, names(question(hostOf(url)))),
  harmless: question(NOBODY),
  harmlessOutcome: (answer, { names }) => nameOutcome(answer, names(question(NOBODY))),
};

/** Of a configured address, whose entry nobody here can read: a port is what it names, and a name what has nothing else. */
export function addressOf(url: string): TestAddress {
  const { pathname, search, port } = new URL(url);
  const isAnyPort = port === '';
  const host = hostOf(url);
  const isName = isIP(host) === 0 && !host.startsWith('[') && NAME.test(host);
  return { url, isAnyPort, permitsDns: isAnyPort && isName && pathname === '/' && search === '' };
}

function isHttps(url: string): boolean {
  return new URL(url).protocol === 'https:';
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '');
}

function isAmong(bytes: Buffer, refusals: readonly Buffer[]): boolean {
  return refusals.some((refusal) => bytes.equals(refusal));
}

function pageOutcome(answer: ProbeAnswer, pages: readonly Buffer[]): Outcome {
  if (answer.kind === 'none') return endOf(answer);
  return isAmong(answer.bytes, pages) ? 'refused' : 'passed';
}

function nameOutcome(answer: ProbeAnswer, refusals: readonly Buffer[]): Outcome {
  if (answer.kind === 'none') return 'silent';
  return isAmong(answer.bytes, refusals) ? 'refused' : 'passed';
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

/** As it goes over TCP. */
function question(host: string): Buffer {
  const message = Buffer.concat([encodeQuery(0, host, RECORD_TYPE.a), OPT]);
  message[ADDITIONAL] = 1;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
