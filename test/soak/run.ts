/** `npm run soak`: ends with 0 where no answer was wrong and everything returned to where it was, with 1 otherwise. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../bench/command-line.ts';
import { ProgressBar } from '../../src/commands/progress-bar.ts';
import { GROWTH_BOUNDS, mebibytes } from './assess.ts';
import { soakChart } from './chart.ts';
import { HELP, parseOptions } from './options.ts';
import { soak } from './soak.ts';
import type { SoakResult } from './soak.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === null) return say(HELP, 0);
    const bar = new ProgressBar('soak', 1);
    const result = await soak({ ...options, onProgress: (done) => bar.update(done) }).finally(() => bar.end());
    if (options.out !== null) write(options.out, result);
    return say(summary(result), result.wrong === 0 && result.leftovers.length + result.growth.length === 0 ? 0 : 1);
  } catch (error) {
    if (error instanceof UsageError) return say(`${error.message}\n\n${HELP}`, 64);
    throw error;
  }
}

function write(folder: string, result: SoakResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'soak.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(folder, 'soak.svg'), soakChart(result));
}

function summary({
  seconds,
  checked,
  total,
  wrong,
  retried,
  reloads,
  before,
  after,
  leftovers,
  growth,
  failures,
}: SoakResult): string {
  const mixes = Object.entries(checked).map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`);
  const counts = (['descriptors', 'sockets', 'threads', 'timers'] as const).map(
    (name) => `  ${name}: ${before[name]} → ${after[name]}`,
  );
  const memory = (['heap', 'external', 'resident'] as const).map(
    (name) =>
      `  ${name}: ${mebibytes(before[name])} → ${mebibytes(after[name])} (at most ${mebibytes(GROWTH_BOUNDS[name])} more)`,
  );
  return [
    `${total} answers checked in ${seconds} s, ${wrong} wrong, ${retried} sent again on a new connection`,
    ...mixes,
    `in force: ${reloads.lists} lists, ${reloads.configurations} configurations; refused: ${reloads.badLists} lists, ${reloads.badConfigurations} configurations`,
    'at rest, after the warm-up → at the end:',
    ...counts,
    ...memory,
    ...failures.map((failure) => `wrong: ${failure}`),
    ...[...leftovers, ...growth].map((leftover) => `not where it was: ${leftover}`),
    '',
  ].join('\n');
}

function say(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}
