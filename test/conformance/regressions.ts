/** Targets that once got through, shortened: `regressions.jsonl`, asked again first in every run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVED } from './site.ts';
import type { Served } from './site.ts';

export interface Regression {
  /** Name of the configuration. */
  readonly origin: string;
  readonly target: string;
  readonly served: Served;
}

const FILE = join(import.meta.dirname, 'regressions.jsonl');

export function readRegressions(): readonly Regression[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { origin, target, served }: Record<string, unknown> = JSON.parse(line);
      const known = SERVED.find((name) => name === served);
      if (typeof origin !== 'string' || typeof target !== 'string' || known === undefined)
        throw new Error(`not a regression: ${line}`);
      return { origin, target, served: known };
    });
}

/** Adds what is new; sorted, so that two runs change the same lines. */
export function addRegressions(found: readonly Regression[]): void {
  const lines = [...readRegressions(), ...found].map(({ origin, target, served }) =>
    JSON.stringify({ origin, target, served }),
  );
  writeFileSync(
    FILE,
    [...new Set(lines)]
      .sort()
      .map((line) => `${line}\n`)
      .join(''),
  );
}
