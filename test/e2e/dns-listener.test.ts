/** A listener of mode dns is not served yet: whoever configures one is told before anything starts. */
import { expect, test } from '@jest/globals';
import { serveToTheEnd } from '../support/proxy-process.ts';

test('mode dns: exit 78 and the key', async () => {
  const listeners = [{ name: 'dns', mode: 'dns', port: 0, upstream: ['192.0.2.53'] }];
  const config = { listeners, admin: { port: 0 }, state: { directory: './state' } };
  const { exit, stderr } = await serveToTheEnd(JSON.stringify(config));
  expect(exit).toBe(78);
  expect(stderr).toContain('listeners[0].mode: dns is not served yet by this version');
});
