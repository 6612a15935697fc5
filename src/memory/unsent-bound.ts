/**
 * Bounds what lies in the kernel for a client without having been sent. Unbounded it is megabytes, and the kernel does not tell
 * of progress before a third of it is gone: a slow but steady reader would look for a minute as if it took nothing, and be
 * cut off. Accepted connections have it from the socket that listens.
 *
 * It must not replace a bound that the operator has set (net.ipv4.tcp_notsent_lowat), where it can be seen.
 */
import { readFile, readdir } from 'node:fs/promises';
import { throttledYield } from '../lib/pauses.ts';
import type { Native } from '../lib/native.ts';

/** Half of it has to go for the next word of progress: at 2.2 KB/s within a minute. */
const UNSENT_BYTES = 256 * 1024;
const UNBOUNDED = '4294967295';
const SYSCTL = '/proc/sys/net/ipv4/tcp_notsent_lowat';
/** The number of descriptors in a step: there is one for each connection too. */
const STEP = 256;

export class UnsentBound {
  readonly #native: Pick<Native, 'boundUnsent'> | null;
  readonly #sysctl: string;
  #isWanted = false;
  #running: Promise<void> | null = null;

  /** @param native null if there is no such call on this machine. */
  constructor(native: Pick<Native, 'boundUnsent'> | null, sysctl = SYSCTL) {
    this.#native = native;
    this.#sysctl = sysctl;
  }

  /** It must be called whenever listeners have been opened, in whatever thread. It resolves when theirs are bounded; it never rejects. */
  listening(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#bound();
      }
    } finally {
      this.#running = null;
    }
  }

  async #bound(): Promise<void> {
    if (this.#native === null || (await isBounded(this.#sysctl))) return;
    const descriptors = await readdir('/proc/self/fd').catch(() => []);
    for (const [i, descriptor] of descriptors.entries()) {
      this.#native.boundUnsent(Number(descriptor), UNSENT_BYTES);
      if (i % STEP === STEP - 1) await throttledYield();
    }
  }
}

/** @returns false if it cannot be read, as under systemd's ProcSubset=pid. */
async function isBounded(sysctl: string): Promise<boolean> {
  const text = await readFile(sysctl, 'latin1').catch(() => UNBOUNDED);
  return text.trim() !== UNBOUNDED;
}
