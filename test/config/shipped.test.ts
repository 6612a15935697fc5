/** The files under config/ are true: every key is documented with its default, and the demo loads. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { configKeys, loadConfig, parseConfig } from '../../src/config/load.ts';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { examplesText } from './example-document.ts';

const folder = join(import.meta.dirname, '..', '..', 'config');
const defaults = readFileSync(join(folder, 'default.yaml'), 'utf8');
describe('config/default.yaml', () => {
  test('equals the defaults', () => {
    const file = join(folder, 'default.yaml');
    const fromFile = parseConfig(defaults, file, { HOME: '/home/a' });
    const fromNothing = parseConfig('{}', file, { HOME: '/home/a' });
    expect(fromFile.ok ? fromFile.config : fromFile.faults.map(formatDiagnostic)).toEqual(
      fromNothing.ok && fromNothing.config,
    );
  });

  test('documents every key', () => {
    const documented = new Set([...keysOf(parse(defaults)), ...keysOf(parse(examplesText))]);
    // What a list may say of its page are the keys of `page`.
    expect(configKeys().filter((key) => !documented.has(key) && !key.startsWith('lists[].page.'))).toEqual([]);
  });

  test('its examples are a valid configuration', () => {
    const loaded = parseConfig(examplesText, 'examples.yaml', {});
    expect(loaded.ok ? [] : loaded.faults.map(formatDiagnostic)).toEqual([]);
  });
});

test('config/demo.yaml is valid, on the ports of the contract', async () => {
  const loaded = await loadConfig(join(folder, 'demo.yaml'), {});
  expect(loaded.ok && loaded.config).toMatchObject({
    listeners: [{ address: '127.0.0.1', port: 3128, lists: [0] }],
    admin: { address: '127.0.0.1', port: 9090 },
    demo: { origin: { address: '127.0.0.1', port: 8088 } },
    lists: [{ source: { kind: 'file', path: join(folder, 'demo-list.txt') } }],
  });
});

function keysOf(value: unknown, under = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, `${under}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = under === '' ? key : `${under}.${key}`;
    return [path].concat(keysOf(inner, path));
  });
}
