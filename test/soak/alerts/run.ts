/** `npm run soak:alerts`: ends with 0 where nothing fired and everything was looked at, with 1 otherwise. */
import { loadavg } from 'node:os';
import { UsageError } from '../../../bench/command-line.ts';
import { ProgressBar } from '../../../src/commands/progress-bar.ts';
import { programPath } from '../../support/program-path.ts';
import { HELP, parseOptions } from './options.ts';
import { soakAlerts, type AlertSoak } from './soak.ts';

const USAGE = 64;
const UNAVAILABLE = 69;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const seconds = parseOptions(process.argv.slice(2));
    if (seconds === null) return say(HELP, 0);
    if (programPath('prometheus') === null) return say('prometheus is not installed\n', UNAVAILABLE);
    return await run(seconds);
  } catch (error) {
    if (error instanceof UsageError) return say(`${error.message}\n\n${HELP}`, USAGE);
    throw error;
  }
}

async function run(seconds: number): Promise<number> {
  const bar = new ProgressBar('soak of alerts', 1);
  const ended = new AbortController();
  process.once('SIGTERM', () => ended.abort());
  const soak = await soakAlerts({
    seconds,
    signal: ended.signal,
    onProgress: (done) => bar.update(done),
    onFired: (alert) => {
      bar.end();
      say(`${new Date().toISOString()} FIRES: ${alert}\n`, 0);
    },
  }).finally(() => bar.end());
  const isWell = soak.fired.length + soak.missing.length === 0;
  return say(summary(soak), isWell ? 0 : 1);
}

function summary({ seconds, fired, pending, seen, missing }: AlertSoak): string {
  const shown = seen.map(([words, figures]) => `  ${words}: ${figures}`);
  return [
    `${seconds} s, load ${loadavg()[0]?.toFixed(1)}: ${fired.length === 0 ? 'nothing fired' : `${fired.length} FIRED`}`,
    ...fired.map((alert) => `  fired: ${alert}`),
    ...pending.map((alert) => `  waited, and did not fire: ${alert}`),
    'of each node:',
    ...shown,
    ...missing.map((words) => `  NOT SEEN: ${words}`),
    '',
  ].join('\n');
}

function say(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}
