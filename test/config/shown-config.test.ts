/** A configuration as others may see it: figures and names, and nothing that is a secret, a customer's or somebody else's. */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { shownConfig } from '../../src/config/shown-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECRET = 'c4naryc4naryc4nary';

async function shown(config: object): Promise<string> {
  using directory = temporaryDirectory();
  for (const name of ['token', 'id', 'root.json', 'own.txt'])
    writeFileSync(directory.file(name), SECRET, { mode: 0o600 });
  writeFileSync(directory.file('f.yaml'), JSON.stringify(config));
  const loaded = await loadConfig(directory.file('f.yaml'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return JSON.stringify(shownConfig(loaded.config));
}

test('secrets, customers, URLs, paths, commands and texts are not shown', async () => {
  const text = await shown({
    lists: [
      { name: 'own', source: './own.txt', page: { appeal: `https://${SECRET}.example/`, operator: SECRET } },
      {
        name: 'far',
        source: `https://lists.example/${SECRET}?t=${SECRET}`,
        auth: { bearer: './token' },
        status: 451,
        blockedBy: `https://${SECRET}.example/`,
      },
      {
        name: 'national',
        source: `tuf+https://${SECRET}.example/`,
        root: './root.json',
        identity: `credential:${SECRET}`,
      },
    ],
    clients: { allow: ['198.51.100.0/24', '127.0.0.0/8'] },
    exempt: { clients: ['203.0.113.7/32'] },
    policies: [{ name: 'schools', clients: ['192.0.2.0/24'], lists: ['own'] }],
    admin: { hosts: [`${SECRET}.example`], contentKey: `credential:${SECRET}` },
    limits: { sharedAddresses: [{ prefix: '198.51.100.0/28' }] },
  });
  expect(text).not.toMatch(new RegExp(`${SECRET}|198\\.51|203\\.0\\.113|192\\.0\\.2|example|https:|/tmp`));
  const value = JSON.parse(text) as object;
  expect(value).toMatchObject({
    file: '[path]',
    admin: { contentKey: '[credential]' },
    clients: { abortOnFin: true, allow: '[2 in all]' },
    lists: [
      { name: 'own', source: { kind: 'file', path: '[path]' }, action: 'block', page: '[text]', status: 403 },
      { name: 'far', source: { kind: 'https', url: '[URL]', intervalMs: 900_000, http: { bearer: '[credential]' } } },
      { name: 'national', source: { kind: 'tuf', identity: '[credential]', root: '[path]' } },
    ],
    policies: [{ name: 'schools', clients: '[1 in all]', lists: [0] }],
    limits: { requestLineBytes: 16_384, sharedAddresses: '[1 in all]' },
    listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 3128 }],
    workers: 2,
  });
});
