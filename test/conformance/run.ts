/** `npm run conformance`: ends with 0 where nothing that an origin serves as listed would have passed, with 1 otherwise. */
import { UsageError } from '../../bench/command-line.ts';
import { ProgressBar } from '../../src/commands/progress-bar.ts';
import { conformance, isWanted } from './conformance.ts';
import { HEAD_FAMILIES } from './heads/heads.ts';
import { HELP, parseOptions } from './options.ts';
import type { Options } from './options.ts';
import { FAMILIES } from './origins/all.ts';
import type { Family } from './origins/origin.ts';
import { summary } from './report.ts';

const STOPPED = 130;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === null) return say(HELP, 0);
    const wanted = (all: readonly Family[]): readonly Family[] =>
      all.filter(({ configurations }) => configurations.some(({ name }) => isWanted(options.origins, all, name)));
    const families = wanted(FAMILIES);
    if (families.length + wanted(HEAD_FAMILIES).length === 0)
      throw new UsageError(`no origin is called ${options.origins.join(', ')}; --list names them`);
    if (options.list)
      return say(
        [...FAMILIES, ...HEAD_FAMILIES]
          .flatMap(({ configurations }) =>
            configurations.map(({ name, fold }) => `${name}${fold.length > 0 ? `  fold=${fold.join(',')}` : ''}\n`),
          )
          .join(''),
        0,
      );
    return await run(options, families);
  } catch (error) {
    if (error instanceof UsageError) return say(`${error.message}\n\n${HELP}`, 64);
    throw error;
  }
}

async function run(options: Options, families: readonly Family[]): Promise<number> {
  const bar = new ProgressBar('conformance', 1);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => stop.abort());
  const report = await conformance(options, {
    families,
    headFamilies: HEAD_FAMILIES,
    isCi: process.env['CI'] === 'true',
    stop: stop.signal,
    onProgress: (done) => bar.update(done),
  })
    .catch((error: unknown) => {
      if (stop.signal.aborted) return null;
      throw error;
    })
    .finally(() => bar.end());
  // What is still being asked would go on asking.
  if (report === null) process.exit(STOPPED);
  const { passed, failed, skipped } = report.counts;
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  say(summary(report), 0);
  if (!options.json)
    process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failed === 0 ? 0 : 1;
}

function say(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}
