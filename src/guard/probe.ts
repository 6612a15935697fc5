/**
 * What a probe asks, and what its answer means. For liveness only the guard's own page counts: it holds a text that nobody can know before.
 * A listed page must bring a refusal; that is told and moves nothing, since whoever drops a test entry from a list must not open a country.
 */
import { randomBytes } from 'node:crypto';
import { parseIpAddress } from '../lib/prefix.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { exchange, type NoAnswer } from './exchange.ts';
import type { Endpoint, ProbeSettings } from './settings.ts';

/**
 * `denied`: the filter itself refuses the page, as an entry of a list or its configuration tells it: it works. `answer`: something else than
 * the page came; `direct`: the page came, and the filter was not in between.
 */
export const PROBE_RESULTS = [
  'ok',
  'refused',
  'timeout',
  'closed',
  'reset',
  'unreachable',
  'denied',
  'answer',
  'direct',
  'late',
] as const;
export type ProbeResult = (typeof PROBE_RESULTS)[number];

export interface Probed {
  readonly result: ProbeResult;
  /** Status of another answer than the page's; null: there is none. */
  readonly status: number | null;
}

export interface ProbeTerms {
  readonly origin: Endpoint;
  readonly timeoutMs: number;
  /** It is told that a page is awaited, and tells who asked for it. */
  readonly await: (page: string) => () => Endpoint | null;
  readonly time?: Time;
}

const NONCE_BYTES = 12;

/** It never rejects. */
export async function probePage(
  probe: ProbeSettings,
  { origin, timeoutMs, await: awaits, time = systemTime }: ProbeTerms,
): Promise<Probed> {
  const nonce = randomBytes(NONCE_BYTES).toString('hex');
  const whoAsked = awaits(nonce);
  const exchanged = await exchange({
    to: probe.to,
    from: probe.from,
    request: requestOf(probe, `http://${authority(origin)}/${nonce}`, probe.host),
    timeoutMs,
    time,
    isEnough: (answer) => holdsPage(answer, nonce) || isDenial(answer),
  });
  const asked = whoAsked();
  if (exchanged.kind === 'none') return { result: exchanged.why satisfies NoAnswer, status: null };
  if (!holdsPage(exchanged.bytes, nonce))
    return { result: isDenial(exchanged.bytes) ? 'denied' : 'answer', status: statusOf(exchanged.bytes) };
  // Where both connections are to one port, a filter has an address or at least a port of its own: this one is taken. To another port the system may
  // well give it the same: it did once in ten thousand probes.
  const isDirect = asked === null || (probe.to.port === origin.port && isSame(asked, exchanged.from));
  return { result: isDirect ? 'direct' : 'ok', status: null };
}

/** Every response of the filter's own has the field (RFC 9209): whoever else has taken its port is not believed. */
function isDenial(answer: Buffer): boolean {
  const [head = '', ...rest] = answer.toString('latin1').split('\r\n\r\n', 2);
  return rest.length > 0 && isRefusal(statusOf(answer)) && head.toLowerCase().includes('\r\nproxy-status:');
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  const [one, other] = [a, b].map(({ address }) => parseIpAddress(address));
  return a.port === b.port && one?.toString() === other?.toString();
}

/** @returns whether the page was refused; null: nothing can be said, because there was no answer at all. It never rejects. */
export async function probeListed(
  probe: ProbeSettings,
  url: string,
  timeoutMs: number,
  time = systemTime,
): Promise<boolean | null> {
  const exchanged = await exchange({
    to: probe.to,
    from: probe.from,
    request: requestOf(probe, url, new URL(url).host),
    timeoutMs,
    time,
    isEnough: (answer) => statusOf(answer) !== null,
  });
  if (exchanged.kind === 'none') return null;
  return isRefusal(statusOf(exchanged.bytes));
}

function isRefusal(status: number | null): boolean {
  return status === 403 || status === 451;
}

/** Host and port as they stand in a URL. */
export function authority({ address, port }: Endpoint): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function requestOf({ form, before }: ProbeSettings, url: string, host: string): string {
  const { pathname, search } = new URL(url);
  const target = form === 'absolute' ? url : `${pathname}${search}`;
  return `${before}GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: cleanfeed-guard\r\nConnection: close\r\n\r\n`;
}

/** The page's body is the text and nothing else. */
function holdsPage(answer: Buffer, nonce: string): boolean {
  const text = answer.toString('latin1');
  return text.startsWith('HTTP/1.1 200') && text.includes(`\r\n\r\n${nonce}`);
}

/** @returns null if no whole status line has come. */
function statusOf(answer: Buffer): number | null {
  const [, status] = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(answer.toString('latin1', 0, 32)) ?? [];
  return status === undefined ? null : Number(status);
}
