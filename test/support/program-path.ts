/** Where a real program is. Benches ask too, so nothing here is jest's. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PATHS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];

/** Full path of a program, or of a file that is named by its path; null: not installed. */
export function programPath(name: string): string | null {
  if (name.startsWith('/')) return existsSync(name) ? name : null;
  return PATHS.map((directory) => join(directory, name)).find((path) => existsSync(path)) ?? null;
}
