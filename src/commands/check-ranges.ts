/** What `check` says of the files of ranges that the route feed never steers: the feed refuses one with a bad line as a whole. It must not start the feed. */
import { diagnosticAt } from '../config/diagnostic.ts';
import type { ConfigDiagnostic } from '../config/diagnostic.ts';
import type { SoundConfig } from '../config/load.ts';
import { loadRanges } from '../outlets/routes/load-ranges.ts';

export async function checkRanges(file: string, { config, locate }: SoundConfig): Promise<readonly ConfigDiagnostic[]> {
  const files = config.resolver.routes?.neverFiles ?? [];
  const found = await Promise.all(files.map(async (path) => await loadRanges([path])));
  return found.flatMap((ranges, i) => {
    const path = ['resolver', 'routes', 'neverFiles', i];
    return ranges.ok ? [] : [diagnosticAt(file, locate(path), path, ranges.reason)];
  });
}
