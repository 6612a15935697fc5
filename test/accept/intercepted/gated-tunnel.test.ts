/** What goes on as no HTTP until its server has answered it: lines, names, answers, in any order. */
import { describe, expect, jest, test } from '@jest/globals';
import { ClientGate } from '../../../src/accept/intercepted/client-gate.ts';
import { GatedTunnel } from '../../../src/accept/intercepted/gated-tunnel.ts';
import { OpaqueSession } from '../../../src/accept/intercepted/opaque-session.ts';
import type { StageSettings } from '../stage.ts';
import { Fixture, NOW, bytes, type PassageSettings } from './fixture.ts';

class GatedFixture extends Fixture<OpaqueSession> {
  constructor(early: string, originSide: PassageSettings = {}, settings: StageSettings = {}) {
    super(
      (context, host, port, side) =>
        new OpaqueSession({ context, host, port, gate: new ClientGate({ context, host, originSide: side }) }, side),
      originSide,
      settings,
    );
    this.first.begin({ bytes: bytes(early), hasEnded: false, upstream: this.stage.freshUpstream().real }, null);
  }

  override origin(text: string): this {
    super.origin(text);
    this.stage.settle();
    return this;
  }

  get taken(): string {
    return this.upstream.socket.taken;
  }

  /** What the client has got, what has become of the connection, since the last call. */
  get told(): string[] {
    return this.port.take().filter((line) => /^(?:becomes|reset|relay|write|end)/.test(line));
  }

  get counts(): string[] {
    return this.traced('').filter((line) => /^(?:counted|hit|dropped|HTTP answered)/.test(line));
  }
}

const GATED = `becomes ${GatedTunnel.name}`;
const FREE = 'becomes TunnelSession';

describe('the client', () => {
  test('goes on by whole lines of text, until its server has answered', () => {
    const fixture = new GatedFixture('EHLO a⏎');
    fixture.client('MAIL FR').client('OM:<a>').client('⏎RCPT');
    expect(fixture.taken).toBe('EHLO a\r\nMAIL FROM:<a>\r\n');
    expect(fixture.told).toEqual([GATED]);
    fixture.origin('250 ok⏎');
    expect(fixture.told).toEqual(['relay 250 ok⏎', FREE]);
    expect(fixture.taken).toBe('EHLO a\r\nMAIL FROM:<a>\r\nRCPT');
    fixture.client(' TO:<b>⏎GET /page HTTP/1.1⏎');
    expect(fixture.taken).toContain('GET /page HTTP/1.1');
  });

  test.each([
    ['a later line', 'EHLO a⏎', ['GET /page⏎'], 'EHLO a\r\n'],
    ['a later line in pieces', 'x⏎', ['y', ' HTT', 'P/1.1'], 'x\r\n'],
    ['lines that come together', 'x⏎GET /page⏎', ['⏎'], ''],
    ['bytes that are no text, in pieces', '\0\x01', [' /page', ' HTT', 'P/1.1⏎'], '\0\x01 /page HTT'],
    ['bytes without a version', '\x01', [' /page', '⏎'], '\x01 /page'],
    ['a line that is too long', 'x⏎', ['y'.repeat(2049)], 'x\r\n'],
  ])('%s: HTTP is a reset, and counts once', (_name, early, later, taken) => {
    const fixture = new GatedFixture(early);
    for (const text of later) fixture.client(text);
    expect(fixture.told.at(-1)).toBe('reset');
    const { counts } = fixture;
    fixture.client('more⏎').part.clientEnd();
    expect(fixture.stage.upstreams.map(({ socket }) => socket.taken)).toEqual([taken]);
    expect([fixture.told, counts, fixture.counts]).toEqual([[], ['counted refuse'], ['counted refuse']]);
  });

  test('bytes that are no text go on at once', () => {
    const fixture = new GatedFixture('\0a').client('b').client('c⏎d');
    expect(fixture.taken).toBe('\0abc\r\nd');
  });

  test('half a line has the time of a head, from its first byte, and is never let go by that', () => {
    const fixture = new GatedFixture('x⏎');
    fixture.client('y');
    expect(fixture.port.deadline).toBe(NOW + 10_000);
    fixture.stage.context.clock.now += 9000;
    fixture.client('z');
    expect(fixture.port.deadline).toBe(NOW + 10_000);
    fixture.stage.context.clock.now += 1001;
    fixture.port.take();
    fixture.part.deadline(fixture.stage.context.clock.now);
    expect([fixture.taken, fixture.told, fixture.counts]).toEqual(['x\r\n', ['reset'], ['dropped header_timeout']]);
  });

  test('each line has its own: a stream of lines whose pieces end inside of one is no half line', () => {
    const fixture = new GatedFixture('metric.a 1 1⏎met');
    for (let seconds = 1; seconds <= 30; seconds++) {
      fixture.stage.context.clock.now = NOW + 1000 * seconds;
      fixture.client('ric.b 1 1⏎metric.c 2 2⏎met');
      expect(fixture.port.deadline).toBe(NOW + 1000 * seconds + 10_000);
    }
    expect(fixture.counts).toEqual([]);
  });

  test('it has that time while its client is read: the server has been slow to take what went before', () => {
    const fixture = new GatedFixture('x⏎');
    const congested = jest.spyOn(fixture.upstream.real, 'isCongested', 'get').mockReturnValue(true);
    fixture.client('line⏎half');
    expect(fixture.port.deadline).toBe(NOW + 7_440_000);
    fixture.stage.context.clock.now += 20_000;
    congested.mockRestore();
    fixture.upstream.real.user?.onUpstreamDrained();
    expect(fixture.port.deadline).toBe(NOW + 30_000);
  });

  test('a server that is heard meanwhile does not make it longer', () => {
    const fixture = new GatedFixture('');
    fixture.port.unsent = 100;
    fixture.origin('banner').client('x⏎half');
    fixture.port.flushed();
    expect(fixture.port.deadline).toBe(NOW + 10_000);
  });

  test('a line that has ended has all the time of a tunnel', () => {
    const fixture = new GatedFixture('x⏎').client('y').client('⏎');
    expect(fixture.port.deadline).toBe(NOW + 7_440_000);
    fixture.port.take();
    fixture.part.deadline(NOW + 7_440_000);
    expect(fixture.counts).toEqual(['dropped idle_timeout']);
  });

  test.each([
    ['y', 'x\r\ny', true, []],
    ['GET /page', 'x\r\n', false, ['counted refuse']],
    ['\0⏎GET /page', 'x\r\n\0\r\nGET /page', false, ['counted refuse']],
  ])('an end behind half a line, %j, is its end', (half, taken, isEnded, counts) => {
    const fixture = new GatedFixture('x⏎').client(half);
    const { upstream } = fixture;
    fixture.part.clientEnd();
    expect([upstream.socket.taken, upstream.socket.writableEnded, fixture.counts]).toEqual([taken, isEnded, counts]);
  });

  test('an end alone is carried on', () => {
    const fixture = new GatedFixture('');
    fixture.part.clientEnd();
    expect([fixture.taken, fixture.upstream.socket.writableEnded]).toEqual(['', true]);
  });
});

describe('whom the client names', () => {
  const list = 'listed.example\npaths.example/page\ncounted.example count\n192.0.2.82/page\n192.0.2.83:8080/page';

  test.each([
    ['x⏎Host: other.example⏎', ['x\r\nHost: other.example\r\n', []]],
    ['x⏎HOST : counted.example:80⏎', ['x\r\nHOST : counted.example:80\r\n', ['hit of list 0']]],
    ['x⏎\thost:listed.example⏎', ['', ['hit of list 0', 'counted block']]],
    ['x y⏎a: b⏎Host: LISTED.example.⏎⏎', ['', ['hit of list 0', 'counted block']]],
    ['x⏎Host: paths.example⏎', ['', ['counted refuse']]],
    ['x⏎Host: a b⏎', ['', ['counted refuse']]],
    ['x⏎host:/⏎', ['x\r\nhost:/\r\n', []]],
    ['DESCRIBE rtsp://other.example/x RTSP/1.0⏎', ['DESCRIBE rtsp://other.example/x RTSP/1.0\r\n', []]],
    ['DESCRIBE rtsp://u@listed.example:554/x RTSP/1.0⏎', ['', ['hit of list 0', 'counted block']]],
    ['DESCRIBE rtsp://paths.example/x RTSP/1.0⏎', ['', ['counted refuse']]],
    ['x\rHost: listed.example⏎', ['', ['hit of list 0', 'counted block']]],
  ] as const)('%j', (early, [taken, counts]) => {
    const fixture = new GatedFixture(early, {}, { list });
    expect([fixture.upstream.socket.taken, fixture.counts]).toEqual([taken, counts]);
  });

  test('later, too', () => {
    const fixture = new GatedFixture('x⏎', {}, { list }).client('Host: li').client('sted.example⏎');
    expect([fixture.stage.upstreams[0]?.socket.taken, fixture.counts]).toEqual([
      'x\r\n',
      ['hit of list 0', 'counted block'],
    ]);
  });

  test.each([
    ['192.0.2.82', 'x⏎', ''],
    ['192.0.2.82', '\0x', '\0x'],
    ['paths.example', 'x⏎', ''],
    ['192.0.2.81', 'x⏎', 'x\r\n'],
  ])('a destination that has entries for paths takes no text: %s, %j', (fallbackHost, early, taken) => {
    const fixture = new GatedFixture(early, { fallbackHost, isNamed: true }, { list });
    expect(fixture.upstream.socket.taken).toBe(taken);
  });
});

describe('the server', () => {
  test.each([
    ['HTTP in one piece', ['HTTP/1.1 200 OK⏎⏎']],
    ['HTTP in pieces', ['H', 'TT', 'P', '/', '1.1 200 OK']],
    ['an alert, at a port of TLS', ['\x15\x03\x03\x00\x02'], true],
    ['a hello, at a port of TLS', ['\x16', '\x03\x03'], true],
  ])('%s, to what went on unread: a reset, and nothing of it', (_name, answers, isTlsPort = false) => {
    const fixture = new GatedFixture('x⏎', { isTlsPort });
    const { upstream } = fixture;
    expect(fixture.told).toEqual([GATED]);
    for (const answer of answers) upstream.socket.push(bytes(answer));
    fixture.stage.settle();
    expect([fixture.told, fixture.counts]).toEqual([['reset'], ['HTTP answered']]);
    expect(upstream.socket.destroyed).toBe(true);
  });

  test.each(['\x15\x03\x03\x00\x02', '\x16\x03\x03', '\x15'])(
    'TLS at another port is an ordinary answer (MySQL agrees to it behind its greeting): %j',
    (answer) => {
      const fixture = new GatedFixture('');
      fixture.origin('J\0\0\0\n8.0.42\0').client('\x20\0\0\x01\x85\xae').client('\x16\x03\x01');
      fixture.port.take();
      expect(fixture.origin(answer).told).toEqual([`relay ${answer}`, FREE]);
    },
  );

  test('what may begin an answer in HTTP goes on when the server has been silent, and is HTTP all the same', () => {
    const fixture = new GatedFixture('x⏎').origin('HT');
    expect([fixture.told, fixture.port.deadline]).toEqual([[GATED], NOW + 300]);
    fixture.part.deadline((fixture.stage.context.clock.now = NOW + 300));
    expect([fixture.told, fixture.port.deadline]).toEqual([['write HT'], NOW + 7_440_000]);
    expect(fixture.origin('TP/1.1 200 OK').told).toEqual(['reset']);
  });

  test('anything else opens the tunnel for good; what looked like HTTP is not lost', () => {
    const fixture = new GatedFixture('x⏎');
    expect(fixture.origin('HT').told).toEqual([GATED]);
    expect(fixture.origin('ML').told).toEqual(['write HT', 'relay ML', FREE]);
    expect(fixture.origin('HTTP/1.1 200 OK').told).toEqual(['relay HTTP/1.1 200 OK']);
  });

  test.each([
    [null, ['write HTTP', 'end and close']],
    ['ECONNRESET', ['write HTTP', 'reset']],
  ])('its end lets go what looked like HTTP: %s', (code, told) => {
    const fixture = new GatedFixture('x⏎').origin('HTTP');
    fixture.port.take();
    fixture.upstream.socket.gone(code);
    fixture.stage.settle();
    expect(fixture.told).toEqual(told);
  });

  test('so does the end of what it sends, once', () => {
    const fixture = new GatedFixture('x⏎').origin('HTTP');
    fixture.port.take();
    fixture.upstream.socket.finish();
    fixture.upstream.socket.gone(null);
    fixture.stage.settle();
    expect(fixture.told).toEqual(['write HTTP', 'end', 'end and close']);
  });

  test('behind the end of what it sends there is the time of a tunnel', () => {
    const fixture = new GatedFixture('x⏎').origin('H').client('half');
    fixture.upstream.socket.finish();
    fixture.stage.settle();
    expect(fixture.port.deadline).toBe(NOW + 10_000);
    fixture.upstream.socket.gone(null);
    fixture.stage.settle();
    expect(fixture.port.deadline).toBe(NOW + 7_440_000);
  });

  test('what it says before anything has gone to it is no answer', () => {
    const fixture = new GatedFixture('').origin('HTTP/1.1 408 Late⏎⏎');
    expect(fixture.told).toEqual([GATED, 'relay HTTP/1.1 408 Late⏎⏎']);
    fixture.client('x⏎GET /page⏎');
    expect(fixture.told).toEqual(['reset']);
  });
});
