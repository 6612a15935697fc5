/** Where the credentials of a configuration lie, for whoever has to leave that out of what he shows. It must not read one. */
import type { ListSourceConfig, SecretPlace } from './list-types.ts';
import type { Config } from './types.ts';

/** @returns paths as they are opened, `credential:NAME`, and the names alone; the longest first, since one may be part of another. */
export function credentialPlaces({ lists, admin }: Pick<Config, 'lists' | 'admin'>): readonly string[] {
  const places = [admin.contentKey, ...lists.flatMap(({ source }) => placesOf(source))];
  const texts = places.flatMap((place) => (place === null ? [] : textsOf(place)));
  return [...new Set(texts)].toSorted((a, b) => b.length - a.length);
}

function textsOf(place: SecretPlace): readonly string[] {
  // A name may be an ordinary word, that must not vanish from everything: in quotes, or where systemd hands it over.
  if (place.kind === 'file') return [place.path];
  return place.name === '' ? [] : [`credential:${place.name}`, `'${place.name}'`, `LoadCredential=${place.name}`];
}

function placesOf(source: ListSourceConfig): readonly (SecretPlace | null)[] {
  if (source.kind === 'file') return [];
  const { bearer, basic, client } = source.http;
  const shown = [bearer, basic, client?.key ?? null];
  return source.kind === 'tuf' ? [...shown, source.identity, source.namesIdentity] : shown;
}
