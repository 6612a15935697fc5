/**
 * One configuration of an origin, asked until it has given listed content often enough: each time it did, the filter must
 * not have let the target through. What it lets through is shortened against the live origin.
 */
import { FOLD } from '../../src/url/fold.ts';
import { splitTarget } from '../../src/url/path.ts';
import { pathKeys } from '../../src/url/path-keys.ts';
import { kindOf } from './breed.ts';
import { isPassed } from './filter.ts';
import type { Filter, Judged } from './filter.ts';
import { Generator } from './generator.ts';
import type { NotCovered } from './not-covered.ts';
import { hostOf } from './origins/origin.ts';
import type { OriginConfiguration } from './origins/origin.ts';
import { PipelinedClient } from './pipelined-client.ts';
import type { Answer } from './pipelined-client.ts';
import { shrunk } from './shrink.ts';
import { isListed, PLAIN, routed } from './site.ts';
import type { Served } from './site.ts';

export interface Found {
  readonly target: string;
  readonly served: Served;
  readonly judged: Judged;
}

/** For a real proxy. */
export interface Sample extends Found {
  /** So many of the same judgement and content came before it. */
  readonly nth: number;
}

export interface CampaignOptions {
  readonly filter: Filter;
  readonly notCovered: NotCovered;
  readonly seed: number;
}

/** Harmless content that is refused: because the canonical form is listed, another reading is, or there are too many readings. */
export interface OverBlocked {
  byForm: number;
  byReading: number;
  byCap: number;
  /** By the name of the reading. */
  readonly readings: Map<string, number>;
  /** Nothing explains these. */
  readonly unexplained: string[];
}

const BATCH = 1200;
const HARMLESS_STEP = 8;
const MAX_KEPT = 20_000;
const MAX_SHRUNK = 60;
const SAMPLES = 60;
const MAX_SEEN = 500_000;

export class Campaign {
  readonly configuration: OriginConfiguration;
  readonly host: string;
  readonly port: number;
  asked = 0;
  /** Distinct targets that were served with listed content. */
  listed = 0;
  malformed = 0;
  /** Answers with harmless content whose verdict was looked at. */
  harmless = 0;
  /** Listed and let through, and no row of what is not covered says so. */
  failures = 0;
  readonly shortFailures: Found[] = [];
  readonly excused = new Map<string, number>();
  readonly overBlocked: OverBlocked = { byForm: 0, byReading: 0, byCap: 0, readings: new Map(), unexplained: [] };
  /** For the real proxies: some of every judgement. */
  readonly samples: Sample[] = [];
  readonly #options: CampaignOptions;
  readonly #client: PipelinedClient;
  readonly #generator: Generator;
  /** Two generations: a run of hours would not hold all. */
  #seen = new Set<string>();
  #seenBefore: ReadonlySet<string> = new Set();
  readonly #failed = new Map<string, Found>();
  readonly #sampled = new Map<string, number>();

  constructor(configuration: OriginConfiguration, port: number, options: CampaignOptions) {
    this.configuration = configuration;
    this.host = hostOf(configuration);
    this.port = port;
    this.#options = options;
    this.#generator = new Generator(options.seed);
    const { depth, connections } = configuration;
    this.#client = new PipelinedClient({ port, host: `${this.host}:${port}`, depth, connections });
  }

  /** Kinds of targets that reached listed content. */
  get kinds(): number {
    return this.#generator.kinds;
  }

  /** What plain addresses give that they should not: the origin is not what its name says. */
  async misfits(): Promise<readonly string[]> {
    const answers = await this.#client.ask(PLAIN.map(({ target }) => target));
    return PLAIN.flatMap(({ target, served }, i) =>
      answers[i]!.served === served
        ? []
        : [`${target}: ${answers[i]!.served ?? `status ${answers[i]!.status}`}, not ${served}`],
    );
  }

  /** Known targets first. */
  async replay(targets: readonly string[]): Promise<void> {
    await this.#askAll(targets.filter((target) => this.#isNew(target)));
  }

  /** Until `enough` says so; it is asked after each batch. */
  async run(enough: (campaign: Campaign) => boolean): Promise<void> {
    while (!enough(this)) await this.#askAll(this.#batch());
  }

  /** Shortens one failing target of each kind. */
  async shrinkFailures(): Promise<void> {
    const firsts = [...this.#failed.values()].sort((a, b) => a.target.length - b.target.length).slice(0, MAX_SHRUNK);
    const known = new Set<string>();
    for (const { target } of firsts) {
      const short = await shrunk(target, async (candidates) => await this.#firstFailing(candidates));
      const found = (await this.#failing([short]))[0];
      const kind = found === undefined ? '' : `${found.judged} ${found.served} ${kindOf(found.target)}`;
      if (found === undefined || known.has(kind)) continue;
      known.add(kind);
      this.shortFailures.push(found);
    }
  }

  #batch(): string[] {
    const batch: string[] = [];
    while (batch.length < BATCH) {
      const target = this.#generator.next();
      if (this.#isNew(target)) batch.push(target);
    }
    return batch;
  }

  #isNew(target: string): boolean {
    if (this.#seen.has(target) || this.#seenBefore.has(target)) return false;
    if (this.#seen.size >= MAX_SEEN) {
      this.#seenBefore = this.#seen;
      this.#seen = new Set();
    }
    this.#seen.add(target);
    return true;
  }

  async #askAll(targets: readonly string[]): Promise<void> {
    const sound = targets.filter((target) => this.#options.filter.isSound(this.host, this.port, target));
    this.malformed += targets.length - sound.length;
    const answers = await this.#client.ask(sound);
    for (const [i, target] of sound.entries()) this.#record(target, answers[i]!);
    this.#generator.hits(this.listed, this.asked);
  }

  /** The verdict costs more than the question: of harmless answers some are enough. */
  #record(target: string, { served }: Answer): void {
    this.asked += 1;
    if (served === null) return;
    const counts = isListed(served);
    if (!counts && this.asked % HARMLESS_STEP !== 0) return;
    const found = { target, served, judged: this.#judged(target) };
    if (counts) this.#recordListed(found);
    else this.#recordHarmless(found);
    this.#sample(found);
  }

  #recordListed(found: Found): void {
    this.listed += 1;
    const row = isPassed(found.judged)
      ? this.#options.notCovered.rowFor(this.configuration.name, found.target, found.served)
      : null;
    // In an excused target only its beginning counts: whatever is changed behind that is excused again, and soon most of what is asked would be.
    if (row === null) this.#generator.learn(found.target);
    if (!isPassed(found.judged)) return;
    if (row !== null) {
      this.#options.notCovered.count(row);
      this.excused.set(row, (this.excused.get(row) ?? 0) + 1);
      return;
    }
    this.failures += 1;
    const kind = kindOf(found.target);
    const known = this.#failed.get(kind);
    if (known === undefined ? this.#failed.size < MAX_KEPT : found.target.length < known.target.length)
      this.#failed.set(kind, found);
  }

  /** What is harmless here and refused all the same must be listed in a reading that has a name. */
  #recordHarmless({ target, judged }: Found): void {
    this.harmless += 1;
    if (isPassed(judged)) return;
    const over = this.overBlocked;
    const reading = this.#options.filter.blockingReading(this.host, this.port, target);
    if (judged === 'refuse') over.byCap += 1;
    else if (reading !== null) {
      over.byReading += 1;
      over.readings.set(reading, (over.readings.get(reading) ?? 0) + 1);
    } else if (this.#isListedForm(target)) over.byForm += 1;
    else over.unexplained.push(target);
  }

  #isListedForm(target: string): boolean {
    const { path } = splitTarget(target);
    const fold = this.configuration.fold.reduce((bits, name) => bits | FOLD[name], 0);
    const key = pathKeys(path, fold)?.paths[0] ?? '/';
    return [key, `${key}/`].some((text) => isListed(routed(text)) || routed(text) === 'allowed');
  }

  #sample(found: Found): void {
    const key = `${found.judged} ${found.served}`;
    const nth = this.#sampled.get(key) ?? 0;
    if (nth >= SAMPLES) return;
    this.#sampled.set(key, nth + 1);
    this.samples.push({ ...found, nth });
  }

  async #firstFailing(candidates: readonly string[]): Promise<string | null> {
    return (await this.#failing(candidates))[0]?.target ?? null;
  }

  async #failing(candidates: readonly string[]): Promise<Found[]> {
    const passed = candidates
      .map((target) => ({ target, judged: this.#judged(target) }))
      .filter(({ judged }) => isPassed(judged));
    const answers = await this.#client.ask(passed.map(({ target }) => target));
    return passed.flatMap(({ target, judged }, i) => {
      const { served } = answers[i]!;
      const fails =
        served !== null &&
        isListed(served) &&
        this.#options.notCovered.rowFor(this.configuration.name, target, served) === null;
      return fails ? [{ target, judged, served }] : [];
    });
  }

  #judged(target: string): Judged {
    return this.#options.filter.judged(this.host, this.port, target);
  }
}
