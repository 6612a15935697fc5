/** Tunnels against playbooks: whatever has opened the way, they share it. */
import { describe, expect, test } from '@jest/globals';
import { TunnelSession } from '../../src/accept/tunnel-session.ts';
import { RecordingPort } from './recording-port.ts';
import { Stage } from './stage.ts';

const NOW = 1000;
const FIRST_MS = 60_000;

/** A tunnel that is open. */
class Fixture {
  readonly stage = new Stage();
  readonly port = new RecordingPort();
  readonly tunnel: TunnelSession;

  constructor() {
    this.tunnel = new TunnelSession(this.stage.context, this.port, this.stage.freshUpstream().real, {
      firstMs: FIRST_MS,
    });
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
    const fixture = new Fixture().begin('early');
    expect(fixture.port.take()).toEqual([`deadline ${NOW + FIRST_MS}`, 'resume reads', `deadline ${NOW + 7_440_000}`]);
    expect([fixture.origin.socket.taken, fixture.origin.socket.writableEnded]).toEqual(['early', false]);
  });

  // Was a bug: the tunnel stayed open for two hours, since the origin never heard of the end.
  test('carries on the end of a client that has ended before', () => {
    const fixture = new Fixture().begin('early', true);
    expect([fixture.origin.socket.taken, fixture.origin.socket.writableEnded]).toEqual(['early', true]);
  });

  test('bytes go both ways, and each moves the deadline', () => {
    const fixture = new Fixture().open();
    fixture.tunnel.clientBytes(Buffer.from('hello'));
    fixture.stage.context.clock.now += 500;
    fixture.origin.socket.push(Buffer.from('world'));
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 7_440_000}`, `deadline ${NOW + 7_440_500}`, 'relay world']);
    expect(fixture.origin.socket.taken).toBe('hello');
  });

  test('a half-close is carried both ways', () => {
    const fixture = new Fixture().open();
    fixture.tunnel.clientEnd();
    expect(fixture.origin.socket.writableEnded).toBe(true);
    fixture.origin.socket.finish();
    expect(fixture.port.take()).toEqual(['end']);
  });

  test.each([
    ['ECONNRESET', 'reset'],
    [null, 'end and close'],
  ])('the origin is gone (%s): %s', (code, line) => {
    const fixture = new Fixture().open();
    fixture.origin.socket.gone(code);
    fixture.stage.settle();
    expect(fixture.port.take()).toEqual([line]);
  });

  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const fixture = new Fixture().open();
    fixture.tunnel.clientClosed(hadError);
    expect(fixture.stage.trace.lines.at(-1)).toBe(line);
  });

  test('an origin that does not read holds the client', () => {
    const fixture = new Fixture().open();
    fixture.origin.socket.stall();
    fixture.tunnel.clientBytes(Buffer.alloc(100_000));
    expect(fixture.port.take().at(-1)).toBe('pause reads');
    fixture.origin.socket.takeAll();
    fixture.stage.settle();
    expect(fixture.port.take()).toEqual(['resume reads']);
  });

  test('a client that does not read holds the origin', () => {
    const fixture = new Fixture().open();
    fixture.port.unsent = 1;
    fixture.origin.socket.push(Buffer.from('x'));
    expect(fixture.port.take().at(-1)).toBe('hold');
    fixture.stage.context.clock.now += 500;
    fixture.port.flushed();
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 7_440_500}`]);
  });

  test('an origin that has not taken everything is reset by a silence, and so is the client', () => {
    const fixture = new Fixture().open();
    expect(fixture.tunnel.isUnderWay).toBe(false);
    fixture.origin.socket.stall();
    fixture.tunnel.clientBytes(Buffer.from('x'));
    fixture.port.take();
    expect(fixture.tunnel.isUnderWay).toBe(true);
    fixture.tunnel.deadline();
    expect(fixture.port.take()).toEqual(['reset']);
    expect(fixture.stage.trace.lines.slice(-2)).toEqual(['dropped idle_timeout', 'origin 1 reset']);
  });

  // Was a bug: the origin was reset, and lost what its system had not taken.
  test('an origin that was sent everything is not reset where the client is that has not taken everything', () => {
    const fixture = new Fixture().open();
    fixture.tunnel.clientBytes(Buffer.from('x'));
    fixture.port.unsent = 1;
    expect([fixture.tunnel.isUnderWay, fixture.tunnel.isSent]).toEqual([true, false]);
    fixture.tunnel.clientEnd();
    expect([fixture.tunnel.isUnderWay, fixture.tunnel.isSent]).toEqual([true, true]);
    fixture.port.take();
    fixture.tunnel.deadline();
    expect(fixture.port.take()).toEqual(['reset']);
    expect(fixture.stage.trace.lines.slice(-2)).toEqual(['dropped idle_timeout', 'origin 1 destroyed']);
  });

  test('the client is gone before the origin has taken everything: it gets the rest, then the end', () => {
    const fixture = new Fixture().open();
    fixture.origin.socket.stall();
    fixture.tunnel.clientBytes(Buffer.from('rest'));
    fixture.tunnel.clientEnd();
    fixture.tunnel.clientClosed(false);
    fixture.origin.socket.takeAll();
    fixture.stage.settle();
    expect(fixture.stage.trace.lines.slice(-3)).toEqual(['origin 1 < rest', 'origin 1 ended', 'origin 1 destroyed']);
  });

  test.each([
    [0, 'close'],
    [1, 'reset'],
  ])('silence ends it; %i bytes unsent: %s', (unsent, line) => {
    const fixture = new Fixture().open();
    fixture.port.unsent = unsent;
    fixture.tunnel.deadline();
    expect(fixture.port.take()).toEqual([line]);
    expect(fixture.stage.trace.lines).toContain('dropped idle_timeout');
  });
});
