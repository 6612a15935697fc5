/** A real Prometheus on a port of its own, with our rules and a look at its targets every second unless told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export const RULES = fileURLToPath(new URL('../../config/prometheus/', import.meta.url));

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface Prometheus extends AsyncDisposable {
  /** Rejects with Prometheus' own words where the query is wrong. */
  query(expression: string): Promise<readonly Sample[]>;
  /** `data` of any API path. */
  api(path: string): Promise<unknown>;
}

export interface PrometheusSetup {
  /** What is looked at. */
  readonly scrapes: readonly object[];
  readonly rules?: readonly string[];
  /** From one look at the targets and at the rules to the next. */
  readonly seconds?: number;
}

/** Returns when it answers. */
export async function runPrometheus(setup: PrometheusSetup): Promise<Prometheus> {
  return await setUpOf('prometheus', async (begin) => await prometheus(setup, begin));
}

async function prometheus({ scrapes, rules, seconds = 1 }: PrometheusSetup, begin: Begin): Promise<Prometheus> {
  const directory = temporaryDirectory();
  const port = await freePort();
  const config = {
    global: { scrape_interval: `${seconds}s`, scrape_timeout: `${seconds}s`, evaluation_interval: `${seconds}s` },
    rule_files: rules ?? [`${RULES}rules.yml`, `${RULES}alerts.yml`],
    scrape_configs: scrapes,
  };
  // JSON is YAML.
  writeFileSync(directory.file('prometheus.yml'), JSON.stringify(config));
  const args = [
    `--config.file=${directory.file('prometheus.yml')}`,
    `--storage.tsdb.path=${directory.file('data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = begin(spawn(programPath('prometheus')!, args, { stdio: 'ignore' }));
  const exited = once(child, 'exit');
  const api = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string };
    if (status !== 'success') throw new Error(`${path}: ${error ?? status}`);
    return data;
  };
  await eventually(
    'Prometheus answers',
    async () =>
      await fetch(`http://127.0.0.1:${port}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  );
  return {
    api,
    query: async (expression) =>
      ((await api(`query?query=${encodeURIComponent(expression)}`)) as { result: Sample[] }).result,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await exited;
      directory[Symbol.dispose]();
    },
  };
}
