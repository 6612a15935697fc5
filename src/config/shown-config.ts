/**
 * A configuration as others may see it, for a support bundle: figures, switches and names stay; what tells of secrets, customers or other machines is
 * replaced by what kind of thing stands there.
 *
 *   URLs, texts of pages, paths, credentials   [URL], [text], [path], [credential]
 *   prefixes of clients                        how many there are
 *
 * It must not show what it does not know.
 */
import type { Config, ConfigVariable } from './types.ts';

export type Shown = string | number | boolean | null | readonly Shown[] | { readonly [key: string]: Shown };

/** How many there are is all that is told of these, wherever they stand. */
const COUNTED: ReadonlySet<string> = new Set([
  'clients',
  'exempt',
  'allow',
  'sharedAddresses',
  'from',
  'to',
  'hosts',
  'renamedKeys',
]);
/** Of whatever shape: that something is there is all that is told. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'identity',
  'namesIdentity',
  'contentKey',
  'bearer',
  'basic',
  'client',
  'key',
]);
/** Words of the operator's, and commands, whose words may be secrets. */
const TEXTS: ReadonlySet<string> = new Set([
  'page',
  'blockedBy',
  'witnesses',
  'languages',
  'actions',
  'check',
  'count',
  'notify',
  'counters',
  'host',
  'operator',
]);
/** Names of the configuration, numbers with a unit, words of the schema. */
const WORD = /^[a-z0-9][a-z0-9_-]{0,63}$/i;
const ADDRESS = /^(?:[0-9a-f:.]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const MAX_ITEMS = 100;
/** Characters. */
const PART = 4;

export function shownConfig({ variables, ...config }: Config): Shown {
  return withoutValues(shown('', config), variables);
}

/** The text of a variable may be a secret. What is left of others are numbers and switches. */
function withoutValues(value: Shown, variables: readonly ConfigVariable[]): Shown {
  if (typeof value === 'string') return variables.find(({ text }) => isIn(text, value))?.written ?? value;
  if (isShownList(value)) return value.map((one) => withoutValues(one, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutValues(one, variables)]));
}

/** Small letters count as large ones: some keys make theirs small. A short text is in others by chance. */
function isIn(text: string, value: string): boolean {
  const [inner, outer] = [text.toLowerCase(), value.toLowerCase()];
  return inner === outer || (text.length >= PART && outer.includes(inner));
}

function isShownList(value: Shown): value is readonly Shown[] {
  return Array.isArray(value);
}

function shown(key: string, value: unknown): Shown {
  if (value === null || value === undefined) return null;
  if (CREDENTIALS.has(key)) return '[credential]';
  if (TEXTS.has(key) && typeof value !== 'boolean') return '[text]';
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return shownText(value);
  if (Array.isArray(value)) return COUNTED.has(key) ? counted(value.length) : shownItems(key, value);
  // Prefixes, and whatever else is bytes.
  if (typeof value !== 'object' || ArrayBuffer.isView(value) || 'bits' in value) return '[address]';
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(name, inner)]));
}

function shownItems(key: string, items: readonly unknown[]): Shown {
  const some = items.slice(0, MAX_ITEMS).map((item) => shown(key, item));
  return items.length > MAX_ITEMS ? [...some, counted(items.length)] : some;
}

function counted(count: number): string {
  return `[${count} in all]`;
}

function shownText(text: string): string {
  if (WORD.test(text) || ADDRESS.test(text)) return text;
  if (text.includes('://')) return '[URL]';
  return text.startsWith('/') ? '[path]' : '[text]';
}
