/** Tunnels against playbooks: CONNECT and upgrades share them. */
import { describe, expect, test } from '@jest/globals';
import { RequestCount } from '../../src/accept/http/request-count.ts';
import { TunnelSession } from '../../src/accept/tunnel-session.ts';
import { VERDICT } from '../../src/observe/counters.ts';
import { RecordingPort } from './recording-port.ts';
import { Stage, type StageSettings } from './stage.ts';

const NOW = 1000;
const DESTINATION = { host: 'a.example', port: 443, key: 'a.example:443', authority: 'a.example:443' };

class Desk {
  readonly stage: Stage;
  readonly port = new RecordingPort();
  readonly tunnel: TunnelSession;

  constructor(settings: StageSettings = {}) {
    this.stage = new Stage(settings);
    const { context, connection } = this.stage;
    const { client, listener } = connection;
    const count = new RequestCount(context.counters, listener);
    count.judged(VERDICT.pass);
    const become = (): void => void this.port.log.push('becomes another part');
    this.tunnel = new TunnelSession(context, { client, listener, become, holdOthersBack: () => {} }, this.port, count);
  }

  connect(early = '', hasEnded = false): void {
    this.tunnel.connect(DESTINATION as Parameters<TunnelSession['connect']>[0], Buffer.from(early), hasEnded);
  }

  /** A tunnel that is open. */
  open(): this {
    this.connect();
    this.stage.connected();
    this.port.take();
    return this;
  }

  get origin(): NonNullable<ReturnType<Stage['upstream']>> {
    const upstream = this.stage.upstream();
    if (upstream === undefined) throw new Error('there is no connection to an origin');
    return upstream;
  }
}

describe('before it is open', () => {
  test('what the client sends waits, in order, and is bounded', () => {
    const desk = new Desk({ limits: { pipelineBytes: '16KiB' } });
    desk.connect('early ');
    desk.tunnel.clientBytes(Buffer.from('bird'));
    expect(desk.port.take()).toEqual(['deadline Infinity']);
    desk.tunnel.clientBytes(Buffer.alloc(16 * 1024, '.'));
    expect(desk.port.take()).toEqual(['pause reads']);
    desk.stage.connected();
    expect(desk.port.take().slice(0, 3)).toEqual([
      'write HTTP/1.1 200 Connection established\r\n\r\n'.replaceAll('\r\n', '⏎'),
      `deadline ${NOW + 60_000}`,
      'resume reads',
    ]);
    expect(desk.origin.socket.taken.slice(0, 12)).toBe('early bird..');
  });

  test('a failure is answered, and closes', () => {
    const desk = new Desk();
    desk.connect('early');
    desk.stage.connectFails('denied');
    const lines = desk.port.take();
    expect(lines[1]).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎.*⏎Connection: close⏎/);
    expect(lines.slice(2)).toEqual(['becomes another part', 'deadline 61000', 'end', 'resume reads', 'end']);
    expect(desk.stage.trace.lines).toContain('counted refuse');
  });

  test.each([
    [true, ['close']],
    [false, []],
  ])('a client that ends, where that is an abort: %s', (abortOnFin, lines) => {
    const desk = new Desk({ clients: { abortOnFin } });
    desk.connect();
    desk.port.take();
    desk.tunnel.clientEnd();
    expect(desk.port.take()).toEqual(lines);
    if (abortOnFin) return;
    desk.stage.connected();
    expect(desk.origin.socket.writableEnded).toBe(true);
  });

  // Was a bug: the tunnel stayed open for two hours, since the origin never heard of the end.
  test('a client that ended while its head waited for its turn has its end carried on', () => {
    const desk = new Desk();
    desk.connect('early', true);
    desk.stage.connected();
    expect([desk.origin.socket.taken, desk.origin.socket.writableEnded]).toEqual(['early', true]);
  });

  test('a client that leaves cancels it, and is counted', () => {
    const desk = new Desk();
    desk.connect();
    desk.tunnel.clientClosed(true);
    expect(desk.stage.trace.lines).toEqual([
      'connect a.example:443',
      'counted pass',
      'connect a.example:443 cancelled',
    ]);
  });
});

describe('open', () => {
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
