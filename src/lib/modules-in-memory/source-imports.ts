/**
 * How imports between our own sources are resolved: a relative path that ends in `.ts` is that file. Node asks the disk and the
 * package.json around it for each import of each module: 2,000 times at a start of `serve`.
 * It must not resolve anything else: that is Node's to do.
 */
import type { ResolveHookSync } from 'node:module';

const SOURCES = new URL('../../', import.meta.url).href;

/** A file that is not there is an error of whoever loads it, with its path, and no longer of this step. */
export const resolveSource: ResolveHookSync = (specifier, context, next) => {
  const { parentURL } = context;
  if (!specifier.startsWith('.') || !specifier.endsWith('.ts') || parentURL?.startsWith(SOURCES) !== true)
    return next(specifier, context);
  return { url: new URL(specifier, parentURL).href, format: 'module-typescript', shortCircuit: true };
};
