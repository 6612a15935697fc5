/** Groups of clients in a configuration: what is refused, what becomes of them, which one a client has. */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import { policyClients } from '../../src/config/policies.ts';
import { policyOf } from '../../src/config/policy-of.ts';
import { prefixTexts } from '../../src/config/prefix-texts.ts';
import type { Config } from '../../src/config/types.ts';
import { formatPrefix, parseIpAddress } from '../../src/lib/prefix.ts';

const LISTS = 'lists: [{ name: national, source: ./n.txt }, { name: school, source: ./s.txt, optIn: true }]\n';

function config(yaml: string): Config {
  const loaded = parseConfig(LISTS + yaml, 'f.yaml', {});
  if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
  return loaded.config;
}

function faults(yaml: string): string[] {
  const loaded = parseConfig(LISTS + yaml, 'f.yaml', {});
  return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
}

describe('faults', () => {
  test.each([
    {
      name: 'a list that is not there',
      yaml: 'policies: [{ name: a, clients: [192.0.2.0/24], lists: [scool] }]\n',
      want: ["f.yaml:2:56: policies[0].lists[0]: there is no list 'scool'; did you mean 'school'?"],
    },
    {
      name: 'a list twice',
      yaml: 'policies: [{ name: a, clients: [192.0.2.0/24], lists: [school, school] }]\n',
      want: ['f.yaml:2:64: policies[0].lists[1]: the list is named twice'],
    },
    {
      name: 'two of one name',
      yaml: 'policies:\n  - { name: a, clients: [192.0.2.0/24], lists: [] }\n  - { name: a, clients: [192.0.3.0/24], lists: [] }\n',
      want: ['f.yaml:4:13: policies[1].name: the name is taken by policies[0]'],
    },
    {
      name: 'one prefix in two of them, in whatever spelling',
      yaml: 'policies:\n  - { name: a, clients: [192.0.2.0/24], lists: [] }\n  - { name: b, clients: ["::ffff:192.0.2.0/120"], lists: [] }\n',
      want: ['f.yaml:4:26: policies[1].clients[0]: the prefix 192.0.2.0/24 is the same as in policies[0].clients[0]'],
    },
    {
      name: 'one prefix twice in a text, and what is no prefix',
      yaml: 'policies:\n  - name: a\n    lists: []\n    clients: |\n      192.0.2.0/24\n      192.0.2.0/24 # again\n      school\n',
      want: [
        "f.yaml:5:14: policies[0].clients[2]: 'school' is not an address or prefix (like 192.0.2.0/24 or 2001:db8::/32)",
        'f.yaml:5:14: policies[0].clients[1]: the prefix 192.0.2.0/24 is the same as in policies[0].clients[0]',
      ],
    },
    {
      name: 'one prefix three times',
      yaml: 'policies: [{ name: a, clients: [192.0.2.1, 192.0.2.1, 192.0.2.1/32], lists: [] }]\n',
      want: [1, 2].map((i) =>
        expect.stringContaining(`clients[${i}]: the prefix 192.0.2.1/32 is the same as in policies[0].clients[0]`),
      ),
    },
    {
      name: 'a number',
      yaml: 'policies: [{ name: a, clients: [1], lists: [] }]\n',
      want: [expect.stringContaining('policies[0].clients[0]: must be a prefix like 192.0.2.0/24')],
    },
    {
      name: 'no lists',
      yaml: 'policies: [{ name: a, clients: [192.0.2.0/24] }]\n',
      want: ['f.yaml:2:12: policies[0].lists: is required'],
    },
    {
      name: 'everybody on a public address, in a text',
      yaml: 'listeners: [{ name: a, address: 192.0.2.1 }]\nclients:\n  allow: |\n    0.0.0.0/0\n',
      want: [expect.stringMatching(/^f\.yaml:4:10: clients\.allow\[0\]: allows every client/)],
    },
  ])('$name', ({ yaml, want }) => {
    expect(faults(yaml)).toEqual(want);
  });
});

describe('values', () => {
  test('a list with optIn applies where it is named, and nowhere else', () => {
    const { listeners, policies } = config(
      'listeners: [{ name: a, port: 1 }, { name: b, port: 2, lists: [school] }]\npolicies:\n  - { name: p, clients: [192.0.2.0/24], lists: [school, national] }\n  - { name: q, clients: [192.0.3.0/24], lists: [] }\n',
    );
    expect([...listeners, ...policies].map(({ name, lists }) => [name, lists])).toEqual([
      ['a', [0]],
      ['b', [1]],
      ['p', [0, 1]],
      ['q', []],
    ]);
  });

  test('many prefixes may be a text, wherever clients are named', () => {
    const text = '|\n    # schools\n    192.0.2.0/24\n\n    2001:db8::/32   # another\n';
    const { policies, exempt, clients } = config(
      `policies:\n- name: p\n  lists: []\n  clients: ${text}exempt:\n  clients: ${text}clients:\n  allow: ${text}`,
    );
    for (const prefixes of [policies[0]!.clients, exempt.clients, clients.allow])
      expect(prefixes.map(formatPrefix)).toEqual(['192.0.2.0/24', '2001:db8::/32']);
  });

  test('ten thousand of them', () => {
    const all = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const { policies } = config(`policies:\n- name: p\n  lists: []\n  clients: |\n    ${all.join('\n    ')}\n`);
    expect(policies[0]!.clients.map(formatPrefix)).toEqual(all);
    const listed = config(`policies:\n- name: p\n  lists: []\n  clients:\n  - ${all.join('\n  - ')}\n`);
    expect(listed.policies).toEqual(policies);
  });

  test('what is neither a list nor a text has no prefixes', () => {
    expect([undefined, null, 1, {}].map(prefixTexts)).toEqual([[], [], [], []]);
  });
});

describe('the policy of a client', () => {
  const { policies } = config(`policies:
  - { name: isp, clients: [192.0.2.0/24, "2001:db8::/32"], lists: [national] }
  - { name: school, clients: [192.0.2.64/26, "2001:db8:1::/48"], lists: [national, school] }
  - { name: open, clients: [192.0.2.65], lists: [] }
`);

  test.each([
    ['192.0.2.1', 'isp'],
    ['::ffff:192.0.2.1', 'isp'],
    ['192.0.2.64', 'school'],
    ['192.0.2.65', 'open'],
    ['192.0.2.127', 'school'],
    ['192.0.2.128', 'isp'],
    ['192.0.3.1', null],
    ['2001:db8::1', 'isp'],
    ['2001:db8:1::1', 'school'],
    ['2001:db9::1', null],
  ])('%s: %s', (address, want) => {
    expect(policyOf(policies, parseIpAddress(address)!)?.name ?? null).toBe(want);
  });
});

test('one prefix in two policies is told at the second, however it is spelled', () => {
  const data = {
    policies: [
      { clients: ['192.0.2.0/24', '2001:db8::/32', 'no prefix'] },
      { clients: ['198.51.100.1', '::ffff:192.0.2.0/120', '2001:DB8:0::/32', '192.0.2.0/25'] },
      { clients: '# a text\n198.51.100.1/32\n' },
    ],
  };
  expect(policyClients(data).map(({ path, message }) => `${path.join('.')}: ${String(message)}`)).toEqual([
    'policies.1.clients.1: the prefix 192.0.2.0/24 is the same as in policies[0].clients[0]',
    'policies.1.clients.2: the prefix 2001:db8::/32 is the same as in policies[0].clients[1]',
    'policies.2.clients.0: the prefix 198.51.100.1/32 is the same as in policies[1].clients[0]',
  ]);
  for (const odd of [null, 7, [], { policies: 7 }, { policies: [null, { clients: 7 }] }])
    expect(policyClients(odd)).toEqual([]);
});
