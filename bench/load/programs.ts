/** Which programs are on this machine and in which version. Debian keeps servers in /usr/sbin, often not on a user's PATH. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UsageError } from '../command-line.ts';

export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** @param packages of Debian that have them. @throws UsageError that names those that are missing. */
export function needPrograms(names: readonly string[], packages?: string): void {
  const missing = names.filter((name) => findProgram(name) === null);
  if (missing.length === 0) return;
  const where = packages === undefined ? '' : ` (Debian: ${packages})`;
  throw new UsageError(`not on this machine: ${missing.join(', ')}${where}`);
}

/** The first group of `pattern` in what `program ARGS` prints, on either output; 'unknown' if it is not there. */
export function versionOf(program: string, args: readonly string[], pattern: RegExp): string {
  const result = spawnSync(program, args, { encoding: 'utf8' });
  return pattern.exec(`${result.stdout}${result.stderr}`)?.[1] ?? 'unknown';
}

/** The same of a program by its name; null: not on this machine. */
export function installedVersion(name: string, args: readonly string[], pattern: RegExp): string | null {
  const program = findProgram(name);
  return program === null ? null : versionOf(program, args, pattern);
}

/** The `version` of a package.json; null where there is none. */
export function packageVersion(file: string): string | null {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return null;
    return String(manifest.version);
  } catch {
    return null;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
