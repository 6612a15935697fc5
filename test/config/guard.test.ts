/** The keys of `guard`, and the rules between them and others. */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';

const ACTIONS = 'actions: { out: [[a]], back: [[b]] }';

function faults(yaml: string): string[] {
  const loaded = parseConfig(yaml, 'f.yaml', {});
  return loaded.ok ? [] : loaded.faults.map(formatDiagnostic).map((fault) => fault.replace(/^f\.yaml:\d+:\d+: /, ''));
}

describe('faults', () => {
  test.each([
    { yaml: `{ probes: [{ listener: explicit }], ${ACTIONS} }`, want: [] },
    { yaml: '{}', want: ['guard.probes: is required'] },
    { yaml: '{ probes: [] }', want: ['guard.probes: must have at least 1 item'] },
    {
      yaml: '{ probes: [{ listener: explict }] }',
      want: ["guard.probes[0].listener: there is no listener 'explict'; did you mean 'explicit'?"],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], actions: { out: [[a]] } }',
      want: ['guard.actions: needs back: commands for one direction only would never be undone'],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], actions: { out: [nft flush], back: [[b]] } }',
      want: ["guard.actions.out[0]: must be a list, not 'nft flush'"],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], partial: 10s }',
      want: [expect.stringMatching(/^guard\.partial: must be longer than supervision\.hangTimeout/)],
    },
    { yaml: '{ probes: [{ listener: explicit }], partial: 0s }', want: [] },
    {
      yaml: '{ probes: [{ listener: explicit }], hold: 1m, maxHold: 30s }',
      want: ['guard.hold: hold must not be greater than maxHold'],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], fleet: { minimum: 2 } }',
      want: ['guard.fleet.minimum: needs fleet.count, a command that prints how many routes there are'],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], origin: { port: 3128 } }',
      want: ['guard.origin.port: 127.0.0.1:3128 is taken by listeners[0]'],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], metrics: { port: 9090 } }',
      want: ['guard.metrics.port: 127.0.0.1:9090 is taken by admin'],
    },
    {
      yaml: '{ probes: [{ listener: explicit }], failures: 1 }',
      want: ['guard.failures: must be a whole number from 2 to 100, not 1'],
    },
  ])('$yaml', ({ yaml, want }) => {
    expect(faults(`listeners: [{ name: explicit, port: 3128 }]\nadmin: { port: 9090 }\nguard: ${yaml}\n`)).toEqual(
      want,
    );
  });

  test.each(['port: 0', 'socket: web'])('a listener whose port is not known: %s', (place) => {
    const yaml = (port: string): string =>
      `listeners: [{ name: web, ${place} }]\nguard: { probes: [{ listener: web${port} }] }\n`;
    expect(faults(yaml(''))).toEqual(['guard.probes[0]: needs a port: that of the listener is not known here']);
    expect(faults(yaml(', port: 3128'))).toEqual([]);
  });

  test.each([
    {
      listener: 'mode: transparent, port: 8080',
      probe: '',
      origin: '{ address: 198.18.0.2, port: 80 }',
      want: [expect.stringContaining('needs from: ')],
    },
    {
      listener: 'mode: transparent, port: 8080',
      probe: 'from: 198.18.0.1',
      origin: '{ address: 198.18.0.2, port: 80 }',
      want: [],
    },
    {
      listener: 'mode: steered, addresses: [192.0.2.80], ports: [80, 443]',
      probe: '',
      origin: '{ port: 80 }',
      want: [],
    },
    {
      listener: 'mode: steered, addresses: [192.0.2.80/29], ports: [80, 443]',
      probe: '',
      origin: '{}',
      want: [expect.stringContaining('needs an address: '), expect.stringContaining('needs guard.origin.port: 80')],
    },
    {
      listener: 'mode: steered, addresses: [192.0.2.80/29], ports: [80, 443]',
      probe: 'address: 192.0.2.81',
      origin: '{ port: 80 }',
      want: [],
    },
    { listener: 'mode: dns, port: 53, upstream: [192.0.2.53]', probe: '', origin: '{}', want: [] },
    {
      listener: 'mode: dns, port: 0, upstream: [192.0.2.53]',
      probe: '',
      origin: '{}',
      want: ['guard.probes[0]: needs a port: that of the listener is not known here'],
    },
  ])('a listener of $listener, probed with $probe', ({ listener, probe, origin, want }) => {
    const yaml = `listeners: [{ name: a, ${listener} }]\nguard: { origin: ${origin}, probes: [{ listener: a, ${probe} }] }\n`;
    expect(faults(yaml)).toEqual(want);
  });

  test.each([
    { after: '0s', lameDuck: '0s', want: [] },
    { after: '3500ms', lameDuck: '4s', want: [] },
    {
      after: '4s',
      lameDuck: '4s',
      want: ['guard.drainAfter: must be shorter than shutdown.lameDuck, which is when listeners close'],
    },
  ])('drainAfter $after, lame duck $lameDuck', ({ after, lameDuck, want }) => {
    const yaml = `guard: { probes: [{ listener: explicit }], drainAfter: ${after} }\nshutdown: { lameDuck: ${lameDuck} }\n`;
    expect(faults(yaml)).toEqual(want);
  });

  test('a filter that can be asked nowhere whether it drains', () => {
    expect(faults('admin: { port: 0 }\nguard: { probes: [{ listener: explicit }] }\n')).toEqual([
      'admin.port: must be fixed where there is a guard, which asks there whether the filter drains',
    ]);
  });
});

test('what it becomes', () => {
  const loaded = parseConfig(
    `guard: { probes: [{ listener: explicit }], ${ACTIONS}, listed: { address: http://a.example } }`,
    'f',
    {},
  );
  expect(loaded.ok && loaded.config.guard).toMatchObject({
    origin: { address: '127.0.0.1', port: 8087 },
    probes: [{ listener: 'explicit', address: null, port: null, from: null, host: null }],
    listed: { url: 'http://a.example/', intervalMs: 10_000 },
    intervalMs: 100,
    timeoutMs: 400,
    partialMs: 15_000,
    actions: { out: [['a']], back: [['b']] },
    fleet: { minimum: 0, count: null, own: 0, ifUnknown: 'act' },
  });
});

test('without it there is none', () => {
  const loaded = parseConfig('workers: 1\n', 'f', {});
  expect(loaded.ok && loaded.config.guard).toBeNull();
});
