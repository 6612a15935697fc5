/** The run: origins up, known targets, random targets side by side, a sample through a real proxy, the report. */
import { Campaign } from './campaign.ts';
import { Filter, listTexts } from './filter.ts';
import { NotCovered } from './not-covered.ts';
import { askHeads } from './heads/heads.ts';
import type { AskedHeads } from './heads/heads.ts';
import { hostOf } from './origins/origin.ts';
import type { Family, OriginConfiguration } from './origins/origin.ts';
import { addRegressions, readRegressions } from './regressions.ts';
import { originReport, unstartedText } from './report.ts';
import type { OriginReport, Report } from './report.ts';
import type { ListTexts } from './filter.ts';
import { SideBySide } from './side-by-side.ts';
import { Started, type Unstarted } from './started.ts';
import type { HeadProxyCheck } from './heads/through-proxy.ts';
import { INTERCEPTIONS } from './intercepting.ts';
import { throughProxy } from './through-proxy.ts';
import type { ProxyCheck } from './through-proxy.ts';
import { throughIntercepted } from './through-intercepted.ts';
import type { InterceptedCheck } from './through-intercepted.ts';
import type { Options } from './options.ts';

export interface Surroundings {
  readonly families: readonly Family[];
  /** Those that are sent odd heads. */
  readonly headFamilies: readonly Family[];
  /** A missing program is a failure. */
  readonly isCi: boolean;
  /** Aborted: what was started is stopped at once. */
  readonly stop: AbortSignal;
  /** Share of the work that is done, now and then. */
  readonly onProgress: (done: number) => void;
}

/** Origins asked at a time: one waits for its program while another is reckoned. */
const SIDE_BY_SIDE = 3;

export async function conformance(options: Options, surroundings: Surroundings): Promise<Report> {
  await using started = new Started();
  const { stop } = surroundings;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  return await Promise.race([stopped, new Run(options, surroundings, started).report()]);
}

class Run {
  readonly #options: Options;
  readonly #surroundings: Surroundings;
  readonly #started: Started;
  readonly #notCovered = new NotCovered();
  readonly #campaigns: Campaign[] = [];
  readonly #begun = performance.now();
  readonly #deadline: number;
  readonly #turns = new SideBySide(SIDE_BY_SIDE);
  #done = 0;
  /** What could not be tried here. */
  readonly #unable: string[] = [];

  constructor(options: Options, surroundings: Surroundings, started: Started) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#started = started;
    this.#deadline = this.#begun + options.minutes * 60_000;
  }

  async report(): Promise<Report> {
    const { families } = this.#surroundings;
    const wanted = families
      .flatMap(({ configurations }) => configurations)
      .filter(({ name }) => isWanted(this.#options.origins, families, name));
    const texts = listTexts(
      wanted.map((configuration) => ({
        host: hostOf(configuration),
        fold: this.#options.folds ? configuration.fold : [],
      })),
    );
    const filter = await Filter.of(texts);
    const reports = (
      await Promise.all(families.map(async (family) => await this.#runFamily(family, wanted, filter)))
    ).flat();
    const proxy = this.#campaigns.length === 0 ? null : await throughProxy(this.#campaigns, texts);
    const heads = await this.#askHeads();
    const intercepted = await this.#throughIntercepted(heads.campaigns, texts);
    if (this.#options.save)
      addRegressions(
        reports.flatMap(({ origin, short }) => short.map(({ target, served }) => ({ origin, target, served }))),
      );
    return this.#sum(
      reports.sort((a, b) => a.origin.localeCompare(b.origin)),
      { proxy, heads: heads.report, intercepted },
    );
  }

  /** After all else, and all at once: they wait more than they work. */
  async #askHeads(): Promise<AskedHeads> {
    const { seed, headSeconds, save, origins } = this.#options;
    const families = this.#surroundings.headFamilies;
    if (headSeconds === 0) return { report: { origins: [], proxy: null }, campaigns: [] };
    const started = await Promise.all(
      families
        .filter(({ configurations }) => configurations.some(({ name }) => isWanted(origins, families, name)))
        .map(async (family) => await this.#started.start(family)),
    );
    const wanted = started.flat().filter(({ configuration }) => isWanted(origins, families, configuration.name));
    return await askHeads(wanted, { seed, seconds: headSeconds, save });
  }

  /** Empty: nothing to ask, or nobody to ask through. */
  async #throughIntercepted(
    headCampaigns: AskedHeads['campaigns'],
    texts: ListTexts,
  ): Promise<readonly InterceptedCheck[]> {
    const { interceptedSeconds } = this.#options;
    if (interceptedSeconds === 0 || this.#campaigns.length + headCampaigns.length === 0) return [];
    const able = INTERCEPTIONS.filter((interception) => {
      const why = interception.whyNot();
      if (why !== null) this.#unable.push(`through ${interception.name}: ${why}`);
      return why === null;
    });
    return await throughIntercepted({ campaigns: this.#campaigns, headCampaigns }, texts, interceptedSeconds, able);
  }

  /** A family is asked as soon as it is up: some are built first. */
  async #runFamily(family: Family, wanted: readonly OriginConfiguration[], filter: Filter): Promise<OriginReport[]> {
    const started = await this.#started.start(family);
    return await Promise.all(
      started
        .filter(({ configuration }) => wanted.includes(configuration))
        .map(async ({ configuration, port }) => {
          const seed = this.#options.seed * 1000 + wanted.indexOf(configuration);
          const campaign = new Campaign(configuration, port, { filter, notCovered: this.#notCovered, seed });
          this.#campaigns.push(campaign);
          const report = await this.#turns.run(async () => await this.#runOne(campaign, wanted.length));
          this.#surroundings.onProgress((this.#done += 1) / wanted.length);
          return report;
        }),
    );
  }

  async #runOne(campaign: Campaign, count: number): Promise<OriginReport> {
    const { answers, untilTheEnd } = this.#options;
    const misfits = await campaign.misfits();
    const known = readRegressions();
    // What got through one origin is worth asking of each.
    if (misfits.length === 0)
      await campaign.replay(
        [...known.filter(({ origin }) => origin === campaign.configuration.name), ...known].map(({ target }) => target),
      );
    const ownEnd = performance.now() + ((this.#deadline - this.#begun) * Math.min(SIDE_BY_SIDE, count)) / count;
    const enough = ({ listed }: Campaign): boolean => {
      const now = performance.now();
      return now > this.#deadline || (listed >= answers && (!untilTheEnd || now > ownEnd));
    };
    if (misfits.length === 0) await campaign.run(enough);
    await campaign.shrinkFailures();
    return originReport(campaign, answers, misfits);
  }

  #sum(
    origins: readonly OriginReport[],
    { proxy, heads, intercepted }: Pick<Report, 'proxy' | 'heads' | 'intercepted'>,
  ): Report {
    const { missing, broken } = this.#started;
    const { isCi } = this.#surroundings;
    const isFault = ({ family }: Unstarted): boolean => isCi && family.npmPackage === undefined;
    const faults = [...broken, ...missing.filter(isFault)].map(unstartedText);
    const skipped = missing.filter((one) => !isFault(one));
    if (isCi) faults.push(...this.#unable);
    faults.push(...proxyFaults('the proxy', proxy, heads.proxy));
    for (const check of intercepted) faults.push(...proxyFaults(check.name, check, check.heads));
    const asked = [...origins, ...heads.origins];
    const failedOrigins = asked.filter((origin) => origin.faults.length > 0).length;
    return {
      seed: this.#options.seed,
      seconds: Math.round((performance.now() - this.#begun) / 1000),
      origins,
      missing: [...skipped.map(unstartedText), ...(isCi ? [] : this.#unable)],
      proxy,
      heads,
      intercepted,
      excused: Object.fromEntries(this.#notCovered.excused),
      faults,
      counts: {
        passed: asked.length - failedOrigins,
        failed: failedOrigins + faults.length,
        skipped: skipped.flatMap(({ family }) => family.configurations).length,
      },
    };
  }
}

function proxyFaults(name: string, targets: ProxyCheck | null, heads: HeadProxyCheck | null): string[] {
  return [
    ...(targets?.differences ?? []).map((difference) => `${name} does otherwise: ${difference}`),
    ...(heads?.leaks ?? []).map((leak) => `listed content comes through ${name}: ${leak}`),
    ...(heads?.silent ?? []).map((origin) => `nothing comes through ${name} from ${origin}`),
  ];
}

/** Names of families, of configurations, or nothing for all. */
export function isWanted(names: readonly string[], families: readonly Family[], configuration: string): boolean {
  if (names.length === 0 || names.includes(configuration)) return true;
  return families.some(
    (family) => names.includes(family.name) && family.configurations.some(({ name }) => name === configuration),
  );
}
