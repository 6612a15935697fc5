/** What keys of the configuration were called before, for messages: a file of an earlier version is refused with what is to be written now. It must not read one. */
import type { KeyPath } from './diagnostic.ts';

/** As `schemaKeys` writes them; CHANGELOG.md has the same. */
export const FORMER_KEYS: ReadonlyMap<string, string> = new Map([
  ['lists[].maxBadShare', 'lists[].maxBadLineRatio'],
  ['clients.open', 'clients.openProxy'],
  ['forwarded.finIsAbort', 'clients.abortOnFin'],
  ['upstream.pool.perOrigin', 'upstream.pool.maxIdlePerOrigin'],
  ['upstream.pool.total', 'upstream.pool.maxIdle'],
  ['upstream.pool.idle', 'upstream.pool.idleTimeout'],
  ['upstream.pool.idleAfterBody', 'upstream.pool.idleTimeoutAfterBody'],
  ['limits.requestLine', 'limits.requestLineBytes'],
  ['limits.chunkExtension', 'limits.chunkExtensionBytes'],
  ['limits.bodyProgress', 'limits.minBodyProgress'],
  ['limits.drainBytes', 'limits.lingerBytes'],
  ['limits.informational', 'limits.informationalResponses'],
  ['timeouts.tunnelStart', 'timeouts.tunnelFirstByte'],
  ['supervision.hungAfter', 'supervision.hangTimeout'],
]);

/** @returns the name now: of a key of the same mapping its own, of another with the way to it; null: it is none that there was. */
export function presentName(path: KeyPath, key: string): string | null {
  const under = path.map((part) => (typeof part === 'number' ? '[]' : `.${part}`)).join('');
  const mapping = `${under.slice(1)}.`;
  const now = FORMER_KEYS.get(`${mapping}${key}`);
  if (now === undefined) return null;
  return now.startsWith(mapping) ? now.slice(mapping.length) : now;
}
