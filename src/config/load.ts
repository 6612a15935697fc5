/**
 * A configuration file → `Config`, or every fault in it at once.
 *
 *   bytes → UTF-8 → YAML (document.ts) → schema.ts ─┐
 *                                  └─ cross-checks.ts ┴─▶ faults by position, or build.ts → Config
 *
 * It reads that one file and nothing else; lists are read by the list room.
 */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { errnoOf, fileReason } from '../lib/errors.ts';
import { buildConfig, type Environment } from './build.ts';
import { crossChecks } from './cross-checks.ts';
import { parseYaml, type ParsedDocument } from './document.ts';
import { faultAt, inOrder, type ConfigFault, type KeyPath, type Position } from './fault.ts';
import { at } from './plain-data.ts';
import { describe } from './quantities.ts';
import { schemaKeys, unknownKey } from './schema-keys.ts';
import { schema } from './schema.ts';
import type { Config } from './types.ts';

/** A configuration is a few kilobytes; more is a wrong file. */
const MOST_BYTES = 1024 * 1024;

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Where a value stands in the file, for faults that are found later (a list that cannot be read). */
      readonly locate: (path: KeyPath) => Position;
    }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/** `file` is relative to the working directory; faults name it as given. Never throws. */
export async function loadConfig(file: string, environment: Environment = process.env): Promise<LoadedConfig> {
  const text = await readText(file);
  return text.ok ? parseConfig(text.value, file, environment) : { ok: false, faults: [faultAt(file, { line: 1, column: 1 }, [], text.reason)] };
}

/** The same from text; `file` names it. */
export function parseConfig(text: string, file: string, environment: Environment): LoadedConfig {
  const document = parseYaml(text);
  const result = document.data === undefined ? null : schema.safeParse(document.data);
  const faults: ConfigFault[] = [
    ...document.faults.map((fault) => faultAt(file, fault, [], fault.message)),
    ...(result?.error?.issues ?? []).flatMap((issue) => issueFaults(issue, document, file)),
    ...crossChecks(document.data).map(({ path, message }) => faultAt(file, document.locate(path), path, message)),
  ];
  if (faults.length > 0 || result?.success !== true) return { ok: false, faults: inOrder(faults) };
  return { ok: true, config: buildConfig(result.data, resolve(file), environment), locate: document.locate };
}

/** Every key there is, `listeners[].name` style. */
export function configKeys(): string[] {
  return schemaKeys(schema);
}

function issueFaults(issue: z.core.$ZodIssue, document: ParsedDocument, file: string): ConfigFault[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code !== 'unrecognized_keys') {
    return [faultAt(file, document.locate(path), path, words(issue, path.reduce(at, document.data)))];
  }
  return issue.keys.map((key) => faultAt(file, document.locateKey([...path, key]), [...path, key], unknownKey(schema, path, key)));
}

function words(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_type') return `must be ${issue.expected === 'array' ? 'a list' : 'a mapping'}, not ${describe(value)}`;
  if (issue.code === 'too_small') return `must have at least ${issue.minimum} item`;
  if (issue.code === 'too_big') return `must have at most ${issue.maximum} items`;
  return issue.message;
}

async function readText(file: string): Promise<{ ok: true; value: string } | { ok: false; reason: string }> {
  try {
    const bytes = await readBounded(file);
    if (bytes.length > MOST_BYTES) return { ok: false, reason: 'is larger than 1 MiB; is this the configuration?' };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? { ok: false, reason: 'is empty' } : { ok: true, value: text };
  } catch (error) {
    return { ok: false, reason: readReason(errnoOf(error)) };
  }
}

/** At most one byte more than is allowed: the path may be a device or a pipe. */
async function readBounded(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const buffer = new Uint8Array(MOST_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function readReason(errno: string): string {
  return errno === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8 text' : `cannot be read: ${fileReason(errno)}`;
}
