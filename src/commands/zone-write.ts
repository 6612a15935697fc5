/**
 * `cleanfeed zone write`: the zones of a configuration, written once as `serve` would, from the lists as they are now. Without `-o` the engine is
 * told as well. It must not start anything, and prints no name.
 */
import { loadConfig } from '../config/load.ts';
import type { ZoneConfig } from '../config/resolver-types.ts';
import type { Config } from '../config/types.ts';
import { CleanfeedError, errnoOf, writingReason } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { isSameFile, placeOfOutput } from '../lib/output-file.ts';
import { runProgram } from '../lib/run-program.ts';
import { readGuarded } from '../list/sanity/read-guarded.ts';
import { PUBLIC_SUFFIXES } from '../list/sanity/suffix-rows.ts';
import { utcDay } from '../list/text/compile.ts';
import { writeZone } from '../outlets/zones/zone-file.ts';
import type { WrittenZone, ZoneList } from '../outlets/zones/zone-file.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { ProgressBar } from './progress-bar.ts';
import { readLists } from './read-lists.ts';
import type { ListReading } from './read-lists.ts';
import { counted, print, printError, printJson, shownPath, printFaults } from './terminal.ts';

export interface ZoneWriteOptions {
  /** Null: all. */
  readonly zone: string | null;
  /** Null: where the configuration says. */
  readonly output: string | null;
  readonly json: boolean;
}

/** What became of one zone. */
interface Outcome {
  readonly zone: string;
  readonly file: string;
  readonly written: WrittenZone | null;
  /** Null: nobody was to be told. */
  readonly told: boolean | null;
  readonly fault: string | null;
  readonly exit: ExitCode;
}

/** Milliseconds, characters. */
const NOTIFY = { timeoutMs: 30_000, maxOutput: 64 * 1024 };
/** Of the progress bar. */
const WHOLE = 1000;

export async function zoneWrite(file: string, options: ZoneWriteOptions): Promise<ExitCode> {
  if (options.output !== null && (await isSameFile(file, options.output))) {
    printError(`-o names the configuration: ${shownPath(options.output)}; write to another file`);
    return EXIT.usage;
  }
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    printFaults(loaded.faults);
    return EXIT.badConfig;
  }
  const { config } = loaded;
  const chosen = chosenZones(config, options);
  if (typeof chosen === 'string') {
    printError(chosen);
    return EXIT.usage;
  }
  const named = new Set(chosen.flatMap(({ lists, allow }) => [...lists, ...allow]));
  const lists = await readLists(
    { ...config, lists: config.lists.filter(({ name }) => named.has(name)) },
    { withNames: true },
  );
  const outcomes: Outcome[] = [];
  for (const zone of chosen) outcomes.push(await writeOne(zone, lists, config, options));
  if (options.json) printJson(outcomes.map(({ exit, ...outcome }) => ({ ok: exit === EXIT.ok, ...outcome })));
  else for (const outcome of outcomes) printOutcome(outcome);
  return outcomes.find(({ exit }) => exit !== EXIT.ok)?.exit ?? EXIT.ok;
}

/** @returns why there are none, in words. */
function chosenZones(
  { resolver: { zones } }: Config,
  { zone, output }: ZoneWriteOptions,
): readonly ZoneConfig[] | string {
  const chosen = zone === null ? zones : zones.filter(({ name }) => name === zone.toLowerCase());
  if (zones.length === 0) return 'the configuration has no zones (resolver.zones)';
  if (zone !== null && chosen.length === 0) {
    const near = nearest(
      zone,
      zones.map(({ name }) => name),
    );
    return near === null ? `there is no zone ${zone}` : `there is no zone ${zone}; did you mean ${near}?`;
  }
  return output !== null && chosen.length > 1
    ? `-o takes one zone, and there are ${chosen.length}: choose one with --zone`
    : chosen;
}

async function writeOne(
  zone: ZoneConfig,
  readings: readonly ListReading[],
  config: Config,
  { output }: ZoneWriteOptions,
): Promise<Outcome> {
  const file = output ?? zone.file;
  const outcome = { zone: zone.name, file, written: null, told: null };
  const lists = await zoneLists(zone, readings);
  if (typeof lists === 'string') return { ...outcome, fault: lists, exit: EXIT.badList };
  const bar = new ProgressBar(`writing ${zone.name}`, WHOLE);
  try {
    const { ttlSeconds } = config.resolver.answers;
    const terms = { name: zone.name, ttlSeconds, answer: zone.answer };
    const now = Date.now();
    const frame = { today: utcDay(now), now: Math.floor(now / 1000), suffixes: PUBLIC_SUFFIXES };
    const place = output === null ? file : await placeOfOutput(output);
    const written = await writeZone({ terms, file: place, lists, ...frame }, (share) => bar.update(share * WHOLE));
    if (output !== null || zone.notify.length === 0) return { ...outcome, written, fault: null, exit: EXIT.ok };
    const { fault, said } = await runProgram(zone.notify, NOTIFY);
    if (fault === null) return { ...outcome, written, told: true, fault, exit: EXIT.ok };
    return { ...outcome, written, told: false, fault: `notify: ${fault}${firstLine(said)}`, exit: EXIT.unavailable };
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    return { ...outcome, fault: `cannot be written: ${writingReason(errnoOf(error))}`, exit: EXIT.cannotCreate };
  } finally {
    bar.end();
  }
}

/** @returns why a list of the zone cannot be used, in words. */
async function zoneLists(
  { lists, allow }: ZoneConfig,
  readings: readonly ListReading[],
): Promise<readonly ZoneList[] | string> {
  const found: ZoneList[] = [];
  for (const name of [...lists, ...allow]) {
    const reading = readings.find(({ config }) => config.name === name);
    if (reading === undefined) return `list ${name}: not read`;
    if (!reading.ok) return `list ${name}: ${reading.message}`;
    if (reading.verdict.stage === 'refused') return `list ${name}: ${reading.verdict.error.message}`;
    if (reading.names === null) return `list ${name}: it has no names`;
    const { gate, action } = reading.config;
    try {
      const { hosts } = await readGuarded(gate, action);
      found.push({ names: reading.names, guarded: hosts.map(({ host }) => host) });
    } catch (error) {
      if (!(error instanceof CleanfeedError)) throw error;
      return `list ${name}: ${error.message}`;
    }
  }
  return found;
}

function firstLine(said: string): string {
  const [line = ''] = said.trim().split('\n', 1);
  return line === '' ? '' : `: ${line}`;
}

function printOutcome({ zone, file, written, told, fault }: Outcome): void {
  if (written !== null) {
    const { blocked, excepted, skipped, changed, serial } = written;
    const names = `${counted(blocked, 'name')} and wildcards blocked${excepted === 0 ? '' : `, ${excepted} excepted`}`;
    print(`${zone}: ${shownPath(file)}: ${names}, ${changed ? `written, serial ${serial}` : 'nothing has changed'}`);
    const left = Object.entries(skipped).filter(([, count]) => count > 0);
    if (left.length > 0)
      print(`${zone}: left out: ${left.map(([reason, count]) => `${count} (${reason})`).join(', ')}`);
    if (told === true) print(`${zone}: the engine was told`);
  }
  if (fault !== null) printError(`${zone}: ${fault}`);
}
