import { expect, test } from '@jest/globals';
import { ConnectedOrigins } from '../../../src/accept/intercepted/connected-origins.ts';
import { TransparentOriginSide } from '../../../src/accept/intercepted/transparent-origin-side.ts';
import type { InterceptedRoute } from '../../../src/forward/intercepted-route.ts';
import { listenerConfig } from '../../observe/fixtures.ts';
import { Stage } from '../stage.ts';

test.each([
  { connected: '203.0.113.10', address: '203.0.113.10' },
  { connected: '2001:db8:4::10', address: '[2001:db8:4::10]' },
])('whatever is named, it goes to the address connected to: $connected', ({ connected, address }) => {
  const asked: unknown[] = [];
  const route = {
    listener: listenerConfig({ mode: 'transparent', notTls: 'refuse' }),
    connect: (...given: unknown[]) => asked.push(given),
  } as unknown as InterceptedRoute;
  const host = new Stage().connection;
  const originSide = new TransparentOriginSide(host, route, new ConnectedOrigins().of(connected, 443)!);
  expect(originSide).toMatchObject({ fallbackHost: address, port: 443, isNamed: false });
  expect(originSide.notHttpAt(443)).toBe('refuse');
  const destination = originSide.destination();
  expect(destination).toEqual({ host: address, port: 443, key: `${address}:443`, authority: `${address}:443` });
  const done = (): void => {};
  originSide.connect(destination, done);
  expect(asked).toEqual([[destination, host, done]]);
});
