/** `cleanfeed serve`: run the filter until told to stop. It must not compose anything: run-instance.ts does, for the demo too. */
import { loadConfig } from '../config/load.ts';
import { isUnanswered } from '../lib/answered-in-time.ts';
import { isForPeople } from '../observe/log.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { runInstance } from './run-instance.ts';
import { servingLine } from './serving-line.ts';
import { printError, printFaults } from './terminal.ts';

export async function serve(file: string): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  if (loaded.ok) {
    const { config } = loaded;
    return await runInstance(config, {
      whenReady: (control) => {
        if (isForPeople(config.log.format)) printError(servingLine(control));
      },
    });
  }
  printFaults(loaded.faults);
  // After 78 the service manager would not start it again, and a file server comes back.
  return isUnanswered(file) ? EXIT.unavailable : EXIT.badConfig;
}
