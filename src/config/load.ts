/**
 * A configuration file → `Config`, or every fault in it at once.
 *
 *   bytes → UTF-8 → YAML (document.ts) → former-keys.ts → variables.ts ─┬─ schema.ts ───────┐
 *                                                                       ├─ cross-checks.ts ─┼─▶ faults, or build.ts → Config
 *                                                                       └─ languages.ts ────┘
 *
 * It reads that one file, credentials that are variables in it, and the operator's languages, and nothing else.
 */
import { resolve } from 'node:path';
import { yieldToEventLoop } from '../lib/pauses.ts';
import { runSync, restingBetween, type Rest, type Steps } from '../lib/steps.ts';
import { buildConfig } from './build.ts';
import { crossChecks } from './cross-checks.ts';
import { parseYamlSteps, type ParsedDocument } from './document.ts';
import {
  diagnosticAt,
  firstInOrder,
  keyText,
  type ConfigDiagnostic,
  type KeyPath,
  type PendingDiagnostic,
  type Position,
} from './diagnostic.ts';
import { withSource } from './excerpt.ts';
import { withPresentNames } from './former-keys.ts';
import { readLanguages, shippedLanguages, type FoundLanguages } from './languages.ts';
import { pageTextChecks } from './page-texts.ts';
import { at } from './plain-data.ts';
import { shapeFaults } from './schema-faults.ts';
import { readConfigText, STANDARD_INPUT } from './read-config.ts';
import { schemaKeys } from './schema-keys.ts';
import { schema, type ConfigFile } from './schema.ts';
import { soundPart } from './sound-part.ts';
import type { Environment } from './state-places.ts';
import type { Config } from './types.ts';
import { withoutValues } from './variable-faults.ts';
import { environmentReader, variableReader } from './variable-values.ts';
import { variableNames, withVariables, type SettledDocument } from './variables.ts';

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Where a value stands in the file, for faults that are found later (a list that cannot be read). */
      readonly locate: (path: KeyPath) => Position;
    }
  | {
      readonly ok: false;
      readonly faults: readonly ConfigDiagnostic[];
      /** What can be looked at all the same; null where nothing can. */
      readonly sound: SoundConfig | null;
    };

/** Never to come into force. */
export interface SoundConfig {
  /** With the lists that have no fault, and defaults in place of what has. */
  readonly config: Config;
  /** Of each of its lists: the index in the file. */
  readonly listIndexes: readonly number[];
  readonly locate: (path: KeyPath) => Position;
}

/** `file` is relative to the working directory, `-` is standard input, whose paths are relative to it; faults name it as given. `rest`: between two steps of work. Never throws. */
export async function loadConfig(
  file: string,
  environment: Environment = process.env,
  rest: Rest = yieldToEventLoop,
): Promise<LoadedConfig> {
  const text = await readConfigText(file);
  const name = file === STANDARD_INPUT ? '<stdin>' : file;
  if (!text.ok) return { ok: false, faults: [diagnosticAt(name, text.position, [], text.reason)], sound: null };
  const written = withPresentNames(await restingBetween(parseYamlSteps(text.value), rest));
  const read = await variableReader(variableNames(written.rest?.data ?? written.data), environment);
  const document = withVariables(written, schema, read);
  const languages = await readLanguages(document.data, file, rest);
  return await restingBetween(
    settleSteps(document, { text: text.value, file: name, languages, renamedKeys: written.renamed }, environment),
    rest,
  );
}

/** The same from text, without languages of the operator's own; `file` names it. */
export function parseConfig(text: string, file: string, environment: Environment): LoadedConfig {
  const written = withPresentNames(runSync(parseYamlSteps(text)));
  const document = withVariables(written, schema, environmentReader(environment));
  return runSync(
    settleSteps(
      document,
      { text, file, languages: shippedLanguages(document.data), renamedKeys: written.renamed },
      environment,
    ),
  );
}

interface Frame extends Pick<Config, 'file' | 'renamedKeys'> {
  readonly text: string;
  readonly languages: FoundLanguages;
}

function* settleSteps(
  document: SettledDocument,
  { text, file, languages: found, renamedKeys }: Frame,
  environment: Environment,
): Steps<LoadedConfig> {
  const result = document.data === undefined ? null : schema.parse(document.data);
  yield;
  const faults: PendingDiagnostic[] = [
    ...document.faults.map((fault) => ({ position: fault, path: [], message: fault.message })),
    ...(document.rest === null ? [] : faultsOfRest(document.rest)),
    ...withoutValues(
      shapeFaults(schema, result, document),
      [...crossChecks(document.data), ...found.violations, ...pageTextChecks(document.data, found)].map(
        ({ path, message }) => ({ position: document.locate(path), path, message }),
      ),
      document,
      schema,
    ),
  ];
  yield;
  const { languages } = found;
  const { variables } = document;
  const build = (settings: ConfigFile): Config =>
    buildConfig(settings, { file: resolve(file), languages, variables, renamedKeys }, environment);
  if (faults.length > 0 || found.faults.length > 0 || result?.ok !== true) {
    const sound = soundConfig(document.rest ?? document, faults, build);
    yield;
    const unknown = faults.filter(({ isUnknownKey }) => isUnknownKey === true).map(({ position }) => position);
    const told = withSource(text, firstInOrder(file, faults, document.omitted), unknown);
    return { ok: false, faults: [...told, ...found.faults], sound };
  }
  return { ok: true, config: build(result.value), locate: document.locate };
}

/** Of the sections beside one that cannot be read: what seems to be missing may stand in that one. */
function faultsOfRest(rest: SettledDocument): readonly PendingDiagnostic[] {
  const read = schema.parse(rest.data);
  if (read.ok) return rest.unset;
  const faults = read.faults.filter(({ kind, path: [first] }) =>
    first === undefined ? kind === 'unknown' : at(rest.data, first) !== undefined,
  );
  return withoutValues(shapeFaults(schema, { ok: false, faults }, rest), [], rest, schema);
}

/** Every key there is, `listeners[].name` style. */
export function configKeys(): string[] {
  return schemaKeys(schema);
}

function soundConfig(
  { data, locate }: ParsedDocument,
  faults: readonly PendingDiagnostic[],
  build: (settings: ConfigFile) => Config,
): SoundConfig | null {
  const { data: rest, listIndexes } = soundPart(
    data,
    faults.map(({ path }) => keyText(path)),
  );
  const result = schema.parse(rest);
  return result.ok ? { config: build(result.value), listIndexes, locate } : null;
}
