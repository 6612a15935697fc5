/** A CONNECT on its way against playbooks. */
import { describe, expect, test } from '@jest/globals';
import { ConnectSession } from '../../src/accept/connect-session.ts';
import type { ConnectionPart } from '../../src/accept/connection-part.ts';
import { RequestCount } from '../../src/accept/http/request-count.ts';
import { VERDICT } from '../../src/observe/counters.ts';
import { RecordingPort } from './recording-port.ts';
import { Stage, type StageSettings } from './stage.ts';

const NOW = 1000;
const DESTINATION = { host: 'a.example', port: 443, key: 'a.example:443', authority: 'a.example:443' };

class Fixture {
  readonly stage: Stage;
  readonly port = new RecordingPort();
  readonly session: ConnectSession;
  part: ConnectionPart;

  constructor(settings: StageSettings = {}) {
    this.stage = new Stage(settings);
    const { context, connection } = this.stage;
    const { client, listener } = connection;
    const count = new RequestCount(context.counters, { client, listener });
    count.judged(VERDICT.pass);
    const become = (part: ConnectionPart): void => {
      this.part = part;
      this.port.log.push(`becomes ${part.constructor.name}`);
    };
    this.session = new ConnectSession(
      context,
      { client, clientPort: 1024, listener, become, holdOthersBack: () => {} },
      this.port,
      count,
    );
    this.part = this.session;
  }

  connect(early = '', hasEnded = false): void {
    this.session.connect(DESTINATION as Parameters<ConnectSession['connect']>[0], Buffer.from(early), hasEnded);
  }
}

describe('a CONNECT on its way', () => {
  test('keeps what the client sends, in order and bounded', () => {
    const fixture = new Fixture({ limits: { pipelineBytes: '16KiB' } });
    fixture.connect('\0early ');
    fixture.session.clientBytes(Buffer.from('bird'));
    expect(fixture.port.take()).toEqual(['deadline Infinity']);
    fixture.session.clientBytes(Buffer.alloc(16 * 1024, '.'));
    expect(fixture.port.take()).toEqual(['pause reads']);
    fixture.stage.connected();
    expect(fixture.port.take().slice(0, 4)).toEqual([
      'write HTTP/1.1 200 Connection established⏎⏎',
      'becomes FirstBytes',
      `deadline ${NOW + 300}`,
      'resume reads',
    ]);
    expect(fixture.stage.upstream()?.socket.taken.slice(0, 13)).toBe('\0early bird..');
    expect(fixture.stage.trace.lines).toContain('counted pass');
  });

  test('that fails is answered, and closes', () => {
    const fixture = new Fixture();
    fixture.connect('early');
    fixture.stage.connectFails('denied');
    const lines = fixture.port.take();
    expect(lines[1]).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎.*⏎Connection: close⏎/);
    expect(lines.slice(2)).toEqual(['becomes Closing', 'deadline 61000', 'end', 'resume reads', 'end']);
    expect(fixture.stage.trace.lines).toContain('counted refuse');
  });

  test.each([
    [true, ['close']],
    [false, []],
  ])('whose client ends, where that is an abort: %s', (abortOnFin, lines) => {
    const fixture = new Fixture({ clients: { abortOnFin } });
    fixture.connect();
    fixture.port.take();
    fixture.session.clientEnd();
    expect(fixture.port.take()).toEqual(lines);
    if (abortOnFin) return;
    fixture.stage.connected();
    expect(fixture.stage.upstream()?.socket.writableEnded).toBe(true);
  });

  test('whose client ended while its head waited for its turn carries the end on', () => {
    const fixture = new Fixture();
    fixture.connect('\0early', true);
    fixture.stage.connected();
    expect([fixture.stage.upstream()?.socket.taken, fixture.stage.upstream()?.socket.writableEnded]).toEqual([
      '\0early',
      true,
    ]);
  });

  test('whose client leaves is cancelled, and counted', () => {
    const fixture = new Fixture();
    fixture.connect();
    fixture.session.clientClosed();
    expect(fixture.stage.trace.lines).toEqual([
      'connect a.example:443',
      'counted pass',
      'connect a.example:443 cancelled',
    ]);
  });
});
