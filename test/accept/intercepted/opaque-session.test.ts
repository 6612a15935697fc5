/** Bytes that nobody judges, before their origin is there, against playbooks. */
import { expect, test } from '@jest/globals';
import { OpaqueSession } from '../../../src/accept/intercepted/opaque-session.ts';
import type { Origin } from '../../../src/match/host-facts.ts';
import type { StageSettings } from '../stage.ts';
import { Desk, NOTHING, bytes } from './desk.ts';

const ORIGIN = { host: '192.0.2.1', port: 443, key: '192.0.2.1:443', authority: '192.0.2.1:443' } as unknown as Origin;

class OpaqueDesk extends Desk<OpaqueSession> {
  constructor(settings: StageSettings = {}) {
    super(
      (context, host, port, passage) => new OpaqueSession({ context, host, port, isTls: false }, passage),
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
  const desk = new OpaqueDesk({ limits: { pipelineBytes: '1KiB' } }).begin('early ').client('bird');
  expect(desk.port.take()).toEqual(['deadline Infinity']);
  desk.client('.'.repeat(1024));
  expect(desk.port.take()).toEqual(['pause reads']);
  desk.stage.connected();
  expect(desk.upstream.socket.taken.slice(0, 12)).toBe('early bird..');
  expect(desk.port.take()).toContain('resume reads');
});

test('an end that has come waits, too', () => {
  const desk = new OpaqueDesk().begin('early');
  desk.first.clientEnd();
  desk.stage.connected();
  expect([desk.upstream.socket.taken, desk.upstream.socket.writableEnded]).toEqual(['early', true]);
});

test('an origin that is there is not dialled', () => {
  const desk = new OpaqueDesk();
  desk.first.begin({ bytes: NOTHING, hasEnded: false, upstream: desk.stage.freshUpstream().real }, null);
  expect(desk.port.take()).toContain('becomes WatchedTunnel');
  expect(desk.traced('connect')).toEqual([]);
});

test('an origin that cannot be reached is a reset, and counted', () => {
  const desk = new OpaqueDesk().begin();
  desk.stage.connectFails('connectTimeout');
  expect(desk.port.take()).toEqual(['deadline Infinity', 'reset']);
  expect(desk.stage.trace.lines.at(-1)).toBe('upstream error connect_timeout');
});

test('nowhere to go is a reset', () => {
  expect(new OpaqueDesk().begin('early', null).port.take()).toEqual(['reset']);
});

test('a client that leaves cancels it', () => {
  const desk = new OpaqueDesk().begin();
  desk.first.clientClosed();
  expect(desk.stage.trace.lines.at(-1)).toBe('connect 192.0.2.1:443 cancelled');
});
