/**
 * What a bundle has in place of the files that sources name by their own place (`import.meta.url`): the text of a file of the release, the path from the
 * folder of the bundles, the bundle of a thread. A use that it does not know ends the build: it would be an error of the installed program. It must
 * not look at packages.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

const READ_ONE = /readFileSync\(new URL\('([^']+)', import\.meta\.url\), '(utf8|latin1)'\)/g;
const READ_NAMED = /readFileSync\(new URL\(`([^`$]+)\$\{(\w+)\}([^`$]*)`, import\.meta\.url\), 'utf8'\)/g;
const THREAD = /new URL\('\.\/([\w-]+-thread)\.ts', import\.meta\.url\)/g;
const PATH = /new URL\('(\.\.\/[^']+)', import\.meta\.url\)/g;
const RUNS_SOURCES = /import\.meta\.url\.endsWith\('\.ts'\)/g;
const REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/gm;
/** Types for whoever writes the page's scripts. */
const DECLARATIONS = /\.d\.ts$/;

/** @param root the checkout. @param output the folder of the bundles. */
export function embeddedFiles(root: string, output: string): Plugin {
  return {
    name: 'embedded-files',
    setup: (bundler) => {
      // A checkout alone loads it.
      bundler.onResolve({ filter: /\/bundled-sources\.ts$/ }, ({ path }) => ({ path, external: true }));
      bundler.onLoad({ filter: /\.ts$/ }, ({ path }) =>
        path.startsWith(join(root, 'src/')) ? { loader: 'ts', contents: withEmbedded(path, root, output) } : null,
      );
    },
  };
}

function withEmbedded(path: string, root: string, output: string): string {
  const folder = dirname(path);
  const text = readFileSync(path, 'utf8')
    .replace(READ_ONE, (_, file: string, encoding: BufferEncoding) => oneText(join(folder, file), encoding))
    .replace(READ_NAMED, (_, before: string, name: string, after: string) => {
      return `${JSON.stringify(namedTexts(join(folder, before, '.'), after))}[${name}]`;
    })
    .replace(THREAD, "new URL('./$1.mjs', import.meta.url)")
    .replace(PATH, (_, file: string) => `new URL('${relative(output, join(folder, file))}', import.meta.url)`)
    .replace(RUNS_SOURCES, 'false')
    // The bundler sees what it requires then.
    .replace(REQUIRE, '');
  const unknown = /^.*import\.meta\.url.*$/m.exec(text.replaceAll(/new URL\('[^']+', import\.meta\.url\)/g, ''))?.[0];
  if (unknown !== undefined) throw new Error(`${relative(root, path)}: what becomes of this in a bundle? ${unknown}`);
  return text;
}

/** Of a package.json what the program reads: a bundle does not change with its scripts. */
function oneText(file: string, encoding: BufferEncoding): string {
  const text = readFileSync(file, encoding);
  if (!file.endsWith('/package.json')) return JSON.stringify(text);
  const { version }: { readonly version: string } = JSON.parse(text);
  return JSON.stringify(JSON.stringify({ version }));
}

function namedTexts(folder: string, ending: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending) && !DECLARATIONS.test(name));
  return Object.fromEntries(
    names
      .toSorted()
      .map((name) => [name.slice(0, name.length - ending.length), readFileSync(join(folder, name), 'utf8')]),
  );
}
