/**
 * The control socket of a configuration, told without reading the rest of it: for `ctl`, which would load YAML and
 * the schema for this one path.
 *
 *   text ─▶ JSON, or YAML of plain sections ─▶ `state.directory`, `control.socket` ─▶ the socket
 *                      └─ anything else ─▶ null: load.ts reads it whole, and is the reference of this
 *
 * It must not guess: what it does not know to be what YAML says is null. Nor must it say what is wrong with a file.
 */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { answeredInTime } from '../lib/answered-in-time.ts';
import { at } from './plain-data.ts';
import { STANDARD_INPUT } from './read-config.ts';
import { statePlaces } from './state-places.ts';
import type { Environment, GivenPlaces } from './state-places.ts';

/** As in read-config.ts. */
const MAX_BYTES = 1024 * 1024;
const MAX_PATH = 4096;
/** A path that is a text to YAML, quoted or not. */
const PATH = String.raw`(?<quote>"?)(\.{0,2}/[\w./@+-]*)\k<quote>`;
const END = String.raw` *(?: #.*)?`;
const KEYS = { state: 'directory', control: 'socket' } as const;
const IN_LINE = new RegExp(`^ \\{ *(directory|socket): +${PATH} *\\}${END}$`);
const BELOW = new RegExp(`^ +(directory|socket): +${PATH}${END}$`);
const NOTHING = new RegExp(`^${END}$|^ *#`);
/** A key in the first column, and what follows it. */
const SECTION = /^([a-z][a-z0-9]*):(?=$| )(.*)$/i;

/** @param file as on the command line. @returns null if that takes the whole file, or it is none that can be read twice. */
export async function controlSocketOf(file: string, environment: Environment = process.env): Promise<string | null> {
  if (file === STANDARD_INPUT) return null;
  try {
    const { size, isFile } = await kindOf(file);
    const text =
      isFile && size <= MAX_BYTES ? await answeredInTime(file, async () => await readFile(file, 'utf8')) : null;
    const given = text === null ? null : placesIn(text);
    return given === null ? null : statePlaces(given, resolve(file), environment).socket;
  } catch {
    return null;
  }
}

async function kindOf(file: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  const found = await answeredInTime(file, async () => await stat(file));
  return { size: found.size, isFile: found.isFile() };
}

/** @returns null if it is not certain what the file says. */
export function placesIn(text: string): GivenPlaces | null {
  return /^\s*\{/.test(text) ? placesInJson(text) : placesInSections(text);
}

function placesInJson(text: string): GivenPlaces | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  const directory = given(data, 'state');
  const socket = given(data, 'control');
  return directory === undefined || socket === undefined ? null : { directory, socket };
}

/** @returns undefined if it is not what the schema takes. */
function given(data: unknown, section: keyof typeof KEYS): string | null | undefined {
  const value = at(data, section);
  if (value === undefined) return null;
  // A section with a fault is not in force.
  if (typeof value !== 'object' || value === null || Object.keys(value).some((key) => key !== KEYS[section]))
    return undefined;
  const path = at(value, KEYS[section]) ?? null;
  // A variable is for whoever reads the whole file.
  return path === null ||
    (typeof path === 'string' && path.trim() !== '' && path.length <= MAX_PATH && !path.includes('${'))
    ? path
    : undefined;
}

function placesInSections(text: string): GivenPlaces | null {
  if (/[\t\r]/.test(text)) return null;
  const found = new Map<string, string>();
  const seen = new Set<string>();
  let section = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [isSection, key = '', rest = ''] = SECTION.exec(line) ?? [];
    // Whatever else stands in the first column may change what the lines around it are.
    if (isSection === undefined && (section === '' || !/^(?: |- )/.test(line))) return null;
    if (isSection !== undefined) {
      section = key;
      if (seen.has(key)) return null;
      seen.add(key);
    }
    if (section !== 'state' && section !== 'control') continue;
    const said = isSection === undefined ? line : rest;
    if (NOTHING.test(said)) continue;
    const [, name, , path = ''] = (isSection === undefined ? BELOW : IN_LINE).exec(said) ?? [];
    if (name !== KEYS[section] || found.has(section) || path.length > MAX_PATH) return null;
    found.set(section, path);
  }
  return { directory: found.get('state') ?? null, socket: found.get('control') ?? null };
}
