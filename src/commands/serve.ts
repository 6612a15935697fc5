/** `cleanfeed serve`: run the filter until told to stop. */
import { formatDiagnostic } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { runInstance } from './run-instance.ts';
import { printErrors } from './terminal.ts';

export async function serve(file: string): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  if (loaded.ok) return await runInstance(loaded.config);
  printErrors(loaded.faults.map(formatDiagnostic));
  return EXIT.badConfig;
}
