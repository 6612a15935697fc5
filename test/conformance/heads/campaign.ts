/**
 * One origin, sent odd bytes: whatever it answers with listed content must not have come through the filter. Where the filter
 * sends a part of the bytes on, that part is sent alone, and of the answers to it only those count that would be relayed.
 */
import { isListed } from '../site.ts';
import { ask } from './ask.ts';
import type { Answer } from './ask.ts';
import { HeadGenerator } from './generator.ts';
import type { HeadFilter, Stop } from './passage.ts';

/** Of the two gates that what is no HTTP has to pass, each with the other switched off. */
export const ALONE = ['lines', 'answers'] as const;
export type Alone = (typeof ALONE)[number];
import { shrunkBytes } from './shrink.ts';

export interface HeadCampaignOptions {
  readonly filter: HeadFilter;
  readonly alone: Readonly<Record<Alone, HeadFilter>>;
  readonly seed: number;
  readonly connections: number;
  /** What the origin does not survive. */
  readonly avoid: RegExp | null;
}

const MAX_FAILURES = 200;
const MAX_SHRUNK = 12;
const SAMPLES = 8;

export class HeadCampaign {
  readonly name: string;
  asked = 0;
  /** Byte sequences that were answered with listed content, and answers of any kind. */
  listed = 0;
  answers = 0;
  /** Why nothing more of those with listed content went on. */
  readonly stops = new Map<Stop, number>();
  readonly failures: string[] = [];
  readonly short: string[] = [];
  /** What would have got through if there were this gate only. */
  readonly alone: Readonly<Record<Alone, string[]>> = { lines: [], answers: [] };
  /** For the real proxy: some for each reason. */
  readonly samples: string[] = [];
  readonly port: number;
  readonly #options: HeadCampaignOptions;
  readonly #generator: HeadGenerator;

  constructor(name: string, port: number, options: HeadCampaignOptions) {
    this.name = name;
    this.port = port;
    this.#options = options;
    this.#generator = new HeadGenerator(options.seed);
  }

  async replay(known: readonly string[]): Promise<void> {
    const waiting = [...known];
    await this.#sideBySide(() => waiting.pop() ?? null);
  }

  async run(isOver: () => boolean): Promise<void> {
    await this.#sideBySide(() => (isOver() ? null : this.#generator.next()));
  }

  async shrinkFailures(): Promise<void> {
    const firsts = this.failures.toSorted((a, b) => a.length - b.length).slice(0, MAX_SHRUNK);
    for (const bytes of firsts) {
      const short = await shrunkBytes(bytes, async (candidate) => await this.#fails(candidate));
      if (!this.short.includes(short)) this.short.push(short);
    }
  }

  async #sideBySide(next: () => string | null): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#options.connections }, async () => {
        for (let bytes = next(); bytes !== null; bytes = next()) await this.#try(bytes);
      }),
    );
  }

  async #try(bytes: string): Promise<void> {
    if (this.#options.avoid?.test(bytes) === true) return;
    const answers = await ask(this.port, bytes);
    this.asked += 1;
    this.answers += answers.length;
    if (!hasListed(answers)) return;
    this.listed += 1;
    this.#generator.learn(bytes);
    const { stop } = this.#options.filter.passed(bytes);
    const count = (this.stops.get(stop) ?? 0) + 1;
    this.stops.set(stop, count);
    if (count <= SAMPLES) this.samples.push(bytes);
    if ((await this.#fails(bytes, answers)) && this.failures.length < MAX_FAILURES) this.failures.push(bytes);
    for (const gate of ALONE)
      if (await this.#fails(bytes, answers, this.#options.alone[gate])) this.alone[gate].push(bytes);
  }

  /** Listed content reaches the client. */
  async #fails(bytes: string, known?: readonly Answer[], filter = this.#options.filter): Promise<boolean> {
    const passed = filter.passed(bytes);
    if (passed.bytes === 0) return false;
    const { ends } = passed;
    const isAsked = passed.bytes === bytes.length && ends.length === 1;
    const pieces = ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
    const answers = isAsked && known !== undefined ? known : await ask(this.port, pieces);
    if (passed.isGated && answers[0]?.isHttp === true) return false;
    return hasListed(answers.slice(0, passed.answers));
  }
}

function hasListed(answers: readonly Answer[]): boolean {
  return answers.some(({ served }) => isListed(served));
}
