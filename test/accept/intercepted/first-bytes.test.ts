/** The beginning of an intercepted connection against playbooks. */
import { describe, expect, test } from '@jest/globals';
import { FirstBytes } from '../../../src/accept/intercepted/first-bytes.ts';
import { helloFor } from '../../support/reference/made-hello.ts';
import type { StageSettings } from '../stage.ts';
import { Fixture, NOTHING, NOW, bytes, type PassageSettings } from './fixture.ts';

const OTHER = '\0other';

class FirstFixture extends Fixture<FirstBytes> {
  constructor(originSide: PassageSettings = {}, settings: StageSettings = {}) {
    super((...parts) => new FirstBytes(...parts), originSide, settings);
  }

  /** As on a transparent listener: no origin is there. */
  begin(): this {
    this.first.begin({ bytes: NOTHING, hasEnded: false, upstream: null });
    return this;
  }

  /** As inside CONNECT: the origin is there, and may have spoken. */
  beginWithOrigin(early = '', hasEnded = false): this {
    this.first.begin({ bytes: bytes(early), hasEnded, upstream: this.stage.freshUpstream().real });
    return this;
  }

  /** The client has been silent for long enough. */
  silence(): this {
    this.stage.context.clock.now += 300;
    this.first.deadline();
    return this;
  }
}

describe('what an origin says first', () => {
  test('waits until the client has been silent for a while', () => {
    const fixture = new FirstFixture().beginWithOrigin();
    fixture.origin('220 ready⏎');
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 300}`, 'resume reads']);
    fixture.silence();
    fixture.stage.settle();
    expect(fixture.port.take()).toEqual([
      `deadline ${NOW + 60_000}`,
      `deadline ${NOW + 300 + 7_440_000}`,
      'relay 220 ready⏎',
    ]);
  });

  test('waits for the client, which comes first where it speaks in time', () => {
    const fixture = new FirstFixture().beginWithOrigin();
    fixture.origin('220 ready⏎');
    fixture.client(OTHER);
    expect(fixture.upstream.socket.taken).toBe(OTHER);
    fixture.stage.settle();
    expect(fixture.port.take()).toContain('relay 220 ready⏎');
  });

  test('is fetched where no origin is there yet', () => {
    const fixture = new FirstFixture().begin().silence();
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    fixture.stage.connected();
    fixture.origin('220 ready⏎');
    expect(fixture.port.take()).toContain('relay 220 ready⏎');
    fixture.client(OTHER);
    expect(fixture.upstream.socket.taken).toBe(OTHER);
    expect(fixture.stage.upstreams).toHaveLength(1);
  });

  test('is fetched from nowhere where nobody is named', () => {
    const fixture = new FirstFixture({ destination: () => null }).begin().silence();
    expect(fixture.traced('connect')).toEqual([]);
  });

  test('holds the origin while its client does not take it', () => {
    const fixture = new FirstFixture().beginWithOrigin().silence();
    fixture.port.unsent = 1;
    fixture.origin('220 ready⏎');
    expect(fixture.port.take().at(-1)).toBe('hold');
    fixture.stage.context.clock.now += 500;
    fixture.port.flushed();
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 800 + 7_440_000}`]);
  });
});

describe('what the client says', () => {
  test('goes nowhere before it is known what it is', () => {
    const fixture = new FirstFixture().beginWithOrigin().client('GE');
    fixture.silence();
    fixture.client('T');
    expect(fixture.upstream.socket.taken).toBe('');
    fixture.port.take();
    fixture.first.deadline();
    expect(fixture.port.take()).toEqual(['close']);
    expect(fixture.stage.trace.lines.at(-1)).toBe('dropped header_timeout');
  });

  test('is waited for as long as a head is, from its first byte', () => {
    const fixture = new FirstFixture().beginWithOrigin().silence();
    fixture.port.take();
    fixture.client('G');
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 300 + 10_000}`]);
    fixture.client('E');
    expect(fixture.port.take()).toEqual([]);
    // Another way to speak does not make it wait longer.
    fixture.origin('x');
    expect(fixture.port.take()).toEqual(['relay x']);
  });

  // Was a bug: whose first word came in pieces had the time of a head twice.
  test.each([
    ['G', 'ET / HTTP/1.1⏎', 'becomes RawHttpSession'],
    ['\x16', '\x03\x01\x00\x50\x01', 'becomes TlsSession'],
  ])(
    'has the time of a head, or of a ClientHello, from its first byte, whatever it turns out to be: %j',
    (one, other, becomes) => {
      const fixture = new FirstFixture().begin();
      fixture.stage.context.clock.now = NOW + 100;
      fixture.client(one);
      fixture.stage.context.clock.now = NOW + 200;
      fixture.client(other);
      expect(fixture.port.take()).toEqual(expect.arrayContaining([becomes, `deadline ${NOW + 100 + 10_000}`]));
      expect(fixture.port.deadline).toBe(NOW + 100 + 10_000);
    },
  );

  // Was a bug: where the way from the origin was opened meanwhile it had its time from then on.
  test('has the time of a head from its first byte where the origin may speak meanwhile, too', () => {
    const fixture = new FirstFixture().begin();
    fixture.stage.context.clock.now = NOW + 100;
    fixture.client('G');
    fixture.silence();
    expect(fixture.traced('connect')).toHaveLength(1);
    expect(fixture.port.deadline).toBe(NOW + 100 + 10_000);
  });

  test('is bounded while it waits', () => {
    const fixture = new FirstFixture({}, { limits: { pipelineBytes: '0B' } }).begin().client('⏎'.repeat(600));
    // Pipelined bytes are others.
    expect(fixture.port.take()).not.toContain('pause reads');
    fixture.client('⏎'.repeat(600));
    expect(fixture.port.take()).toContain('becomes RawHttpSession');
  });

  test.each([
    ['tunnel', `${OTHER}more`, ['becomes OpaqueSession', 'becomes GatedTunnel']],
    ['refuse', '', ['reset']],
  ] as const)('is counted where it is neither HTTP nor TLS, and then: %s', (notHttp, taken, lines) => {
    const fixture = new FirstFixture({ notHttp }).beginWithOrigin();
    fixture.port.take();
    fixture.client(OTHER).client('more');
    expect(fixture.upstream.socket.taken).toBe(taken);
    expect(fixture.port.take().filter((line) => !/^deadline|^resume/.test(line))).toEqual(lines);
    expect(fixture.traced('not HTTP')).toHaveLength(1);
  });

  // Was a fault: it was begun anew, and found the client's port taken by the one before.
  test.each([
    ['HTTP', 'GET /x HTTP/1.1⏎Host: other.example⏎⏎'],
    ['TLS', helloFor('other.example').toString('latin1')],
    ['neither', OTHER],
  ])('goes the way that is being made: %s', (_kind, text) => {
    const fixture = new FirstFixture().begin().silence().client(text);
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    fixture.stage.connected();
    fixture.stage.settle();
    expect(fixture.upstream.socket.taken).toBe(bytes(text).toString('latin1'));
    expect(fixture.traced('connect')).toHaveLength(1);
  });

  test.each([
    ['HTTP', 'GET /x HTTP/1.1⏎', 'Host: other.example⏎⏎'],
    ['TLS', helloFor('other.example').toString('latin1', 0, 50), helloFor('other.example').toString('latin1', 50)],
  ])('goes the way that has been made while it spoke: %s', (_kind, one, other) => {
    const fixture = new FirstFixture().begin().silence().client(one);
    fixture.stage.connected();
    expect(fixture.upstream.socket.taken).toBe('');
    fixture.client(other);
    fixture.stage.settle();
    expect(fixture.upstream.socket.taken).toBe(bytes(one + other).toString('latin1'));
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
  });

  test.each([
    ['HTTP', 'GET /x HTTP/1.1⏎', 'Host: other.example⏎⏎'],
    ['TLS', helloFor('other.example').toString('latin1', 0, 50), helloFor('other.example').toString('latin1', 50)],
  ])('tries again where that way could not be made: %s', (_kind, one, other) => {
    const fixture = new FirstFixture().begin().silence().client(one);
    fixture.stage.connectFails('refused');
    expect(fixture.port.take()).not.toContain('reset');
    fixture.client(other);
    expect(fixture.traced('connect')).toHaveLength(2);
  });

  // What an origin learns before a verdict, a handshake, is the same whoever is asked for (requirement 52).
  test.each([
    ['HTTP', 'GET /x HTTP/1.1⏎Host: first.example⏎⏎'],
    ['TLS', helloFor('first.example').toString('latin1')],
    ['text', 'x⏎Host: first.example⏎'],
  ])('has the way given up where nobody may be reached: %s', (_kind, text) => {
    const fixture = new FirstFixture({}, { list: 'first.example' }).begin().silence();
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    fixture.client(text);
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80', 'connect 192.0.2.80:80 cancelled']);
    expect(fixture.traced('counted')).toEqual(['counted block']);
  });

  test.each([
    ['HTTP', 'GET /x HTTP/1.1⏎'],
    ['TLS', helloFor('other.example').toString('latin1', 0, 50)],
    ['neither', OTHER],
  ])('has the way given up where it goes itself: %s', (_kind, text) => {
    const fixture = new FirstFixture().begin().silence().client(text);
    fixture.part.clientClosed(true);
    expect(fixture.traced('connect').at(-1)).toBe('connect 192.0.2.80:80 cancelled');
  });

  test.each(['GET', 'FOO /page', '⏎', '\x16'])('that ends before it is known what it is goes nowhere: %j', (text) => {
    const fixture = new FirstFixture().beginWithOrigin().client(text);
    fixture.port.take();
    fixture.first.clientEnd();
    expect(fixture.port.take()).toEqual(['reset']);
    expect(fixture.upstream.socket.taken).toBe('');
  });

  // Was a fault: syslog with counts ends no line (RFC 6587), and was reset.
  test('may end behind half a line that is no request', () => {
    const fixture = new FirstFixture().beginWithOrigin().client('9 <13>x: y');
    expect(fixture.upstream.socket.taken).toBe('');
    fixture.first.clientEnd();
    expect([fixture.upstream.socket.taken, fixture.upstream.socket.writableEnded]).toEqual(['9 <13>x: y', true]);
  });

  test.each([
    ['9 <13>see http://first.example/page', ['counted block']],
    ['9 <13>see http://paths.example/page', ['counted refuse']],
    ['9 <13>see http://other.example/page', []],
  ])('may end behind half a line, and whom it names is judged: %j', (text, counted) => {
    const fixture = new FirstFixture({}, { list: 'first.example\npaths.example/page' }).beginWithOrigin().client(text);
    fixture.first.clientEnd();
    expect(fixture.traced('counted')).toEqual(counted);
    expect(fixture.upstream.socket.taken).toBe(counted.length > 0 ? '' : text);
  });

  test('may end behind half a line, and an answer in HTTP to it is not heard', () => {
    const fixture = new FirstFixture().beginWithOrigin().client('9 <13>x: y');
    fixture.first.clientEnd();
    fixture.port.take();
    fixture.upstream.socket.push(bytes('HTTP/1.1 200 OK⏎⏎'));
    expect(fixture.port.take()).toEqual(['reset']);
    expect(fixture.upstream.socket.destroyed).toBe(true);
  });

  test('may be nothing but an end, which is carried on', () => {
    const fixture = new FirstFixture().beginWithOrigin();
    fixture.first.clientEnd();
    expect([fixture.upstream.socket.taken, fixture.upstream.socket.writableEnded]).toEqual(['', true]);
  });

  test('may have come before', () => {
    const fixture = new FirstFixture().beginWithOrigin(OTHER, true);
    expect([fixture.upstream.socket.taken, fixture.upstream.socket.writableEnded]).toEqual([OTHER, true]);
  });
});

describe('a host that nobody names', () => {
  const list = '192.0.2.80\nfirst.example\n192.0.2.81 count\n192.0.2.82/page\n192.0.2.83:8080';
  const counts = ({ stage }: FirstFixture): string[] =>
    stage.trace.lines.filter((line) => /^(?:counted|hit|connect|not HTTP)/.test(line));

  test.each([
    ['is neither HTTP nor TLS', (fixture: FirstFixture): void => void fixture.client(OTHER), ['not HTTP']],
    ['says nothing', (fixture: FirstFixture): void => void fixture.silence(), []],
    ['says that it will say nothing', (fixture: FirstFixture): void => fixture.first.clientEnd(), []],
  ] as const)('is judged where the client %s', (_name, speak, first) => {
    const fixture = new FirstFixture({}, { list }).begin();
    fixture.port.take();
    speak(fixture);
    expect(fixture.port.take().at(-1)).toBe('reset');
    expect(counts(fixture).map((line) => line.replace(/^(not HTTP).*/, '$1'))).toEqual([
      ...first,
      'hit of list 0',
      'counted block',
    ]);
    fixture.client(`${OTHER}more`).part.clientEnd();
    expect(fixture.port.take()).toEqual([]);
    expect(counts(fixture)).toHaveLength(first.length + 2);
  });

  test.each([
    ['other paths', { fallbackHost: '192.0.2.82' }],
    ['another port', { fallbackHost: '192.0.2.83' }],
    ['what CONNECT has named, which was judged then', { fallbackHost: 'first.example', isNamed: true }],
    ['nobody', { fallbackHost: null }],
  ] as const)('goes on where the list has %s', (_name, originSide) => {
    const fixture = new FirstFixture(originSide, { list }).begin().client(OTHER);
    fixture.stage.connected();
    expect(fixture.upstream.socket.taken).toBe(OTHER);
  });

  test('is a hit once', () => {
    const fixture = new FirstFixture({ fallbackHost: '192.0.2.81' }, { list }).begin().silence();
    fixture.stage.connected();
    fixture.client(OTHER);
    expect(fixture.upstream.socket.taken).toBe(OTHER);
    expect(counts(fixture).filter((line) => line.startsWith('hit'))).toEqual(['hit of list 0']);
  });

  test('is not judged in place of a name that has begun to come, however slowly; its origin says nothing before', () => {
    const fixture = new FirstFixture({}, { list }).begin().client('G').silence();
    expect(fixture.traced('connect')).toEqual([]);
    fixture.client('ET / HTTP/1.1⏎Host: other.example⏎⏎');
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    expect(fixture.port.take()).not.toContain('reset');
  });

  test('is not judged in place of a name that comes in time', () => {
    const fixture = new FirstFixture({}, { list }).begin().client('GET / HTTP/1.1⏎Host: other.example⏎⏎');
    expect(fixture.traced('hit')).toEqual([]);
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
  });
});

describe('ends', () => {
  test('a connection that nobody has used yet ends soon when the thread does; one whose origin has spoken goes on', () => {
    const unused = new FirstFixture().beginWithOrigin();
    unused.port.take();
    unused.stage.context.state.closed = true;
    unused.first.drain();
    expect(unused.port.take()).toEqual([`deadline ${NOW + 1000}`]);
    unused.first.deadline();
    // What the origin has said meanwhile may wait to be read.
    expect(unused.port.take().at(-1)).toBe(`deadline ${NOW + 1000}`);
    unused.first.deadline();
    expect(unused.port.take()).toEqual(['close']);
    const greeted = new FirstFixture().beginWithOrigin().silence();
    greeted.origin('220 ready⏎');
    greeted.port.take();
    greeted.first.drain();
    expect(greeted.port.take()).toEqual([]);
  });

  test('silence on both sides ends it', () => {
    const fixture = new FirstFixture().beginWithOrigin().silence();
    fixture.port.take();
    fixture.first.deadline();
    expect(fixture.port.take()).toEqual(['close']);
    expect(fixture.stage.trace.lines.at(-1)).toBe('dropped idle_timeout');
  });

  test('an origin that cannot be reached looks as it would without us', () => {
    const fixture = new FirstFixture().begin().silence();
    fixture.port.take();
    fixture.stage.connectFails('refused');
    expect(fixture.port.take()).toEqual(['reset']);
    expect(fixture.stage.trace.lines.at(-1)).toBe('upstream error connect');
    fixture.client(OTHER);
    expect(fixture.port.take()).toEqual([]);
  });

  test.each([
    ['ECONNRESET', 'reset'],
    [null, 'end and close'],
  ])('the origin is gone (%s): %s', (code, line) => {
    const fixture = new FirstFixture().beginWithOrigin().silence();
    fixture.port.take();
    fixture.upstream.socket.gone(code);
    fixture.stage.settle();
    expect(fixture.port.take()).toEqual([line]);
    fixture.client(OTHER);
    expect(fixture.port.take()).toEqual([]);
  });

  test('the origin sends no more', () => {
    const fixture = new FirstFixture().beginWithOrigin().silence();
    fixture.port.take();
    fixture.upstream.socket.finish();
    expect(fixture.port.take()).toEqual(['end']);
    // A page behind that would be lost.
    fixture.client('GET / HTTP/1.1⏎Host: refused.example⏎⏎');
    expect(fixture.port.take().at(-1)).toBe('reset');
  });

  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const fixture = new FirstFixture().beginWithOrigin();
    fixture.first.clientClosed(hadError);
    expect(fixture.stage.trace.lines.at(-1)).toBe(line);
  });

  test('the client is gone while the way is made', () => {
    const fixture = new FirstFixture().begin().silence();
    fixture.first.clientClosed(false);
    expect(fixture.stage.trace.lines.at(-1)).toBe('connect 192.0.2.80:80 cancelled');
  });
});

// Was a fault: refusals of addresses were counted, and nobody waited.
describe('whoever was refused many entries', () => {
  const SETTINGS: StageSettings = { brake: { differentHits: 1 }, list: '192.0.2.80\n' };

  class HeldFixture extends FirstFixture {
    /** The client is held up from now on. */
    hold(): this {
      const { brake, clock } = this.stage.context;
      const client = { ...this.host.client, prefix: 'x', isOneClient: true };
      for (const entry of [1n, 2n, 3n]) brake.hit(client, { list: 0, entry }, clock.now);
      Object.assign(this.host, { client });
      return this;
    }

    release(): this {
      const { brake, clock } = this.stage.context;
      clock.now += 2000;
      brake.sweep(clock.now);
      return this;
    }

    get blocked(): number {
      return this.traced('counted block').length;
    }

    get notHttp(): number {
      return this.traced('not HTTP').length;
    }
  }

  test('waits with what is neither HTTP nor TLS, and is judged then', () => {
    const fixture = new HeldFixture({}, SETTINGS).hold().begin();
    fixture.port.take();
    fixture.client(OTHER);
    expect([fixture.port.take(), fixture.blocked]).toEqual([['pause reads', 'deadline Infinity'], 0]);
    fixture.client('more');
    fixture.part.clientEnd();
    expect([fixture.port.take(), fixture.blocked]).toEqual([[], 0]);
    fixture.release();
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 2300}`, 'resume reads', 'reset']);
    expect([fixture.blocked, fixture.notHttp]).toEqual([1, 1]);
  });

  test('waits where it says nothing; its silence begins anew', () => {
    const fixture = new HeldFixture({}, SETTINGS).hold().begin();
    fixture.port.take();
    fixture.silence();
    expect([fixture.port.take(), fixture.blocked]).toEqual([['pause reads', 'deadline Infinity'], 0]);
    fixture.release();
    expect([fixture.port.take(), fixture.blocked]).toEqual([[`deadline ${NOW + 2600}`, 'resume reads'], 0]);
    fixture.silence();
    expect([fixture.port.take().at(-1), fixture.blocked]).toEqual(['reset', 1]);
  });

  test('waits where it has ended without a word', () => {
    const fixture = new HeldFixture({}, SETTINGS).hold().begin();
    fixture.part.clientEnd();
    expect([fixture.port.take().at(-1), fixture.blocked]).toEqual(['deadline Infinity', 0]);
    fixture.release();
    expect([fixture.port.take().at(-1), fixture.blocked]).toEqual(['reset', 1]);
  });

  test('waits with what was on its way when it had to', () => {
    const fixture = new HeldFixture({}, SETTINGS).hold().begin().silence().client('GET / HTTP/1.1⏎⏎');
    expect(fixture.port.take().at(-1)).toBe('deadline Infinity');
    fixture.release();
    expect(fixture.port.take()).toContain('becomes RawHttpSession');
  });

  test('has all of the time for its head behind its wait', () => {
    const fixture = new HeldFixture({}, SETTINGS).hold().begin().client('G').silence();
    expect(fixture.port.take().at(-1)).toBe('deadline Infinity');
    fixture.release().client('ET / HTTP/1.1⏎X: ');
    const { clock, config } = fixture.stage.context;
    expect(fixture.port.take().at(-1)).toBe(`deadline ${clock.now + config.timeouts.header}`);
  });

  test('passes behind its wait where nothing is listed', () => {
    const fixture = new HeldFixture({}, { ...SETTINGS, list: 'a.example\n' }).hold().beginWithOrigin(OTHER);
    expect(fixture.upstream.socket.taken).toBe('');
    fixture.release();
    expect(fixture.upstream.socket.taken).toBe(OTHER);
  });

  test('is not judged where it has gone, or its origin has', () => {
    const gone = new HeldFixture({}, SETTINGS).hold().begin().client(OTHER);
    gone.first.clientClosed(true);
    const left = new HeldFixture({}, SETTINGS).hold().beginWithOrigin(OTHER);
    left.upstream.socket.destroy();
    left.stage.settle();
    for (const fixture of [gone, left]) {
      fixture.port.take();
      fixture.release();
      expect([fixture.port.take(), fixture.blocked]).toEqual([[], 0]);
    }
  });

  test('waits with HTTP in the session of it', () => {
    const fixture = new HeldFixture({}, SETTINGS).hold().begin().client('GET / HTTP/1.1⏎⏎');
    expect(fixture.port.take()).toContain('becomes RawHttpSession');
    expect(fixture.blocked).toBe(0);
  });
});
