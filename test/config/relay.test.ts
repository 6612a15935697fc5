/** The configuration of the relay: its example, its defaults, what is refused and how. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { loadRelay, parseRelay, relayKeys } from '../../src/config/relay.ts';
import type { RelayConfig } from '../../src/config/relay-types.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'config', 'relay.yaml');
const shipped = readFileSync(SHIPPED, 'utf8');
const LEAST = 'source: ./list.txt\npublish: { repo: ./repo, keys: ./keys }\n';

function config(text: string): RelayConfig {
  const loaded = parseRelay(text, '/etc/cleanfeed/relay.yaml');
  if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
  return loaded.config;
}

function faults(text: string): readonly string[] {
  const loaded = parseRelay(text, 'relay.yaml');
  return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
}

describe('config/relay.yaml', () => {
  test('equals the defaults', () => {
    expect(config(shipped)).toEqual(config(LEAST));
  });

  test('documents every key', () => {
    const examples = shipped.replaceAll(/^# ((?:csv|jsonl|auth):|  \w+: )/gm, '$1');
    const documented = keysOf(parse(examples));
    expect(relayKeys().filter((key) => !documented.includes(key))).toEqual([]);
  });

  test('is read as a file', async () => {
    expect(await loadRelay(SHIPPED)).toMatchObject({ ok: true, config: { file: SHIPPED } });
    expect(await loadRelay('/nowhere/relay.yaml')).toMatchObject({ ok: false });
  });
});

test('paths are relative to the file; a format has its own keys', () => {
  expect(
    config(
      `source: https://lists.example/a.csv\nformat: csv\ncsv: { column: address }\nauth: { bearer: ./token, clientCertificate: c.pem, clientKey: credential:key }\npublish: { repo: repo, keys: /k }`,
    ),
  ).toMatchObject({
    source: {
      kind: 'https',
      url: 'https://lists.example/a.csv',
      http: {
        bearer: { kind: 'file', path: '/etc/cleanfeed/token' },
        client: { certificate: '/etc/cleanfeed/c.pem', key: { kind: 'credential', name: 'key' } },
      },
    },
    intervalMs: 900_000,
    format: { kind: 'csv', column: 'address', delimiter: ',' },
    publish: { repo: '/etc/cleanfeed/repo', keys: '/k' },
  });
  expect(config(`${LEAST}format: jsonl\n`).format).toEqual({ kind: 'jsonl', key: 'url' });
});

test.each([
  { text: 'publish: { repo: a, keys: b }\n', want: 'relay.yaml:1:1: source: is required' },
  { text: `${LEAST}formt: csv\n`, want: "relay.yaml:3:1: formt: unknown key; did you mean 'format'?" },
  { text: `${LEAST}csv: { column: a }\n`, want: 'relay.yaml:3:6: csv: belongs to format: csv' },
  { text: `${LEAST}ca: ./ca.pem\n`, want: 'relay.yaml:3:5: ca: belongs to a source over https' },
  {
    text: 'source: http://lists.example/a\npublish: { repo: a, keys: b }\n',
    want: 'relay.yaml:1:9: source: a list over plain http could be modified in transit; use https',
  },
  {
    text: 'source: tuf+https://lists.example/a/\npublish: { repo: a, keys: b }\n',
    want: 'relay.yaml:1:9: source: a relay fetches a flat file; a node reads protected lists itself',
  },
  {
    text: 'source: https://lists.example/a\nauth: { clientKey: ./k }\npublish: { repo: a, keys: b }\n',
    want: 'relay.yaml:2:20: auth.clientKey: needs clientCertificate',
  },
])('$want', ({ text, want }) => {
  expect(faults(text)).toEqual([want]);
});

test('no fault shows a secret', () => {
  const [fault = ''] = faults('source: https://me:hunter2@lists.example/a\npublish: { repo: a, keys: b }\n');
  expect(fault).toContain('user name or password');
  expect(fault).not.toContain('hunter2');
});

function keysOf(value: unknown, under = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = under === '' ? key : `${under}.${key}`;
    return [path].concat(keysOf(inner, path));
  });
}
