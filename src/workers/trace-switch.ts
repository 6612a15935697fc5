/**
 * Trace: for a stated time, responses to one client explain themselves, if the request shows the token that whoever switched it on was given
 * (docs/adr/0021-diagnosis.md). Log and status say that it is on; it ends by itself and does not outlive the process. The address is told to nobody.
 */
import { randomBytes } from 'node:crypto';
import type { TraceConfig } from '../config/trace-types.ts';
import { parseIpAddress, plainAddress, prefixContains } from '../lib/prefix.ts';
import { steadyNow } from '../lib/steady-clock.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { Log } from '../observe/log.ts';
import { RemindedEnd } from './reminded-end.ts';
import { writeTrace, type TraceWords } from './trace-words.ts';

export interface TraceOn {
  /** What requests have to show. */
  readonly token: string;
}

export class TraceSwitch {
  readonly #words: TraceWords;
  readonly #log: Log;
  readonly #time: Time;
  readonly #config: () => TraceConfig;
  #client: Uint8Array | null = null;
  #endsAt: number | null = null;
  readonly #end: RemindedEnd;

  /** @param config in force now: a reload changes it. */
  constructor(words: TraceWords, log: Log, config: () => TraceConfig, time = systemTime) {
    this.#words = words;
    this.#log = log;
    this.#time = time;
    this.#config = config;
    const tellers = {
      lasts: (remainingSeconds: number) => log.event('warn', 'trace.active', { remainingSeconds }),
      over: () => void this.off('expired'),
    };
    this.#end = new RemindedEnd(tellers, time);
  }

  /** @returns when it ends, by the steady clock; null if it is off. */
  get endsAt(): number | null {
    return this.#endsAt;
  }

  /** A second call replaces the first. @returns in words why it is not on. */
  on(client: string, seconds: number): TraceOn | string {
    const { clients, longestMs } = this.#config();
    if (clients.length === 0)
      return 'tracing is not configured: name the prefixes of your own network in trace.clients';
    const bytes = parseIpAddress(client);
    if (bytes === null) return `--client '${client}' is no IP address`;
    if (!this.#isAllowed(bytes)) return `${client} is in no prefix of trace.clients`;
    if (seconds * 1000 > longestMs) return `a trace lasts at most ${longestMs / 1000} seconds (trace.longest)`;
    const token = randomBytes(16).toString('hex');
    this.#client = bytes;
    this.#endsAt = steadyNow(this.#time) + seconds * 1000;
    // The second that has begun is not counted: never longer than was said.
    writeTrace(this.#words, { client: plainAddress(client), token, endsAt: process.hrtime()[0] + seconds });
    this.#log.event('warn', 'trace.enabled', { seconds });
    this.#end.after(seconds);
    return { token };
  }

  /** @returns false if it was not on. */
  off(why: 'requested' | 'expired' | 'shutdown' | 'configuration'): boolean {
    this.#end.cancel();
    if (this.#endsAt === null) return false;
    this.#endsAt = this.#client = null;
    writeTrace(this.#words, null);
    this.#log.event('warn', 'trace.disabled', { reason: why });
    return true;
  }

  /** The configuration has changed: whoever may be traced no more is not. */
  configured(): void {
    if (this.#client !== null && !this.#isAllowed(this.#client)) this.off('configuration');
  }

  #isAllowed(address: Uint8Array): boolean {
    return this.#config().clients.some((prefix) => prefixContains(prefix, address));
  }
}
