/**
 * The source that a list's configuration asks for. It must not know what a list holds.
 *
 * What protected lists need (TUF, age, elliptic curves) is as much code again as all the rest of a command, so that it is loaded where a
 * list is one.
 */
import type { ListConfig } from '../../config/list-types.ts';
import { systemTime, type Time } from '../../lib/time.ts';
import { listError } from '../list-error.ts';
import { FileSource } from './file.ts';
import { HttpsSource } from './https.ts';
import { copyPaths } from './cached-copy.ts';
import type { CacheOptions } from './cached-copy.ts';
import type { ListSource } from './source.ts';
import type * as Tuf from './tuf/open-tuf.ts';

export interface SourceOptions extends CacheOptions {
  /** Null for a command, which looks at a list and changes nothing: a protected list is what lies in the state directory. */
  readonly instance: Tuf.TufInstance | null;
  readonly time?: Time;
}

/** What opens a protected list. */
let tuf: typeof Tuf | null = null;

/** Loads what these lists need, before any of them is opened. */
export async function loadSources(lists: readonly Pick<ListConfig, 'source'>[]): Promise<void> {
  if (lists.some(({ source }) => source.kind === 'tuf')) await loadTuf();
}

/** Before any list needs it. */
export async function loadTuf(): Promise<void> {
  tuf ??= await import('./tuf/open-tuf.ts');
}

export function openSource(
  { name, source, conversion }: ListConfig,
  { instance, time = systemTime, ...cache }: SourceOptions,
): ListSource {
  switch (source.kind) {
    case 'file':
      return new FileSource(source.path, { time });
    case 'https':
      return new HttpsSource({
        url: source.url,
        terms: source.http,
        intervalMs: source.intervalMs,
        paths: copyPaths(cache, name, source.url),
        owner: cache.owner,
        time,
        isForeign: conversion !== undefined,
        onDamage:
          instance === null
            ? null
            : (file, reason) => instance.log.event('error', 'list.state_lost', { list: name, file, reason }),
      });
    case 'tuf':
      if (tuf === null) throw listError('internal', `what opens the list ${name} was not loaded`);
      return tuf.openTuf(source, { name, ...cache, instance, time });
  }
}
