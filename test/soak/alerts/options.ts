/** Command line of the soak of alerts. */
import { FLAG, numberFrom, readCommandLine, TEXT, UsageError } from '../../../bench/command-line.ts';

const MIN_MINUTES = 0.5;
/** What is asked for once is no service. */
const MAX_MINUTES = 24 * 60;

export const HELP = `npm run soak:alerts -- [options]

Two healthy instances, each with its guard, under traffic, health checks, scans of their ports and lists that change, for an hour of real time: a
real Prometheus with the rules as they are shipped must alert of nothing. It ends by itself.

  --minutes N   how long (60), ${MIN_MINUTES} to ${MAX_MINUTES}
  --help
`;

/** @returns seconds; null: help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): number | null {
  const options = { minutes: TEXT, help: FLAG };
  const { values } = readCommandLine({ args: [...args], options, strict: true });
  if (values.help === true) return null;
  const minutes = numberFrom('minutes', values.minutes ?? '60', MIN_MINUTES);
  if (minutes > MAX_MINUTES) throw new UsageError(`--minutes wants ${MAX_MINUTES} at most, not '${minutes}'`);
  return minutes * 60;
}
