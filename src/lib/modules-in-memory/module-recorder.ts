/**
 * The thread that reads modules and says what it has read (memory-modules.ts). Node resolves and reads them, so that nothing
 * here knows how. No module of ours is run: one that throws stands before the others, and by then all are linked.
 * It must not serve anything.
 */
import { readdirSync } from 'node:fs';
import { getCompileCacheDir, registerHooks, stripTypeScriptTypes } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Recording } from './kept-record.ts';
import type { MemoryModule } from './memory-hooks.ts';
import { resolveSource } from './source-imports.ts';

/** URLs: what these and all their imports are, but for dynamic imports, is recorded. */
export type RecorderInput = readonly string[];

const ROOT = 'recorder:root';
const STOP = 'recorder:stop';
/** What STOP throws. */
const STOPPED = 'linked';

// That types are stripped by an experimental call is known here.
process.removeAllListeners('warning');
const entries: RecorderInput = workerData;
/** With a compile cache Node keeps what it has stripped there, and stripping again costs next to nothing. */
const strips = getCompileCacheDir() === undefined;
const modules = new Map<string, MemoryModule & { readonly imports: Map<string, string> }>();
const commonJs = new Map<string, MemoryModule>();
let note: (url: string) => void = () => {};
const own: ReadonlyMap<string, string> = new Map([
  [ROOT, [STOP, ...entries].map((specifier) => `import ${JSON.stringify(specifier)};`).join('')],
  [STOP, `throw ${JSON.stringify(STOPPED)};`],
]);

registerHooks({
  resolve: (specifier, context, next) => {
    if (own.has(specifier)) return { url: specifier, format: 'module', shortCircuit: true };
    const resolved = resolveSource(specifier, context, next);
    modules.get(context.parentURL ?? '')?.imports.set(specifier, resolved.url);
    return resolved;
  },
  load: (url, context, next) => {
    const source = own.get(url);
    if (source !== undefined) return { format: 'module', source, shortCircuit: true };
    if (url.startsWith('file:')) note(url);
    const loaded = next(url, context);
    if (typeof loaded.format !== 'string' || loaded.source === undefined || loaded.source === null) return loaded;
    // It is not run here, and would only then say what it requires.
    if (loaded.format === 'commonjs')
      for (const [found, module] of commonJsModules(url, note)) commonJs.set(found, module);
    else {
      const module = held(loaded.format, textOf(loaded.source));
      modules.set(url, module);
      // As it is held: Node would take the types away again.
      return { ...loaded, format: module.format, source: module.source };
    }
    return loaded;
  },
});

// Not above: a module that is there before the hooks would not be read again for them.
const { FilesRead } = await import('./files-read.ts');
const files = new FilesRead();
note = (url) => files.note(url);
// Another recorder would record otherwise.
for (const name of readdirSync(new URL('.', import.meta.url))) note(new URL(name, import.meta.url).href);
const { commonJsModules, commonJsUrl } = await import('./package-modules.ts');
await import(ROOT).catch((error: unknown) => {
  if (error !== STOPPED) throw error;
});
for (const { imports } of modules.values())
  for (const [specifier, url] of imports) if (commonJs.has(commonJsUrl(url))) imports.set(specifier, commonJsUrl(url));
const recording: Recording = { modules: new Map<string, MemoryModule>([...modules, ...commonJs]), files: files.states };
parentPort?.postMessage(recording, []);

function held(format: string, source: string): MemoryModule & { readonly imports: Map<string, string> } {
  const isStripped = strips && format === 'module-typescript';
  return {
    format: isStripped ? 'module' : format,
    source: isStripped ? stripTypeScriptTypes(source) : source,
    imports: new Map(),
  };
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  if (typeof source === 'string') return source;
  return source instanceof ArrayBuffer
    ? Buffer.from(source).toString()
    : Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString();
}
