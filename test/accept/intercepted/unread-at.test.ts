/** `notTls` at ports of TLS and `notHttp` at all others, on each origin's side; inside of a CONNECT that an origin answers it goes by the port named there. */
import { expect, test } from '@jest/globals';
import { ConnectOriginSide } from '../../../src/accept/intercepted/connect-origin-side.ts';
import { NestedOriginSide } from '../../../src/accept/intercepted/nested-origin-side.ts';
import { SteeredOriginSide } from '../../../src/accept/intercepted/steered-origin-side.ts';
import { TransparentOriginSide } from '../../../src/accept/intercepted/transparent-origin-side.ts';
import { unreadAt } from '../../../src/accept/intercepted/unread-at.ts';
import type { InterceptedRoute } from '../../../src/forward/intercepted-route.ts';
import type { Origin } from '../../../src/match/host-facts.ts';
import { listenerConfig } from '../../observe/fixtures.ts';
import { Stage } from '../stage.ts';

const TLS_PORTS = [
  { from: 443, to: 443 },
  { from: 990, to: 995 },
];

test.each([
  { port: 443, want: 'refuse' },
  { port: 990, want: 'refuse' },
  { port: 993, want: 'refuse' },
  { port: 995, want: 'refuse' },
  { port: 442, want: 'tunnel' },
  { port: 989, want: 'tunnel' },
  { port: 996, want: 'tunnel' },
  { port: 80, want: 'tunnel' },
] as const)('port $port: $want', ({ port, want }) => {
  expect(unreadAt({ notHttp: 'tunnel', notTls: 'refuse', tlsPorts: TLS_PORTS }, port)).toBe(want);
  const other = want === 'tunnel' ? 'refuse' : 'tunnel';
  expect(unreadAt({ notHttp: 'refuse', notTls: 'tunnel', tlsPorts: TLS_PORTS }, port)).toBe(other);
});

test('a port of TLS is none where none is declared', () => {
  expect(unreadAt({ notHttp: 'tunnel', notTls: 'refuse', tlsPorts: [] }, 443)).toBe('tunnel');
});

/** The stage's own listener is called `explicit`. */
function stageWith(name: string): Stage {
  const stage = new Stage();
  const { context } = stage;
  context.config = { ...context.config, listeners: [listenerConfig({ name, notTls: 'refuse' })] };
  return stage;
}

const at = (port: number): Origin =>
  ({ host: 'a.example', port, key: `a.example:${port}`, authority: `a.example:${port}` }) as unknown as Origin;

test.each([
  { port: 443, inside: 80, want: 'refuse', within: 'tunnel' },
  { port: 80, inside: 443, want: 'tunnel', within: 'refuse' },
])('to port $port: $want; to port $inside in there: $within', ({ port, inside, want, within }) => {
  const stage = stageWith('explicit');
  const route = { listener: listenerConfig({ notTls: 'refuse' }) } as unknown as InterceptedRoute;
  const { context, connection } = stage;
  const sides = [
    new ConnectOriginSide(context, connection, at(port)),
    new TransparentOriginSide(connection, route, at(port)),
    new SteeredOriginSide(connection, route, port),
  ];
  for (const side of sides) {
    const nested = new NestedOriginSide(side, at(port), { host: 'b.example', port: inside });
    const deeper = new NestedOriginSide(nested, at(port), { host: 'c.example', port });
    const all = [side, nested, deeper];
    expect(all.map((one) => one.notHttpAt(one.port))).toEqual([want, within, want]);
    expect(all.map((one) => one.isTlsAt(one.port))).toEqual([want, within, want].map((one) => one === 'refuse'));
  }
});

test('of an explicit listener that a reload has taken away nothing is refused', () => {
  const stage = stageWith('another');
  const side = new ConnectOriginSide(stage.context, stage.connection, at(443));
  expect([side.notHttpAt(443), side.isTlsAt(443)]).toEqual(['tunnel', false]);
});
