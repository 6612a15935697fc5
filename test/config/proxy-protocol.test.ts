/** Requirement 34: who may name clients, and who is told of them, has to be said; nobody means everybody. */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';

function faults(yaml: string): string[] {
  const loaded = parseConfig(yaml, 'f.yaml', {});
  return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
}

const listener = (from: string): string => `listeners: [{ name: a, proxyProtocol: { from: [${from}] } }]\n`;
const upstream = (to: string): string => `upstream: { proxyProtocol: { to: [${to}] } }\n`;
const ANY_SENDER = 'would let anybody name any client; list the addresses of your balancers';
const ANY_ORIGIN = 'would break every origin that expects no header; list the addresses of those that do';

describe('requirement 34: PROXY headers', () => {
  test.each([
    { yaml: listener(''), want: ['f.yaml:1:47: listeners[0].proxyProtocol.from: must have at least 1 item'] },
    { yaml: listener('0.0.0.0/0'), want: [`f.yaml:1:48: listeners[0].proxyProtocol.from[0]: ${ANY_SENDER}`] },
    {
      yaml: listener('192.0.2.0/28, "2000::/3"'),
      want: [`f.yaml:1:62: listeners[0].proxyProtocol.from[1]: ${ANY_SENDER}`],
    },
    {
      yaml: listener('1'),
      want: [expect.stringContaining('listeners[0].proxyProtocol.from[0]: must be a prefix like 192.0.2.0/24')],
    },
    { yaml: upstream(''), want: ['f.yaml:1:34: upstream.proxyProtocol.to: must have at least 1 item'] },
    { yaml: upstream('"::/0"'), want: [`f.yaml:1:35: upstream.proxyProtocol.to[0]: ${ANY_ORIGIN}`] },
    {
      yaml: 'upstream: { proxyProtocol: { to: [192.0.2.1], version: 3 } }\n',
      want: ['f.yaml:1:56: upstream.proxyProtocol.version: must be 1 or 2, not 3'],
    },
  ])('not $yaml', ({ yaml, want }) => {
    expect(faults(yaml)).toEqual(want);
  });

  test.each([listener('192.0.2.0/28, "2001:db8::/64", 16.0.0.0/4'), upstream('192.0.2.1, "2001:db8::/32"')])(
    'but %s',
    (yaml) => {
      expect(faults(yaml)).toEqual([]);
    },
  );
});
