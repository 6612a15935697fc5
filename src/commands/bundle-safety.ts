/**
 * The last guard of a support bundle: whatever its parts hold, URLs and the places of credentials do not get into the archive. Pure. It is no reason to put them
 * into a part.
 */
import type { Config, ListSource, SecretPlace } from '../config/types.ts';

const URL_LIKE = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\]*/gi;

/** @param secrets texts that must not stand anywhere. */
export function withoutUrls(text: string, secrets: readonly string[]): string {
  let safe = text.replaceAll(URL_LIKE, '[URL]');
  for (const secret of secrets) safe = safe.replaceAll(secret, '[credential]');
  return safe;
}

/** Where the credentials of a configuration lie; the longest first, since one may be part of another. */
export function credentialPaths(config: Config | null): readonly string[] {
  const places = (config?.lists ?? []).flatMap(({ source }) => placesOf(source));
  return places
    .flatMap((place) => (place === null ? [] : place.kind === 'file' ? [place.path] : [`credential:${place.name}`]))
    .toSorted((a, b) => b.length - a.length);
}

function placesOf(source: ListSource): readonly (SecretPlace | null)[] {
  if (source.kind === 'file') return [];
  const { bearer, basic, client } = source.http;
  const shown = [bearer, basic, client?.key ?? null];
  return source.kind === 'tuf' ? [...shown, source.identity, source.namesIdentity] : shown;
}
