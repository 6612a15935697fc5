/** Where a target lies: with consistent snapshots each version of a file has a name of its own (TUF specification, section 5.7.3). It must not look there. */
import { posix } from 'node:path';

/** @returns `dir/SHA256.base` of `dir/base`, below the folder of the targets. */
export function targetFile({ path, sha256 }: { readonly path: string; readonly sha256: string }): string {
  const { dir, base } = posix.parse(path);
  return posix.join(dir, `${sha256}.${base}`);
}
