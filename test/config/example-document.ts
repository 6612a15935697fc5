/** A configuration with every key that config/default.yaml has: its defaults, and in place of those that are empty its examples. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'default.yaml'), 'utf8');

/** The examples alone: comments indented by three spaces. */
export const examplesText = text
  .split('\n')
  .filter((line) => /^# {3} *\S/.test(line) && !/^# {3}(?:durations|sizes|paths|variables)/.test(line))
  .map((line) => line.slice(4))
  .join('\n');

export function exampleDocument(): unknown {
  return merged(parse(text), parse(examplesText));
}

function merged(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, key in over ? merged(base[key], over[key]) : base[key]]));
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
