/**
 * Sources as one text a thread, bundled in memory: how a checkout holds its threads. The bundler is there where the tools of a checkout are. An installed
 * program has its bundles from `npm run build`, and loads nothing of this.
 * It must not write a file.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** Packages of CommonJS require what Node itself has. */
const REQUIRE = `const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);`;

/** Of every bundle. @param name by which a stack trace tells it, of a thread too, whose text has no file. */
export function bundleOptions(name: string): BuildOptions {
  return {
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // One byte a character in memory.
    charset: 'ascii',
    // It has a library of its own.
    external: ['koffi'],
    banner: { js: REQUIRE },
    footer: { js: `//# sourceURL=${name}.mjs` },
    legalComments: 'none',
    logLevel: 'silent',
  };
}

/** Throws an error that says where a module cannot be read, or that the bundler is not installed. */
export async function bundledSources(
  entries: readonly URL[],
): Promise<readonly (readonly [href: string, text: string])[]> {
  const { build, stop } = await import('esbuild');
  try {
    return await Promise.all(
      entries.map(async ({ href }) => {
        const path = fileURLToPath(href);
        const options = bundleOptions(basename(path, '.ts'));
        const { outputFiles } = await build({ ...options, entryPoints: [path], write: false });
        return [href, outputFiles.map(({ text }) => text).join('')] as const;
      }),
    );
  } finally {
    // It is a process of its own.
    await stop();
  }
}
