/**
 * A real Prometheus with the shipped rules, their times made short (scaled-rules.ts), over targets that come and go: whether an alert fires
 * for a fault that a test makes. What was quiet before the fault and fires after it is what the fault has done.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { during } from './paced.ts';
import { runPrometheus, type Prometheus } from './prometheus.ts';
import { scaledRules } from './scaled-rules.ts';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';

type Job = 'cleanfeed' | 'cleanfeed-guard';

export class AlertWatch implements AsyncDisposable {
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  readonly #targets: Record<Job, number[]> = { cleanfeed: [], 'cleanfeed-guard': [] };
  #prometheus: Prometheus | null = null;

  /** @param ports admin ports of instances that are there from the start. */
  static async start(...ports: readonly number[]): Promise<AlertWatch> {
    const watch = new AlertWatch();
    watch.#targets.cleanfeed.push(...ports);
    for (const job of ['cleanfeed', 'cleanfeed-guard'] as const) watch.#write(job);
    watch.#prometheus = await runPrometheus({
      rules: scaledRules(watch.#directory),
      scrapes: (['cleanfeed', 'cleanfeed-guard'] as const).map((job) => ({
        job_name: job,
        file_sd_configs: [{ files: [watch.#file(job)], refresh_interval: '1s' }],
      })),
    });
    return watch;
  }

  get prometheus(): Prometheus {
    if (this.#prometheus === null) throw new Error('it was not started');
    return this.#prometheus;
  }

  /** These admin ports are scraped too; resolves when Prometheus has seen each of them. */
  async add(job: Job, ...ports: readonly number[]): Promise<void> {
    this.#targets[job].push(...ports);
    this.#write(job);
    for (const port of ports)
      await eventually(
        `${job} ${port} is scraped`,
        async () => await this.prometheus.query(`up{instance="127.0.0.1:${port}"} == 1`),
        (found) => found.length === 1,
      );
  }

  /** Nobody scrapes this job any more. */
  forget(job: Job): void {
    this.#targets[job] = [];
    this.#write(job);
  }

  async isFiring(alert: string): Promise<boolean> {
    return (await this.prometheus.query(`ALERTS{alertname="${alert}", alertstate="firing"}`)).length > 0;
  }

  /**
   * What the alert does before the fault, and then. An alert of what was before, as of a node that took long to start, is over with the
   * next evaluation of its rule and not sooner. A fault may take long, and may end before it has returned.
   */
  async seen(alert: string, fault: () => Promise<void>): Promise<'quiet, then firing'> {
    await this.quiet(alert);
    let isSeen = false;
    const look = async (): Promise<void> => {
      isSeen ||= await this.isFiring(alert);
    };
    await during(look, fault);
    if (!isSeen) await this.fires(alert);
    return 'quiet, then firing';
  }

  async fires(alert: string): Promise<void> {
    await eventually(`${alert} fires`, async () => await this.isFiring(alert));
  }

  async quiet(alert: string): Promise<void> {
    await eventually(`${alert} is over`, async () => !(await this.isFiring(alert)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus?.[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  #file(job: Job): string {
    return this.#directory.file(`${job}.json`);
  }

  #write(job: Job): void {
    const next = `${this.#file(job)}.next`;
    writeFileSync(next, JSON.stringify([{ targets: this.#targets[job].map((port) => `127.0.0.1:${port}`) }]));
    renameSync(next, this.#file(job));
  }
}
