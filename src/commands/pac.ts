/** `cleanfeed pac`: the PAC file of a configuration, printed or written as a whole. It must not start anything. */
import { loadConfig } from '../config/load.ts';
import { pacFile } from '../config/pac-file.ts';
import { errnoOf, writingReason } from '../lib/errors.ts';
import { isSameFile, writeOutput } from '../lib/output-file.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { print, printError, printFaults, shownPath } from './terminal.ts';

/** A web server reads it as another user. */
const MODE = 0o644;

/** @param output null: it is printed. */
export async function writePac(file: string, output: string | null): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    printFaults(loaded.faults);
    return EXIT.badConfig;
  }
  const { pac } = loaded.config;
  if (pac === null) {
    printError(`${file} has no admin.pac: name there the address at which browsers find the proxy`);
    return EXIT.usage;
  }
  const text = pacFile(pac);
  if (output === null) {
    process.stdout.write(text);
    return EXIT.ok;
  }
  if (await isSameFile(file, output)) {
    printError(`-o names the configuration: ${shownPath(output)}; write to another file`);
    return EXIT.usage;
  }
  try {
    await writeOutput(output, text, { mode: MODE });
  } catch (error) {
    printError(`${shownPath(output)}: cannot be written: ${writingReason(errnoOf(error))}`);
    return EXIT.cannotCreate;
  }
  print(`${shownPath(output)}: written`);
  return EXIT.ok;
}
