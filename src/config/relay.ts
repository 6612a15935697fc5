/**
 * The configuration of `cleanfeed relay`: its keys, their defaults, and all faults at once, as load.ts does it for the filter. It must not
 * look at any other file.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapping } from '../lib/shape.ts';
import type { Output } from '../lib/shape.ts';
import { runSync } from '../lib/steps.ts';
import { gateTerms, httpTerms } from './build.ts';
import { diagnosticAt, firstInOrder, type ConfigDiagnostic, type PendingDiagnostic } from './diagnostic.ts';
import { parseYamlSteps, type ParsedDocument } from './document.ts';
import { duration, oneOf, size, text, url } from './fields.ts';
import { isTufSource, sourceViolations } from './list-source.ts';
import { log } from './log-settings.ts';
import { at } from './plain-data.ts';
import { readConfigText } from './read-config.ts';
import type { FlatFormat, FlatSource, RelayConfig } from './relay-types.ts';
import { auth, gate } from './schema.ts';
import { shapeFaults } from './schema-faults.ts';
import { schemaKeys } from './schema-keys.ts';
import { withoutValues } from './variable-faults.ts';
import { environmentReader, variableReader } from './variable-values.ts';
import { variableNames, withVariables, type VariableReader } from './variables.ts';
import type { Violation } from './violation.ts';

export const relaySchema = mapping({
  source: text(4096),
  ca: text(4096).nullable().prefault(null),
  proxy: url('http', 'https').nullable().prefault(null),
  auth: auth.prefault({}),
  interval: duration('10s', '7d').prefault('15m'),
  maxBytes: size('1KiB', '512MiB').prefault('512MiB'),
  format: oneOf('text', 'csv', 'jsonl').prefault('text'),
  csv: mapping({ column: text(200).prefault('url'), delimiter: text(1).prefault(',') }).prefault({}),
  jsonl: mapping({ key: text(200).prefault('url') }).prefault({}),
  suffixes: oneOf('refuse', 'warn').prefault('refuse'),
  gate: gate.prefault({}),
  publish: mapping({ repo: text(4096), keys: text(4096) }),
  log: log.prefault({}),
});

type RelayFile = Output<typeof relaySchema>;

export type LoadedRelay =
  | { readonly ok: true; readonly config: RelayConfig }
  | { readonly ok: false; readonly faults: readonly ConfigDiagnostic[] };

/** `file` is relative to the working directory; faults name it as given. It never throws. */
export async function loadRelay(file: string): Promise<LoadedRelay> {
  const read = await readConfigText(file);
  if (!read.ok) return { ok: false, faults: [diagnosticAt(file, read.position, [], read.reason)] };
  const document = runSync(parseYamlSteps(read.value));
  return settled(document, file, await variableReader(variableNames(document.data), process.env));
}

/** The same from text; `file` names it. */
export function parseRelay(source: string, file: string): LoadedRelay {
  return settled(runSync(parseYamlSteps(source)), file, environmentReader(process.env));
}

function settled(written: ParsedDocument, file: string, reader: VariableReader): LoadedRelay {
  const document = withVariables(written, relaySchema, reader);
  const result = document.data === undefined ? null : relaySchema.parse(document.data);
  const faults: PendingDiagnostic[] = [
    ...document.faults.map((fault) => ({ position: fault, path: [], message: fault.message })),
    ...withoutValues(
      shapeFaults(relaySchema, result, document),
      crossChecks(document.data).map(({ path, message }) => ({ position: document.locate(path), path, message })),
      document,
      relaySchema,
    ),
  ];
  if (faults.length > 0 || result?.ok !== true)
    return { ok: false, faults: firstInOrder(file, faults, document.omitted) };
  return { ok: true, config: build(result.value, resolve(file)) };
}

/** Every key there is. */
export function relayKeys(): string[] {
  return schemaKeys(relaySchema);
}

function crossChecks(data: unknown): Violation[] {
  const source = at(data, 'source');
  const isTuf = typeof source === 'string' && isTufSource(source);
  return [
    ...(isTuf
      ? [{ path: ['source'], message: 'a relay fetches a flat file; a node reads protected lists itself' }]
      : []),
    ...sourceViolations(isTuf ? {} : data, []),
    ...unusedFormat(data),
  ];
}

/** A key that has no effect would be believed to have one. */
function unusedFormat(data: unknown): Violation[] {
  const format = at(data, 'format') ?? 'text';
  return ['csv', 'jsonl']
    .filter((key) => key !== format && at(data, key) !== undefined)
    .map((key) => ({ path: [key], message: `belongs to format: ${key}` }));
}

function build({ interval, publish, ...settings }: RelayFile, file: string): RelayConfig {
  const folder = dirname(file);
  return {
    file,
    source: sourceOf(settings, folder),
    intervalMs: interval,
    maxBytes: settings.maxBytes,
    format: formatOf(settings),
    suffixes: settings.suffixes,
    gate: gateTerms(settings.gate, folder),
    publish: { repo: resolve(folder, publish.repo), keys: resolve(folder, publish.keys) },
    log: settings.log,
  };
}

function sourceOf(settings: Pick<RelayFile, 'source' | 'ca' | 'proxy' | 'auth'>, folder: string): FlatSource {
  const { source } = settings;
  if (/^https:/i.test(source)) return { kind: 'https', url: new URL(source).href, http: httpTerms(settings, folder) };
  return { kind: 'file', path: /^file:/i.test(source) ? fileURLToPath(source) : resolve(folder, source) };
}

function formatOf({ format, csv, jsonl }: Pick<RelayFile, 'format' | 'csv' | 'jsonl'>): FlatFormat {
  switch (format) {
    case 'text':
      return { kind: 'text' };
    case 'csv':
      return { kind: 'csv', ...csv };
    case 'jsonl':
      return { kind: 'jsonl', ...jsonl };
  }
}
