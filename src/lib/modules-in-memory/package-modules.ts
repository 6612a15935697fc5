/**
 * CommonJS, read without running it: a file, and whatever it requires by a literal path or name, also where it would do so only later
 * (undici reads its HTTP parser at the first connection). Node says where that leads. What is computed is not seen.
 * It must not run what it reads.
 */
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { MemoryModule, MemoryModules } from './memory-hooks.ts';

export interface PackageModules {
  /** URL of the main file, among `modules`. */
  readonly entry: string;
  readonly modules: MemoryModules;
}

/** Throws the system's error where the package is not there. @param reads is told the URL of each file before it is read. */
export function packageModules(name: string, reads: (url: string) => void = () => {}): PackageModules {
  const main = mainOf(name);
  return { entry: commonJsUrl(main), modules: commonJsModules(main, reads) };
}

/** The URL of its main file, as `packageModules` holds it. Throws the system's error where the package is not there. */
export function packageEntry(name: string): string {
  return commonJsUrl(mainOf(name));
}

function mainOf(name: string): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
}

/**
 * The URL under which a CommonJS file is held. Node asks the package.json around a file whether `.js` is CommonJS, even if it has
 * been told; around `.cjs` it does not look.
 */
export function commonJsUrl(url: string): string {
  return /\.(?:cjs|json)$/.test(url) ? url : `${url}.cjs`;
}

/** @param main URL of the file. @param reads is told the URL of each file before it is read. */
export function commonJsModules(main: string, reads: (url: string) => void = () => {}): MemoryModules {
  const modules = new Map<string, MemoryModule>();
  const targets = new Map<string, string | null>();
  const waiting = [main];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (modules.has(commonJsUrl(url))) continue;
    reads(url);
    const source = readFileSync(new URL(url), 'utf8');
    const required = requiredBy(source, url, targets);
    const imports = new Map([...required].map(([path, target]) => [path, commonJsUrl(target)]));
    modules.set(commonJsUrl(url), { format: url.endsWith('.json') ? 'json' : 'commonjs', source, imports });
    waiting.push(...required.values());
  }
  return modules;
}

/**
 * @param targets where paths lead that were asked for before: what a file requires by `./` or `../` depends on its place alone, and the files
 *   of a package require the same few from everywhere.
 * @returns the URL by path or name, as it stands in the source.
 */
function requiredBy(source: string, url: string, targets: Map<string, string | null>): ReadonlyMap<string, string> {
  const required = new Map<string, string>();
  const require = createRequire(url);
  for (const [, path = ''] of source.matchAll(/\brequire\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    if (required.has(path) || isBuiltin(path)) continue;
    const key = path.startsWith('.') ? new URL(path, url).href : `${path} ${url}`;
    const known = targets.get(key);
    const target = known === undefined ? targetOf(require, path) : known;
    targets.set(key, target);
    if (target !== null) required.set(path, target);
  }
  return required;
}

/** Null: in a comment, for another platform, or of a package that may be missing. */
function targetOf(require: NodeJS.Require, path: string): string | null {
  try {
    return pathToFileURL(require.resolve(path)).href;
  } catch {
    return null;
  }
}
