/** This program's version, as package.json says it. It must not be written anywhere else. */
import { readFileSync } from 'node:fs';

/** Read once, at start: also true for a build to JavaScript in a folder of the same depth. */
export const VERSION: string = versionOf(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

function versionOf(manifest: string): string {
  const parsed: unknown = JSON.parse(manifest);
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null;
  return typeof version === 'string' ? version : 'unknown';
}
