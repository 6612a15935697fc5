/** What a start of an instance loads of Node: not what it has no use for. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const RUN_INSTANCE = new URL('../../src/commands/run-instance.ts', import.meta.url).href;
const GUARD = new URL('../../src/commands/guard.ts', import.meta.url).href;

test.each([RUN_INSTANCE, GUARD])('no second HTTP client, no TLS, no cluster: %s', (url) => {
  const code = `await import(${JSON.stringify(url)}); process.stdout.write(process.moduleLoadList.join('\\n'));`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  }).split('\n');
  expect(loaded).toContain('NativeModule http');
  const names = new Set(['internal/deps/undici/undici', 'https', 'tls', 'cluster', 'internal/cluster/primary']);
  expect(loaded.filter((name) => names.has(name.replace('NativeModule ', '')))).toEqual([]);
});
