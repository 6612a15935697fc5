import { expect, test } from '@jest/globals';
import { SteeredOriginSide } from '../../../src/accept/intercepted/steered-origin-side.ts';
import type { InterceptedRoute } from '../../../src/forward/intercepted-route.ts';
import { listenerConfig } from '../../observe/fixtures.ts';
import { Stage } from '../stage.ts';

function originSide(others: 'pass' | 'refuse'): { readonly originSide: SteeredOriginSide; readonly stage: Stage } {
  const steered = { addresses: [], ports: [80], others, resolver: [] };
  const route = {
    listener: listenerConfig({ mode: 'steered', steered }),
    isGuardsPage: (host: string) => host === '198.18.0.2',
  } as unknown as InterceptedRoute;
  const stage = new Stage();
  return { originSide: new SteeredOriginSide(stage.connection, route, 8080), stage };
}

test.each([
  { others: 'pass', host: 'refused.example', want: 'refused.example:8080' },
  { others: 'pass', host: 'nobody-knows.example', want: 'nobody-knows.example:8080' },
  { others: 'refuse', host: 'refused.example', want: 'refused.example:8080' },
  { others: 'refuse', host: 'nobody-knows.example', want: undefined },
  { others: 'refuse', host: '198.18.0.2', want: '198.18.0.2:8080' },
] as const)('others: $others, $host: $want', ({ others, host, want }) => {
  const { originSide: by, stage } = originSide(others);
  expect(by.destination(stage.context.verdicts.matcher.lookup(host))?.key).toBe(want);
});

test('nobody is named: nowhere', () => {
  const { originSide: by } = originSide('pass');
  expect([by.destination(null), by.fallbackHost, by.port]).toEqual([null, null, 8080]);
});
