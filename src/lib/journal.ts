/** Whether what is written goes to the systemd journal, which reads a priority before each line (sd-daemon(3)). It must not write anything. */
import { fstatSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns whether the descriptor is the file that systemd.exec(5) names: standard error may have been redirected since. */
export function isJournal(descriptor: number, environment: Environment): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
