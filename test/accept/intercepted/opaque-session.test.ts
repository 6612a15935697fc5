/** Bytes that nobody judges, before their origin is there, against playbooks. */
import { expect, test } from '@jest/globals';
import { ClientGate } from '../../../src/accept/intercepted/client-gate.ts';
import { OpaqueSession } from '../../../src/accept/intercepted/opaque-session.ts';
import type { Origin } from '../../../src/match/host-facts.ts';
import type { StageSettings } from '../stage.ts';
import { Fixture, NOTHING, bytes } from './fixture.ts';

const ORIGIN = { host: '192.0.2.1', port: 443, key: '192.0.2.1:443', authority: '192.0.2.1:443' } as unknown as Origin;

class OpaqueFixture extends Fixture<OpaqueSession> {
  constructor(settings: StageSettings = {}) {
    super(
      (context, host, port, originSide) =>
        new OpaqueSession({ context, host, port, gate: new ClientGate({ context, host, originSide }) }, originSide),
      {},
      settings,
    );
  }

  begin(early = '', destination: Origin | null = ORIGIN): this {
    this.first.begin({ bytes: bytes(early), hasEnded: false, upstream: null }, destination);
    return this;
  }
}

test('what has come waits, in order and bounded', () => {
  const fixture = new OpaqueFixture({ limits: { pipelineBytes: '1KiB' } }).begin('\0early ').client('bird');
  expect(fixture.port.take()).toEqual(['deadline Infinity']);
  fixture.client('.'.repeat(1024));
  expect(fixture.port.take()).toEqual(['pause reads']);
  fixture.stage.connected();
  expect(fixture.upstream.socket.taken.slice(0, 13)).toBe('\0early bird..');
  expect(fixture.port.take()).toContain('resume reads');
});

test('an end that has come waits, too', () => {
  const fixture = new OpaqueFixture().begin('early');
  fixture.first.clientEnd();
  fixture.stage.connected();
  expect([fixture.upstream.socket.taken, fixture.upstream.socket.writableEnded]).toEqual(['early', true]);
});

test('an origin that is there is not dialled', () => {
  const fixture = new OpaqueFixture();
  fixture.first.begin({ bytes: NOTHING, hasEnded: false, upstream: fixture.stage.freshUpstream().real }, null);
  expect(fixture.port.take()).toContain('becomes GatedTunnel');
  expect(fixture.traced('connect')).toEqual([]);
});

test('an origin that cannot be reached is a reset, and counted', () => {
  const fixture = new OpaqueFixture().begin();
  fixture.stage.connectFails('connectTimeout');
  expect(fixture.port.take()).toEqual(['deadline Infinity', 'reset']);
  expect(fixture.stage.trace.lines.at(-1)).toBe('upstream error connect_timeout');
});

test('nowhere to go is a reset', () => {
  expect(new OpaqueFixture().begin('early', null).port.take()).toEqual(['reset']);
});

test('a client that leaves cancels it', () => {
  const fixture = new OpaqueFixture().begin();
  fixture.first.clientClosed();
  expect(fixture.stage.trace.lines.at(-1)).toBe('connect 192.0.2.1:443 cancelled');
});
