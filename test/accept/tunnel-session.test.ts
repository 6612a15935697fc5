/** Tunnels against playbooks: whatever has opened the way, they share it. */
import { describe, expect, test } from '@jest/globals';
import { TunnelSession } from '../../src/accept/tunnel-session.ts';
import { RecordingPort } from './recording-port.ts';
import { Stage } from './stage.ts';

const NOW = 1000;
const FIRST_MS = 60_000;

/** A tunnel that is open. */
class Desk {
  readonly stage = new Stage();
  readonly port = new RecordingPort();
  readonly tunnel: TunnelSession;

  constructor() {
    this.tunnel = new TunnelSession(this.stage.context, this.port, this.stage.freshUpstream().real, FIRST_MS);
  }

  begin(early = '', hasEnded = false): this {
    this.tunnel.begin(Buffer.from(early), hasEnded);
    return this;
  }

  open(): this {
    this.begin();
    this.port.take();
    return this;
  }

  get origin(): ReturnType<Stage['freshUpstream']> {
    return this.stage.upstream()!;
  }
}

describe('a tunnel', () => {
  test('begins with what the client has sent before', () => {
    const desk = new Desk().begin('early');
    expect(desk.port.take()).toEqual([`deadline ${NOW + FIRST_MS}`, 'resume reads', `deadline ${NOW + 7_440_000}`]);
    expect([desk.origin.socket.taken, desk.origin.socket.writableEnded]).toEqual(['early', false]);
  });

  // Was a bug: the tunnel stayed open for two hours, since the origin never heard of the end.
  test('carries on the end of a client that has ended before', () => {
    const desk = new Desk().begin('early', true);
    expect([desk.origin.socket.taken, desk.origin.socket.writableEnded]).toEqual(['early', true]);
  });

  test('bytes go both ways, and each moves the deadline', () => {
    const desk = new Desk().open();
    desk.tunnel.clientBytes(Buffer.from('hello'));
    desk.stage.context.clock.now += 500;
    desk.origin.socket.push(Buffer.from('world'));
    expect(desk.port.take()).toEqual([`deadline ${NOW + 7_440_000}`, `deadline ${NOW + 7_440_500}`, 'relay world']);
    expect(desk.origin.socket.taken).toBe('hello');
  });

  test('a half-close is carried both ways', () => {
    const desk = new Desk().open();
    desk.tunnel.clientEnd();
    expect(desk.origin.socket.writableEnded).toBe(true);
    desk.origin.socket.finish();
    expect(desk.port.take()).toEqual(['end']);
  });

  test.each([
    ['ECONNRESET', 'reset'],
    [null, 'end and close'],
  ])('the origin is gone (%s): %s', (code, line) => {
    const desk = new Desk().open();
    desk.origin.socket.gone(code);
    desk.stage.settle();
    expect(desk.port.take()).toEqual([line]);
  });

  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const desk = new Desk().open();
    desk.tunnel.clientClosed(hadError);
    expect(desk.stage.trace.lines.at(-1)).toBe(line);
  });

  test('an origin that does not read holds the client', () => {
    const desk = new Desk().open();
    desk.origin.socket.stall();
    desk.tunnel.clientBytes(Buffer.alloc(100_000));
    expect(desk.port.take().at(-1)).toBe('pause reads');
    desk.origin.socket.takeAll();
    desk.stage.settle();
    expect(desk.port.take()).toEqual(['resume reads']);
  });

  test('a client that does not read holds the origin', () => {
    const desk = new Desk().open();
    desk.port.unsent = 1;
    desk.origin.socket.push(Buffer.from('x'));
    expect(desk.port.take().at(-1)).toBe('hold');
    desk.stage.context.clock.now += 500;
    desk.port.flushed();
    expect(desk.port.take()).toEqual([`deadline ${NOW + 7_440_500}`]);
  });

  test.each([
    [0, 'close'],
    [1, 'reset'],
  ])('silence ends it; %i bytes unsent: %s', (unsent, line) => {
    const desk = new Desk().open();
    desk.port.unsent = unsent;
    desk.tunnel.deadline();
    expect(desk.port.take()).toEqual([line]);
    expect(desk.stage.trace.lines.at(-1)).toBe('dropped idle_timeout');
  });
});
