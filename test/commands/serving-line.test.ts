/** What `serve` says on a terminal once it serves. */
import { expect, test } from '@jest/globals';
import { servingLine } from '../../src/commands/serving-line.ts';
import { controlView } from '../observe/fixtures.ts';

const admin = { address: '127.0.0.1', port: 9090 };

// Was a fault: a steered listener was said to be at the address that other modes have unless told, and whatever came behind it at its ports.
test('each place where it listens, as it is', () => {
  const view = controlView({
    lists: () => [],
    listeners: () => [
      { name: 'steered', mode: 'steered', address: '192.0.2.80', port: 80 },
      { name: 'steered', mode: 'steered', address: '192.0.2.80', port: 443 },
      { name: 'names', mode: 'dns', address: '::1', port: 53 },
    ],
  });
  expect(servingLine({ admin, view })).toBe(
    'serving: steered 192.0.2.80:80, steered 192.0.2.80:443, dns [::1]:53; no list, so that everything passes; status: http://127.0.0.1:9090/; Ctrl-C ends it',
  );
});
