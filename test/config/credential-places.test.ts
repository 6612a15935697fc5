/** Where the credentials of a configuration lie: every place, as messages name it. */
import { expect, test } from '@jest/globals';
import { credentialPlaces } from '../../src/config/credential-places.ts';
import type { ListSourceConfig } from '../../src/config/list-types.ts';
import type { Config } from '../../src/config/types.ts';

const sources = (...of: readonly object[]): Pick<Config, 'lists' | 'admin'> => ({
  admin: { address: '127.0.0.1', port: 0, hosts: [], contentKey: { kind: 'file', path: '/k/content' } },
  lists: of.map((source) => ({ source: source as unknown as ListSourceConfig })) as unknown as Config['lists'],
});
const file = (path: string) => ({ kind: 'file', path });

test('files by their paths, credentials of the service manager by their names as messages show them; the longest first', () => {
  const places = credentialPlaces(
    sources(
      { kind: 'file', path: '/lists/own.txt' },
      { kind: 'https', http: { bearer: file('/k/a'), basic: null, client: { key: file('/k/a/longer') } } },
      {
        kind: 'tuf',
        http: { bearer: null, basic: file('/k/b'), client: null },
        identity: { kind: 'credential', name: 'node' },
        namesIdentity: { kind: 'credential', name: '' },
      },
    ),
  );
  expect(places.toSorted()).toEqual(
    ["'node'", '/k/a', '/k/a/longer', '/k/b', '/k/content', 'LoadCredential=node', 'credential:node'].toSorted(),
  );
  expect(places.map(({ length }) => length)).toEqual(places.map(({ length }) => length).toSorted((a, b) => b - a));
  expect(credentialPlaces(sources())).toEqual(['/k/content']);
  expect(credentialPlaces({ ...sources(), admin: { ...sources().admin, contentKey: null } })).toEqual([]);
});
