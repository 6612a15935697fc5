/**
 * The languages in force: those that are shipped, and the operator's own, each a file of words that is checked as the configuration is.
 *
 *   config/languages/{en,fr}.yaml ──(read when the process starts)──┐
 *   languages.folder: de.yaml, pt-BR.yaml ──(read at each reload)───┴─▶ languages.use ─▶ in this order; the first where a client asks for none
 *
 * The data plane gets them with the configuration and never reads a file. It must not choose a language for anybody.
 */
import { readFileSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answeredInTime } from '../lib/answered-in-time.ts';
import { errnoOf, fileReason } from '../lib/errors.ts';
import { restingBetween, runSync, type Rest, type Steps } from '../lib/steps.ts';
import { diagnosticAt, firstInOrder, type ConfigDiagnostic, type PendingDiagnostic } from './diagnostic.ts';
import { parseYamlSteps } from './document.ts';
import { languageSchema } from './language-schema.ts';
import type { Language } from './language-types.ts';
import { at, items } from './plain-data.ts';
import { shown } from './quantities.ts';
import { readConfigText } from './read-config.ts';
import { shapeFaults } from './schema-faults.ts';
import type { Violation } from './violation.ts';

/** Each is on every page, and each page is kept in every language. */
const MAX_LANGUAGES = 16;
const MAX_CHARACTERS = 64 * 1024;
/** Of a folder. */
const MAX_FILES = 1000;

export interface FoundLanguages {
  /** Those that can be used, in the order of `languages.use`. */
  readonly languages: readonly Language[];
  /** Of all that there are, used or not. */
  readonly known: readonly string[];
  /** Of all that are used, also of those that have faults. */
  readonly tags: readonly string[];
  /** What is wrong in the files of languages. */
  readonly faults: readonly ConfigDiagnostic[];
  /** What is wrong in the configuration's own keys. */
  readonly violations: readonly Violation[];
}

type Parsed =
  | { readonly tag: string; readonly language: Language }
  | { readonly tag: string; readonly language: null; readonly faults: readonly ConfigDiagnostic[] };

/** For messages. */
const SHIPPED_FOLDER = fileURLToPath(new URL('../../config/languages/', import.meta.url));
/** Read at the start: a running instance needs no folder of the release any more (ADR 0028). */
const SHIPPED_TEXTS = ['en', 'fr'].map((tag) => ({
  tag,
  text: readFileSync(new URL(`../../config/languages/${tag}.yaml`, import.meta.url), 'utf8'),
}));
let shipped: readonly Parsed[] | null = null;

/** @param file the configuration, as the user named it; `data` is what it holds. Never throws. */
export async function readLanguages(data: unknown, file: string, rest: Rest): Promise<FoundLanguages> {
  const named = at(at(data, 'languages'), 'folder');
  if (typeof named !== 'string' || named === '') return shippedLanguages(data);
  const folder = isAbsolute(named) ? named : join(dirname(file), named);
  const tags = await tagsIn(folder);
  if (!tags.ok) return choose(shippedOnes(), data, [{ path: ['languages', 'folder'], message: tags.reason }]);
  const own: Parsed[] = [];
  for (const { tag, name } of tags.value) own.push(await readLanguage(tag, join(folder, name), rest));
  const given = new Set(own.map(({ tag }) => tag));
  return choose([...shippedOnes().filter(({ tag }) => !given.has(tag)), ...own], data, []);
}

/** Without the operator's folder. */
export function shippedLanguages(data: unknown): FoundLanguages {
  return choose(shippedOnes(), data, []);
}

/** The canonical form of a language tag that may name a file; null if it is none. */
export function languageTag(text: string): string | null {
  if (!/^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,4}$/i.test(text)) return null;
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}

function shippedOnes(): readonly Parsed[] {
  return (shipped ??= SHIPPED_TEXTS.map(({ tag, text }) =>
    runSync(parseSteps(tag, join(SHIPPED_FOLDER, `${tag}.yaml`), text)),
  ));
}

type Tags =
  | { readonly ok: true; readonly value: readonly { readonly tag: string; readonly name: string }[] }
  | { readonly ok: false; readonly reason: string };

async function tagsIn(folder: string): Promise<Tags> {
  let names: readonly string[];
  try {
    names = await answeredInTime(folder, async () => await namesIn(folder));
  } catch (error) {
    return { ok: false, reason: `cannot be read: ${fileReason(errnoOf(error))}` };
  }
  if (names.length > MAX_FILES) return { ok: false, reason: `holds more than ${MAX_FILES} files` };
  const tags = new Map<string, string>();
  for (const name of names.toSorted()) {
    // Editors leave others beside.
    if (name.startsWith('.') || !/\.ya?ml$/i.test(name)) continue;
    const tag = name.endsWith('.yaml') ? languageTag(name.slice(0, -'.yaml'.length)) : null;
    if (tag === null)
      return {
        ok: false,
        reason: `holds '${shown(name)}', which is not named by a language, like de.yaml or pt-BR.yaml`,
      };
    const other = tags.get(tag);
    if (other !== undefined)
      return { ok: false, reason: `holds '${shown(other)}' and '${shown(name)}', the same language` };
    tags.set(tag, name);
  }
  return { ok: true, value: [...tags].map(([tag, name]) => ({ tag, name })) };
}

/** @returns one more than may be there at most. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) if (names.push(name) > MAX_FILES) break;
  return names;
}

async function readLanguage(tag: string, path: string, rest: Rest): Promise<Parsed> {
  const read = await readConfigText(path);
  if (!read.ok) return faulty(tag, [diagnosticAt(path, read.position, [], read.reason)]);
  return await restingBetween(parseSteps(tag, path, read.value), rest);
}

function* parseSteps(tag: string, path: string, text: string): Steps<Parsed> {
  if (text.length > MAX_CHARACTERS) {
    const reason = `is larger than ${MAX_CHARACTERS / 1024} KiB; is this a file of words?`;
    return faulty(tag, [diagnosticAt(path, { line: 1, column: 1 }, [], reason)]);
  }
  const document = yield* parseYamlSteps(text);
  yield;
  const result = document.data === undefined ? null : languageSchema.parse(document.data);
  const faults: PendingDiagnostic[] = [
    ...document.faults.map((fault) => ({ position: fault, path: [], message: fault.message })),
    ...shapeFaults(languageSchema, result, document),
  ];
  if (faults.length > 0 || result?.ok !== true) return faulty(tag, firstInOrder(path, faults, document.omitted));
  return { tag, language: { tag, ...result.value } };
}

function faulty(tag: string, faults: readonly ConfigDiagnostic[]): Parsed {
  return { tag, language: null, faults };
}

/** Only what is used has to be right. */
function choose(known: readonly Parsed[], data: unknown, before: readonly Violation[]): FoundLanguages {
  const violations = [...before];
  const tags = known.map(({ tag }) => tag);
  const named = at(at(data, 'languages'), 'use');
  const used: string[] = Array.isArray(named) ? [] : tags;
  for (const [index, text] of items(at(data, 'languages'), 'use').entries()) {
    const path = ['languages', 'use', index];
    const tag = typeof text === 'string' ? languageTag(text) : null;
    // What is no tag the schema reports.
    if (typeof text !== 'string' || tag === null) continue;
    if (!tags.includes(tag)) violations.push({ path, message: unknownLanguage(text, tags) });
    else if (used.includes(tag)) violations.push({ path, message: 'the language is named twice' });
    else used.push(tag);
  }
  if (used.length > MAX_LANGUAGES) {
    const message = `there are ${used.length} languages, and at most ${MAX_LANGUAGES} can be used; name them in languages.use`;
    violations.push({ path: ['languages', Array.isArray(named) ? 'use' : 'folder'], message });
  }
  const chosen = used.flatMap((tag) => known.filter((one) => one.tag === tag)).slice(0, MAX_LANGUAGES);
  return {
    known: tags,
    tags: chosen.map(({ tag }) => tag),
    languages: chosen.flatMap(({ language }) => (language === null ? [] : [language])),
    faults: chosen.flatMap((one) => (one.language === null ? one.faults : [])),
    violations,
  };
}

/** In words, for keys that name a language. Tags are short: the nearest one is no better a guess than another. */
export function unknownLanguage(name: string, tags: readonly string[]): string {
  return `there is no language '${shown(name)}'; there are: ${tags.slice(0, MAX_LANGUAGES).join(', ')}`;
}
