/**
 * `npm run build`: what is installed. Each program and each thread is one file with all that it needs but koffi, beside its source map.
 *
 *   src/cli.ts ────────────▶ cleanfeed.mjs       every command; the late parts of one are text until they are asked for
 *   src/…/NAME-thread.ts ──▶ NAME-thread.mjs     the process holds its text and starts each thread from that
 *   packages inside ───────▶ LICENSES.txt
 *   the schemas ───────────▶ cleanfeed.schema.json, relay.schema.json, for editors
 *   all of it, and Node ───▶ sbom.cdx.json
 *
 * The same checkout gives the same bytes, in whatever folder it lies. It must not change anything else, packages (`npm run package`) in FOLDER among it.
 *
 *   build.ts [FOLDER]        default: dist
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build, stop, type BuildOptions, type OutputFile } from 'esbuild';
import { jsonSchema } from '../src/config/json-schema.ts';
import { bundleOptions } from '../src/lib/bundled-sources.ts';
import { embeddedFiles } from './embedded-files.ts';
import { licencesOf } from './licences.ts';
import { sbomOf } from './sbom.ts';

const ROOT = join(import.meta.dirname, '..');
const THREADS = [
  'src/workers/data-thread.ts',
  'src/list/text/compile-thread.ts',
  'src/list/source/tuf/image-thread.ts',
  'src/outlets/zones/zone-thread.ts',
  'src/publish/emit/emit-thread.ts',
];

const output = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? join(ROOT, 'dist'));
mkdirSync(output, { recursive: true });
for (const name of readdirSync(output).filter((file) => /\.mjs(?:\.map)?$|^LICENSES\.txt$/.test(file)))
  rmSync(join(output, name));
const inputs = [
  await bundle(join(ROOT, 'src/cli.ts'), 'cleanfeed'),
  ...(await Promise.all(THREADS.map(async (thread) => await bundle(thread, basename(thread, '.ts'))))),
].flat();
await stop();
writeFileSync(join(output, 'LICENSES.txt'), licencesOf(ROOT, inputs));
writeFileSync(join(output, 'cleanfeed.schema.json'), `${JSON.stringify(jsonSchema('filter'))}\n`);
writeFileSync(join(output, 'relay.schema.json'), `${JSON.stringify(jsonSchema('relay'))}\n`);
// The last: it has the checksums of all others.
writeFileSync(join(output, 'sbom.cdx.json'), sbomOf(ROOT, inputs, output));

/** @returns the paths of what is in it. */
async function bundle(entry: string, name: string): Promise<readonly string[]> {
  const { metafile, outputFiles, warnings } = await build({ ...optionsOf(name), entryPoints: { [name]: entry } });
  if (warnings.length > 0) throw new Error(`${entry}: the bundler has warned (above)`);
  for (const { path, contents, text } of outputFiles)
    // What begins as a program may be started as one.
    writeFileSync(join(output, basename(path)), contents, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  return [...Object.keys(metafile.inputs), ...outputFiles.flatMap(sourcesOf)];
}

/** Of a map, the sources that it names: a package may come bundled, with others in it. */
function sourcesOf({ path, text }: OutputFile): readonly string[] {
  if (!path.endsWith('.map')) return [];
  const { sources }: { readonly sources: readonly string[] } = JSON.parse(text);
  return sources.map((source) => join('dist', source));
}

function optionsOf(name: string): BuildOptions & { readonly metafile: true; readonly write: false } {
  return {
    ...bundleOptions(name),
    absWorkingDir: ROOT,
    // Less to read at each start; names stay, and the source map has the places.
    minifyWhitespace: true,
    minifySyntax: true,
    // Wherever they are written: source maps name sources by the way from there.
    outdir: 'dist',
    write: false,
    preserveSymlinks: true,
    outExtension: { '.js': '.mjs' },
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    plugins: [embeddedFiles(ROOT, join(ROOT, 'dist'))],
  };
}
