/** The source that a list's configuration asks for. */
import type { ListConfig } from '../../config/types.ts';
import { FileSource } from './file.ts';
import { HttpsSource } from './https.ts';
import { copyPaths } from './cached-copy.ts';
import type { CacheOptions } from './cached-copy.ts';
import type { ListSource } from './source.ts';

export function openSource({ name, source }: ListConfig, cache: CacheOptions): ListSource {
  if (source.kind === 'file') return new FileSource(source.path);
  return new HttpsSource({
    url: source.url,
    terms: source.http,
    intervalMs: source.intervalMs,
    paths: copyPaths(cache, name, source.url),
    owner: cache.owner,
  });
}
