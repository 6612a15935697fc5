/**
 * `cleanfeed check`: the configuration and every list it names, all faults at once, as `FILE:LINE:COL: message`. It must
 * not start anything and must not need the privileges or ports of the running instance.
 */
import { faultAt, formatFault, inOrder } from '../config/fault.ts';
import type { ConfigFault } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { ListConfig } from '../config/types.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { readLists } from './list-texts.ts';
import type { ListText } from './list-texts.ts';
import { counted, print, printJson } from './terminal.ts';

type Loaded = LoadedConfig & { readonly ok: true };

interface ListFigures {
  readonly name: string;
  readonly entries: number;
  readonly expired: number;
  readonly badLines: number;
  readonly accepted: boolean;
}

interface Findings {
  readonly ok: boolean;
  readonly faults: readonly ConfigFault[];
  readonly lists: readonly ListFigures[];
}

export async function check(file: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const findings = await findFaults(file);
  if (options.json) printJson(findings);
  else printFindings(file, findings);
  return findings.ok ? EXIT.ok : EXIT.badConfig;
}

async function findFaults(file: string): Promise<Findings> {
  const loaded = await loadConfig(file);
  if (!loaded.ok) return { ok: false, faults: loaded.faults, lists: [] };
  const texts = await readLists(loaded.config);
  const faults = texts.flatMap((text, index) => listFaults(text, index, file, loaded));
  const ok = texts.every((text) => text.ok && text.compiled.accepted && text.sourceFault === null);
  return { ok, faults, lists: texts.map((text, i) => figures(loaded.config.lists[i]!, text)) };
}

function listFaults(text: ListText, index: number, file: string, loaded: Loaded): ConfigFault[] {
  if (!text.ok) return [sourceFault(index, text.message, file, loaded)];
  const source = text.sourceFault === null ? [] : [sourceFault(index, text.sourceFault, file, loaded)];
  const note = text.compiled.accepted ? ' (tolerated by maxBadShare)' : '';
  return source.concat(inOrder(text.compiled.faults).map((fault) => faultAt(text.file, fault, [], fault.message + note)));
}

function sourceFault(index: number, message: string, file: string, { locate }: Loaded): ConfigFault {
  const path = ['lists', index, 'source'];
  return faultAt(file, locate(path), path, message);
}

function figures({ name }: ListConfig, text: ListText): ListFigures {
  if (!text.ok) return { name, entries: 0, expired: 0, badLines: 0, accepted: false };
  const { entries, expired, badLines } = text.compiled.stats;
  return { name, entries, expired, badLines, accepted: text.compiled.accepted };
}

function printFindings(file: string, { ok, faults, lists }: Findings): void {
  for (const fault of faults) print(formatFault(fault));
  if (!ok) return;
  print(`${file}: ok`);
  for (const { name, entries, expired } of lists) print(`list ${name}: ${counted(entries, 'entry', 'entries')}${expired === 0 ? '' : `, ${expired} expired`}`);
}
