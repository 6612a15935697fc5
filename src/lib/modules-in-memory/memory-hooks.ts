/**
 * Modules served from memory in place of files: the resolve and load hooks of `node:module`, and the first code of a thread
 * that has no file. Both functions are given to the thread as their own text, and must not name anything outside
 * themselves but what Node itself has.
 */
import type { LoadHookSync, ResolveHookSync } from 'node:module';

export interface MemoryModule {
  /** As the load hook tells it: `module`, `module-typescript`, `commonjs`, `json`. */
  readonly format: string;
  readonly source: string;
  /** What each specifier in it stands for; built-in modules are left out. */
  readonly imports: ReadonlyMap<string, string>;
}

/** The modules by URL. */
export type MemoryModules = ReadonlyMap<string, MemoryModule>;

/** What such a thread is started with. */
export interface MemoryThreadData {
  readonly modules: MemoryModules;
  /** The URL of its first module. */
  readonly entry: string;
  /** `workerData` as that module sees it. */
  readonly input: unknown;
}

export interface MemoryHooks {
  readonly resolve: ResolveHookSync;
  readonly load: LoadHookSync;
}

/**
 * @param modules what is served.
 * @param packages URL by specifier, whoever asks.
 * @param isAll true: what is not among them is an error; false: it comes from its file.
 */
export function memoryHooks(
  modules: MemoryModules,
  packages: ReadonlyMap<string, string>,
  isAll: boolean,
): MemoryHooks {
  const { isBuiltin } = process.getBuiltinModule('node:module');
  return {
    resolve: (specifier, context, next) => {
      const url = modules.get(context.parentURL ?? '')?.imports.get(specifier) ?? packages.get(specifier);
      const found = url === undefined ? undefined : modules.get(url);
      if (url !== undefined && found !== undefined) return { url, format: found.format, shortCircuit: true };
      if (isAll && !isBuiltin(specifier))
        throw new Error(`${specifier} is not among the modules in memory (${context.parentURL})`);
      return next(specifier, context);
    },
    load: (url, context, next) => {
      const found = modules.get(url);
      return found === undefined
        ? next(url, context)
        : { format: found.format, source: found.source, shortCircuit: true };
    },
  };
}

/** The first code of the thread. */
export async function runFromMemory(hooks: typeof memoryHooks): Promise<void> {
  const { registerHooks, syncBuiltinESMExports } = process.getBuiltinModule('node:module');
  const threads = process.getBuiltinModule('node:worker_threads');
  const { modules, entry, input }: MemoryThreadData = threads.workerData;
  registerHooks(hooks(modules, new Map([[entry, entry]]), true));
  Object.assign(threads, { workerData: input });
  syncBuiltinESMExports();
  await import(entry);
}
