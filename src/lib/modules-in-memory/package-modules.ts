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

/** Throws the system's error where the package is not there. */
export function packageModules(name: string): PackageModules {
  const main = pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
  return { entry: commonJsUrl(main), modules: commonJsModules(main) };
}

/**
 * The URL under which a CommonJS file is held. Node asks the package.json around a file whether `.js` is CommonJS, even if it has
 * been told; around `.cjs` it does not look.
 */
export function commonJsUrl(url: string): string {
  return /\.(?:cjs|json)$/.test(url) ? url : `${url}.cjs`;
}

/** @param main URL of the file. */
export function commonJsModules(main: string): MemoryModules {
  const modules = new Map<string, MemoryModule>();
  const waiting = [main];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (modules.has(commonJsUrl(url))) continue;
    const source = readFileSync(new URL(url), 'utf8');
    const required = requiredBy(source, url);
    const imports = new Map([...required].map(([path, target]) => [path, commonJsUrl(target)]));
    modules.set(commonJsUrl(url), { format: url.endsWith('.json') ? 'json' : 'commonjs', source, imports });
    waiting.push(...required.values());
  }
  return modules;
}

/** @returns the URL by path or name, as it stands in the source. */
function requiredBy(source: string, url: string): ReadonlyMap<string, string> {
  const require = createRequire(url);
  const paths = [...source.matchAll(/\brequire\(\s*['"]([^'"]+)['"]\s*\)/g)].map(([, path = '']) => path);
  return new Map(
    paths
      .filter((path) => !isBuiltin(path))
      .flatMap((path): [string, string][] => {
        try {
          return [[path, pathToFileURL(require.resolve(path)).href]];
        } catch {
          // In a comment, for another platform, or a package that may be missing.
          return [];
        }
      }),
  );
}
