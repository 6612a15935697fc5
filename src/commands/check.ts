/**
 * `cleanfeed check`: the configuration and every list it names, all faults at once, as `FILE:LINE:COL: message`. It must
 * not start anything and must not need the privileges or ports of the running instance. With `--host` it also looks at this machine
 * (check-machine.ts), which only root sees in full.
 */
import { diagnosticAt } from '../config/diagnostic.ts';
import type { ConfigDiagnostic } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import type { SoundConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { ListError } from '../list/list-error.ts';
import type { NotCarried } from '../observe/control-view.ts';
import { readContentKey } from '../list/content-key.ts';
import { utcDay } from '../list/text/compile.ts';
import { allowEffects, exceptionNotes, undoneWarnings } from './allow-effects.ts';
import type { AllowEffects } from './allow-effects.ts';
import { checkMachine } from './check-machine.ts';
import {
  absentFolderWarnings,
  closedPortWarnings,
  lostSteerWarnings,
  outletFault,
  ownResolverWarnings,
} from './check-outlets.ts';
import { checkRanges } from './check-ranges.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { lineFaults } from './line-fault.ts';
import type { LineFault } from './line-fault.ts';
import { areLinesToBlame, readLists } from './read-lists.ts';
import { PROTECTED_REMEDY } from '../list/sanity/protected-refusal.ts';
import type { LineDiagnostic } from '../list/text/diagnostic.ts';
import type { ListReading } from './read-lists.ts';
import { ListProgress } from './list-progress.ts';
import { notCarriedLine } from './not-carried.ts';
import { ProgressBar } from './progress-bar.ts';
import { counted, print, printFinding, printJson, faultLines } from './terminal.ts';
import {
  dnsWarning,
  habitWarning,
  idleDnsWarnings,
  idleListWarnings,
  idleOutletWarnings,
  lateRemovalWarnings,
  leftOutWarning,
  lostExceptionWarnings,
  renamedKeyWarnings,
  steerWarning,
  suffixWarning,
  translationWarnings,
  uncheckedGuardWarnings,
} from './warnings.ts';
import type { Permitting } from './warnings.ts';

interface ListFigures {
  readonly name: string;
  readonly entries: number;
  readonly expired: number;
  readonly badLines: number;
  readonly accepted: boolean;
  readonly compiled: boolean;
  /** Entries that cover a public suffix or top-level domain as a whole: a warning. */
  readonly publicSuffixes: number;
  /** Losses of another tool's list, by reason; null: it is a list of ours. */
  readonly notCarried: readonly NotCarried[] | null;
  /** What may not be meant, in words. */
  readonly warnings: readonly string[];
}

/** Null if the lists were not looked at. */
type Effects = { readonly [Kind in keyof AllowEffects]: AllowEffects[Kind] | null };

interface Findings extends Effects {
  readonly ok: boolean;
  /** With `workers: auto` as many as `serve` would start here; otherwise null. */
  readonly automaticWorkers: number | null;
  readonly faults: readonly (ConfigDiagnostic | LineFault)[];
  readonly lists: readonly ListFigures[];
  /** What may not be meant about the configuration as a whole, in words. */
  readonly warnings: readonly string[];
}

const NO_EFFECTS = { undone: null, exceptions: null, idle: null };

export interface CheckOptions {
  readonly json: boolean;
  /** With false only the configuration is checked, as before a start: a list that cannot be read is no reason not to start. */
  readonly lists: boolean;
  /** Whether this machine has what the configuration needs. */
  readonly host: boolean;
}

export async function check(file: string, options: CheckOptions): Promise<ExitCode> {
  const findings = await findFaults(file, options);
  if (options.json) printJson(findings);
  else printFindings(file, findings);
  return findings.ok ? EXIT.ok : EXIT.badConfig;
}

/** Faults of the configuration do not hide those of its lists. */
async function findFaults(file: string, { lists: withLists, host }: CheckOptions): Promise<Findings> {
  const loaded = await loadConfig(file);
  const part = loaded.ok ? { ...loaded, listIndexes: [...loaded.config.lists.keys()] } : loaded.sound;
  const found =
    withLists && part !== null
      ? await findInLists(file, part)
      : { ok: true, automaticWorkers: null, faults: [], lists: [], ...NO_EFFECTS, warnings: [] };
  const ofRanges = part === null ? [] : await checkRanges(file, part);
  if (!loaded.ok) return { ...found, ok: false, faults: [...loaded.faults, ...ofRanges, ...found.faults] };
  const ofHost = host ? await checkMachine(file, loaded) : { faults: [], warnings: [] };
  const more = [...ofRanges, ...ofHost.faults];
  const { workersAuto, workers } = loaded.config;
  const automaticWorkers = workersAuto ? workers : null;
  return {
    ...found,
    ok: found.ok && more.length === 0,
    automaticWorkers,
    faults: [...more, ...found.faults],
    warnings: [...renamedKeyWarnings(loaded.config), ...found.warnings, ...ofHost.warnings],
  };
}

async function findInLists(file: string, { config, listIndexes, locate }: SoundConfig): Promise<Findings> {
  const bar = new ProgressBar('reading lists', 1);
  // Each allow list is compared with the others.
  const progress = new ListProgress(bar, 1 + config.lists.filter(({ action }) => action === 'allow').length);
  const lists = await readLists(config, { progress });
  const effects = allowEffects(config, { lists, today: utcDay(Date.now()), progress });
  bar.end();
  const sourceFault = (list: number, message: string): ConfigDiagnostic => {
    const path = ['lists', listIndexes[list] ?? list, 'source'];
    return diagnosticAt(file, locate(path), path, message);
  };
  const ofOutlets = lists.map((list) => outletFault(config, list));
  const ofKey = await contentKeyFaults(file, { config, locate });
  return {
    automaticWorkers: null,
    ok:
      ofKey.length === 0 &&
      lists.every((list) => list.ok && list.verdict.stage === 'passed' && list.sourceFault === null) &&
      ofOutlets.every((fault) => fault === null),
    faults: [
      ...ofKey,
      ...lists.flatMap((list, index) => {
        const ofOutlet = ofOutlets[index] ?? null;
        const found = listFaults(list, (message) => sourceFault(index, message));
        return ofOutlet === null ? found : [...found, sourceFault(index, ofOutlet)];
      }),
    ],
    lists: lists.map(figures),
    ...effects,
    warnings: configWarnings(config, lists),
  };
}

/** Of what the configuration does with its lists as a whole. */
function configWarnings(config: Config, lists: readonly ListReading[]): readonly string[] {
  const permits = lists.map(permitting);
  const ofSteering = steerWarning(config, permits);
  return [
    ...translationWarnings(config),
    ...idleListWarnings(config),
    ...lateRemovalWarnings(config),
    ...lostExceptionWarnings(config),
    ...absentFolderWarnings(config),
    ...lostSteerWarnings(config),
    ...closedPortWarnings(config),
    ...ownResolverWarnings(config),
    ...uncheckedGuardWarnings(config),
    ...(ofSteering === null ? [] : [ofSteering]),
    ...idleDnsWarnings(config, permits),
    ...idleOutletWarnings(config, permits),
  ];
}

function permitting(list: ListReading): Permitting {
  if (!list.ok) return null;
  const { marked, enforceable } = list.judged.stats;
  return { dns: enforceable.dns, steer: marked.steer };
}

/** It is read with the lists: whoever may read their secrets may read this one. */
async function contentKeyFaults(
  file: string,
  { config, locate }: Pick<SoundConfig, 'config' | 'locate'>,
): Promise<readonly ConfigDiagnostic[]> {
  const place = config.admin.contentKey;
  const path = ['admin', 'contentKey'];
  try {
    if (place !== null) await readContentKey(place);
    return [];
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    return [diagnosticAt(file, locate(path), path, error.message)];
  }
}

function listFaults(
  list: ListReading,
  sourceFault: (message: string) => ConfigDiagnostic,
): (ConfigDiagnostic | LineFault)[] {
  if (!list.ok) return [sourceFault(list.message)];
  const source = list.sourceFault === null ? [] : [sourceFault(list.sourceFault)];
  const { badLines, suffixLines, protectedLines } = list.judged;
  const refusal = list.verdict.stage === 'refused' ? list.verdict.error : null;
  // Bad lines alone would have been tolerated where something else is the reason.
  const isTolerated = refusal === null || !areLinesToBlame(refusal);
  const isUnnamed = isTolerated || badLines.length === 0;
  const bad = lineFaults(list.file, badLines, isTolerated ? ' (tolerated by maxBadLineRatio)' : '');
  const onProtected = refusal?.code === 'protected_host' ? protectedFaults(list.file, protectedLines) : [];
  const onSuffixes =
    list.config.suffixes === 'warn'
      ? []
      : lineFaults(list.file, suffixLines, " (with 'suffixes: warn' the list is used all the same)");
  const covering = [...onSuffixes, ...onProtected];
  return [
    ...source,
    ...bad,
    ...covering,
    ...(refusal !== null && isUnnamed && covering.length === 0 ? [sourceFault(refusal.message)] : []),
  ];
}

/** Lines of one list that are named; a list of a whole country's hosts would fill the screen. */
const MAX_NAMED_LINES = 100;

/** What each is to be done with stands behind the first; how many are not named, behind the last. */
function protectedFaults(file: string, lines: readonly LineDiagnostic[]): readonly LineFault[] {
  const shown = lines.slice(0, MAX_NAMED_LINES);
  const more = lines.length - shown.length;
  const noted = shown.map((line, i) => {
    const remedy = i === 0 ? ` (${PROTECTED_REMEDY})` : '';
    const rest = i === shown.length - 1 && more > 0 ? `; and ${counted(more, 'more line')} like it` : '';
    const { code, column } = line;
    return { code, line: line.line, column, message: `${line.message}${remedy}${rest}` };
  });
  return lineFaults(file, noted);
}

function figures(list: ListReading): ListFigures {
  const { name } = list.config;
  if (!list.ok)
    return {
      name,
      entries: 0,
      expired: 0,
      badLines: 0,
      accepted: false,
      compiled: false,
      publicSuffixes: 0,
      notCarried: null,
      warnings: [],
    };
  const { stats, segment } = list.judged;
  const accepted = list.verdict.stage === 'passed';
  const { entries, expired, badLines, publicSuffixes, notCarried = null } = stats;
  const warnings = [
    suffixWarning(publicSuffixes),
    habitWarning(stats),
    dnsWarning(stats),
    leftOutWarning(list.judged),
  ].filter((warning) => warning !== null);
  const compiled = segment.kind === 'own';
  return { name, entries, expired, badLines, accepted, compiled, publicSuffixes, notCarried, warnings };
}

/** Faults by their files; of more than MAX_NAMED_LINES in one file the first, and how many there are. */
function shownFaults(faults: Findings['faults']): readonly string[] {
  return [...Map.groupBy(faults, ({ file }) => file)].flatMap(([file, ofFile]) => {
    const more = ofFile.length - MAX_NAMED_LINES;
    const shown = ofFile.slice(0, MAX_NAMED_LINES).flatMap(faultLines);
    if (more <= 0) return shown;
    const sum = `${file}: ${ofFile.length} errors, of which ${more} are not shown (--json has all)`;
    return shown.concat(`${sum}; if it is a list of another tool: cleanfeed list import --help`);
  });
}

function printFindings(file: string, findings: Findings): void {
  const { ok, automaticWorkers, faults, lists, warnings, undone, exceptions, idle } = findings;
  for (const line of shownFaults(faults)) printFinding(line);
  if (!ok) return;
  print(`${file}: ok`);
  if (automaticWorkers !== null) print(`workers: auto, ${automaticWorkers} on this machine`);
  for (const { name, entries, expired, notCarried, warnings } of lists) {
    print(`list ${name}: ${counted(entries, 'entry', 'entries')}${expired === 0 ? '' : `, ${expired} expired`}`);
    const lost = notCarriedLine(name, notCarried);
    if (lost !== null) print(lost);
    for (const warning of warnings) printFinding(`list ${name}: warning: ${warning}`);
  }
  for (const warning of warnings) printFinding(`${file}: warning: ${warning}`);
  if (undone === null || exceptions === null || idle === null) return;
  const effects = { undone, exceptions, idle };
  for (const warning of undoneWarnings(effects)) printFinding(`${file}: warning: ${warning}`);
  for (const note of exceptionNotes(effects)) print(`${file}: note: ${note}`);
}
