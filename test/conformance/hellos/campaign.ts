/**
 * One server, sent odd hellos: each directly first; what it answers with the certificate of the listed name is sent through the filter, by one way
 * after the other, and must not bring that certificate then.
 */
import { seededRandom } from '../../../bench/data/seeded-random.ts';
import { answersAfterEnd, type TlsServerName } from '../../support/tls-servers.ts';
import { lengthBehindRetry, shownOn, type Shown } from './ask.ts';
import { LISTED, oddHello, OTHER } from './generator.ts';
import { isStopped } from './passage.ts';
import { NO_KEYS, oddRetry, plainRetry, type OddRetry } from './retry-generator.ts';
import { DIRECT, type Way } from './ways.ts';

/** It answers one client after the other. */
const ONE_BY_ONE: ReadonlySet<TlsServerName> = new Set(['openssl']);
const CONNECTIONS = 8;
/** One of so many is a client that is asked for another key. */
const RETRY_SHARE = 5;
const SEED_STEP = 1_000_003;
/** Bytes by which answers to the same may differ: a signature of ECDSA has 70 to 72. */
const SPREAD = 12;

export interface HelloCampaignOptions {
  readonly seed: number;
  readonly count: number;
  readonly isOver: () => boolean;
  readonly ways: readonly Way[];
  /** What the filter's own parts stop is not sent at all. */
  readonly onlyPassing: boolean;
}

export class HelloCampaign {
  readonly kind: TlsServerName;
  drawn = 0;
  asked = 0;
  retries = 0;
  /** Answered directly with the listed one's certificate. */
  listed = 0;
  listedRetries = 0;
  silent = 0;
  /** Asked through the filter. */
  through = 0;
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #options: HelloCampaignOptions;
  readonly #halfCloses: boolean;
  /** Longer answers behind a HelloRetryRequest are the listed one's; null: it asks for none. */
  #enough: number | null = null;
  #noKey: Buffer = NO_KEYS[0];
  #next = 0;

  constructor(kind: TlsServerName, port: number, options: HelloCampaignOptions) {
    this.kind = kind;
    this.#port = port;
    this.#options = options;
    this.#halfCloses = answersAfterEnd(kind);
  }

  get asksAgain(): boolean {
    return this.#enough !== null;
  }

  async run(): Promise<void> {
    try {
      this.#enough = await this.#lengthOfListed();
      const clients = ONE_BY_ONE.has(this.kind) ? 1 : CONNECTIONS;
      await Promise.all(Array.from({ length: clients }, async () => await this.#client()));
    } catch (error) {
      // The others go on.
      this.failures.push(`${this.kind} cannot be asked any more: ${String(error)}`);
    }
  }

  async #client(): Promise<void> {
    const { seed, count, isOver, onlyPassing } = this.#options;
    while (this.#next < count && !isOver()) {
      const index = this.#next++;
      const random = seededRandom(seed * SEED_STEP + index);
      this.drawn += 1;
      if (index % RETRY_SHARE === RETRY_SHARE - 1 && this.#enough !== null)
        await this.#retry(index, oddRetry(random, this.#noKey));
      else {
        const { bytes, how } = oddHello(random);
        if (onlyPassing && isStopped(bytes)) continue;
        await this.#each(
          index,
          `${how}: ${bytes.toString('hex', 0, 120)}`,
          async (way) => await this.#shown(way, bytes),
        );
      }
    }
  }

  async #retry(index: number, retry: OddRetry): Promise<void> {
    this.retries += 1;
    const how = `behind a HelloRetryRequest, ${retry.how}`;
    if (await this.#each(index, how, async (way) => await this.#behind(way, retry))) this.listedRetries += 1;
  }

  /** @returns whether it is answered with the listed one's certificate, directly */
  async #each(index: number, how: string, shownBy: (way: Way) => Promise<Shown>): Promise<boolean> {
    this.asked += 1;
    const directly = await shownBy(DIRECT);
    if (directly === 'silent') this.silent += 1;
    if (directly !== 'listed') return false;
    this.listed += 1;
    this.through += 1;
    const { ways } = this.#options;
    const way = ways[this.through % ways.length]!;
    if ((await shownBy(way)) === 'listed') this.failures.push(`${this.kind}, ${way.name}, hello ${index}, ${how}`);
    return true;
  }

  async #shown(way: Way, bytes: Buffer): Promise<Shown> {
    return await shownOn(await way.connect(this.#port), bytes, this.#halfCloses);
  }

  async #behind(way: Way, retry: OddRetry): Promise<Shown> {
    const length = await this.#length(way, retry, this.#enough ?? 0);
    return length !== null && length > (this.#enough ?? 0) ? 'listed' : 'none';
  }

  async #length(way: Way, retry: OddRetry, enough: number): Promise<number | null> {
    const socket = await way.connect(this.#port);
    return await lengthBehindRetry(socket, retry, { halfCloses: this.#halfCloses, enough });
  }

  async #lengthOfListed(): Promise<number | null> {
    for (const noKey of NO_KEYS) {
      const enough = await this.#lengthFor(noKey);
      if (enough !== null) {
        this.#noKey = noKey;
        return enough;
      }
    }
    return null;
  }

  async #lengthFor(noKey: Buffer): Promise<number | null> {
    const long = await this.#length(DIRECT, plainRetry(LISTED, LISTED, noKey), Infinity);
    const short = await this.#length(DIRECT, plainRetry(OTHER, OTHER, noKey), Infinity);
    if (long === null || short === null) return null;
    // It has asked, and does not go on.
    if (long < short + 2 * SPREAD) return null;
    return Math.ceil((long + short) / 2);
  }
}
