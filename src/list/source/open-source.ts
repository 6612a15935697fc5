/** The source that a list's configuration asks for. It must not know what a list holds. */
import type { ListConfig } from '../../config/list-types.ts';
import { FileSource } from './file.ts';
import { HttpsSource } from './https.ts';
import { copyPaths } from './cached-copy.ts';
import type { CacheOptions } from './cached-copy.ts';
import type { ListSource } from './source.ts';
import { openTuf } from './tuf/open-tuf.ts';
import type { TufInstance } from './tuf/open-tuf.ts';

export interface SourceOptions extends CacheOptions {
  /** Null for a command, which looks at a list and changes nothing: a protected list is what lies in the state directory. */
  readonly instance: TufInstance | null;
}

export function openSource({ name, source }: ListConfig, { instance, ...cache }: SourceOptions): ListSource {
  switch (source.kind) {
    case 'file':
      return new FileSource(source.path);
    case 'https':
      return new HttpsSource({
        url: source.url,
        terms: source.http,
        intervalMs: source.intervalMs,
        paths: copyPaths(cache, name, source.url),
        owner: cache.owner,
      });
    case 'tuf':
      return openTuf(source, { name, ...cache, instance });
  }
}
