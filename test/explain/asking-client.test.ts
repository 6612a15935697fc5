/** The client that is asked about has what the data plane gives it: the longest prefix's policy, its exemption, and the right to ask at all. */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import { askingClient } from '../../src/explain/asking-client.ts';

const loaded = parseConfig(
  `lists: [{ name: national, source: ./n.txt }, { name: school, source: ./s.txt, optIn: true }]
listeners:
  - { name: explicit, mode: explicit, port: 3128 }
  - { name: inline, mode: transparent, port: 3129 }
clients: { allow: [192.0.2.0/24, 2001:db8::/32] }
exempt: { clients: [192.0.2.128/25] }
policies:
  - { name: wide, clients: [192.0.2.0/24], lists: [national] }
  - { name: narrow, clients: [192.0.2.128/26], lists: [national, school] }
`,
  'f.yaml',
  {},
);
if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
const { config } = loaded;
const masks: Readonly<Record<string, number>> = { wide: 1, narrow: 3 };

const asked = (text: string | null, listener = 'explicit') =>
  askingClient(
    config,
    config.listeners.find(({ name }) => name === listener)!,
    text,
    (name) => masks[name]!,
  );

test('nobody in particular has no policy, and may ask', () => {
  expect(asked(null)).toEqual({ address: null, exempt: false, policy: null, refusal: null });
});

test.each([
  ['192.0.2.1', false, { name: 'wide', listMask: 1 }],
  ['192.0.2.127', false, { name: 'wide', listMask: 1 }],
  ['192.0.2.128', true, { name: 'narrow', listMask: 3 }],
  ['192.0.2.192', true, { name: 'wide', listMask: 1 }],
  ['2001:db8::1', false, null],
])('%s', (text, exempt, policy) => {
  expect(asked(text)).toEqual({ address: text, exempt, policy, refusal: null });
});

test('an address has one form, as a socket for both families has it too', () => {
  expect(asked('::ffff:192.0.2.128')).toMatchObject({ address: '192.0.2.128', exempt: true });
  expect(asked('2001:DB8:0:0::1')).toMatchObject({ address: '2001:db8::1' });
});

describe('who may not ask', () => {
  test('is told so, unless the traffic did not choose us', () => {
    expect(asked('198.51.100.1')?.refusal).toBe('clients.allow does not contain the client');
    expect(asked('198.51.100.1', 'inline')?.refusal).toBeNull();
  });

  test.each(['', 'a.example', '192.0.2.256', '192.0.2.01', '[2001:db8::1]', '192.0.2.0/24'])(
    '%j is no address',
    (text) => {
      expect(asked(text)).toBeNull();
    },
  );
});
