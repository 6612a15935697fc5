/** The beginning of an intercepted connection against playbooks. */
import { describe, expect, test } from '@jest/globals';
import { FirstBytes } from '../../../src/accept/intercepted/first-bytes.ts';
import type { StageSettings } from '../stage.ts';
import { Desk, NOTHING, NOW, bytes, type PassageSettings } from './desk.ts';

const OTHER = '\0other';

class FirstDesk extends Desk<FirstBytes> {
  constructor(passage: PassageSettings = {}, settings: StageSettings = {}) {
    super((...parts) => new FirstBytes(...parts), passage, settings);
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
    const desk = new FirstDesk().beginWithOrigin();
    desk.origin('220 ready⏎');
    expect(desk.port.take()).toEqual([`deadline ${NOW + 300}`, 'resume reads']);
    desk.silence();
    desk.stage.settle();
    expect(desk.port.take()).toEqual([
      `deadline ${NOW + 60_000}`,
      `deadline ${NOW + 300 + 7_440_000}`,
      'relay 220 ready⏎',
    ]);
  });

  test('waits for the client, which comes first where it speaks in time', () => {
    const desk = new FirstDesk().beginWithOrigin();
    desk.origin('220 ready⏎');
    desk.client(OTHER);
    expect(desk.upstream.socket.taken).toBe(OTHER);
    desk.stage.settle();
    expect(desk.port.take()).toContain('relay 220 ready⏎');
  });

  test('is fetched where no origin is there yet', () => {
    const desk = new FirstDesk().begin().silence();
    expect(desk.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    desk.stage.connected();
    desk.origin('220 ready⏎');
    expect(desk.port.take()).toContain('relay 220 ready⏎');
    desk.client(OTHER);
    expect(desk.upstream.socket.taken).toBe(OTHER);
    expect(desk.stage.upstreams).toHaveLength(1);
  });

  test('is fetched from nowhere where nobody is named', () => {
    const desk = new FirstDesk({ destination: () => null }).begin().silence();
    expect(desk.traced('connect')).toEqual([]);
  });

  test('holds the origin while its client does not take it', () => {
    const desk = new FirstDesk().beginWithOrigin().silence();
    desk.port.unsent = 1;
    desk.origin('220 ready⏎');
    expect(desk.port.take().at(-1)).toBe('hold');
    desk.stage.context.clock.now += 500;
    desk.port.flushed();
    expect(desk.port.take()).toEqual([`deadline ${NOW + 800 + 7_440_000}`]);
  });
});

describe('what the client says', () => {
  test('goes nowhere before it is known what it is', () => {
    const desk = new FirstDesk().beginWithOrigin().client('GE');
    desk.silence();
    desk.client('T');
    expect(desk.upstream.socket.taken).toBe('');
    desk.port.take();
    desk.first.deadline();
    expect(desk.port.take()).toEqual(['close']);
    expect(desk.stage.trace.lines.at(-1)).toBe('dropped header_timeout');
  });

  test('is waited for as long as a head is, from its first byte', () => {
    const desk = new FirstDesk().beginWithOrigin().silence();
    desk.port.take();
    desk.client('G');
    expect(desk.port.take()).toEqual([`deadline ${NOW + 300 + 10_000}`]);
    desk.client('E');
    expect(desk.port.take()).toEqual([]);
    // Another way to speak does not make it wait longer.
    desk.origin('x');
    expect(desk.port.take()).toEqual(['relay x']);
  });

  test('is bounded while it waits', () => {
    const desk = new FirstDesk({}, { limits: { pipelineBytes: '1KiB' } }).begin().client('⏎'.repeat(600));
    expect(desk.port.take().at(-1)).toBe('pause reads');
  });

  test.each([
    ['tunnel', `${OTHER}more`, ['becomes OpaqueSession', 'becomes WatchedTunnel']],
    ['refuse', '', ['reset']],
  ] as const)('is counted where it is neither HTTP nor TLS, and then: %s', (notHttp, taken, lines) => {
    const desk = new FirstDesk({ notHttp }).beginWithOrigin();
    desk.port.take();
    desk.client(OTHER).client('more');
    expect(desk.upstream.socket.taken).toBe(taken);
    expect(desk.port.take().filter((line) => !/^deadline|^resume/.test(line))).toEqual(lines);
    expect(desk.traced('not HTTP')).toHaveLength(1);
  });

  test('while the way is being made, makes it anew', () => {
    const desk = new FirstDesk().begin().silence().client(OTHER);
    expect(desk.traced('connect')).toEqual([
      'connect 192.0.2.80:80',
      'connect 192.0.2.80:80 cancelled',
      'connect 192.0.2.80:80',
    ]);
  });

  test('that ends before it is known what it is goes nowhere', () => {
    const desk = new FirstDesk().beginWithOrigin().client('GE');
    desk.port.take();
    desk.first.clientEnd();
    expect(desk.port.take()).toEqual(['reset']);
    expect(desk.upstream.socket.taken).toBe('');
  });

  test('may be nothing but an end, which is carried on', () => {
    const desk = new FirstDesk().beginWithOrigin();
    desk.first.clientEnd();
    expect([desk.upstream.socket.taken, desk.upstream.socket.writableEnded]).toEqual(['', true]);
  });

  test('may have come before', () => {
    const desk = new FirstDesk().beginWithOrigin(OTHER, true);
    expect([desk.upstream.socket.taken, desk.upstream.socket.writableEnded]).toEqual([OTHER, true]);
  });
});

describe('a host that nobody names', () => {
  const list = '192.0.2.80\nfirst.example\n192.0.2.81 count\n192.0.2.82/page\n192.0.2.83:8080';
  const counts = ({ stage }: FirstDesk): string[] =>
    stage.trace.lines.filter((line) => /^(?:counted|hit|connect|not HTTP)/.test(line));

  test.each([
    ['is neither HTTP nor TLS', (desk: FirstDesk): void => void desk.client(OTHER), ['not HTTP']],
    ['says nothing', (desk: FirstDesk): void => void desk.silence(), []],
    ['says that it will say nothing', (desk: FirstDesk): void => desk.first.clientEnd(), []],
  ] as const)('is judged where the client %s', (_name, speak, first) => {
    const desk = new FirstDesk({}, { list }).begin();
    desk.port.take();
    speak(desk);
    expect(desk.port.take().at(-1)).toBe('reset');
    expect(counts(desk).map((line) => line.replace(/^(not HTTP).*/, '$1'))).toEqual([
      ...first,
      'hit of list 0',
      'counted block',
    ]);
    desk.client(`${OTHER}more`).part.clientEnd();
    expect(desk.port.take()).toEqual([]);
    expect(counts(desk)).toHaveLength(first.length + 2);
  });

  test.each([
    ['other paths', { fallbackHost: '192.0.2.82' }],
    ['another port', { fallbackHost: '192.0.2.83' }],
    ['what CONNECT has named, which was judged then', { fallbackHost: 'first.example', isNamed: true }],
    ['nobody', { fallbackHost: null }],
  ] as const)('goes on where the list has %s', (_name, passage) => {
    const desk = new FirstDesk(passage, { list }).begin().client(OTHER);
    desk.stage.connected();
    expect(desk.upstream.socket.taken).toBe(OTHER);
  });

  test('is a hit once', () => {
    const desk = new FirstDesk({ fallbackHost: '192.0.2.81' }, { list }).begin().silence();
    desk.stage.connected();
    desk.client(OTHER);
    expect(desk.upstream.socket.taken).toBe(OTHER);
    expect(counts(desk).filter((line) => line.startsWith('hit'))).toEqual(['hit of list 0']);
  });

  test('is not judged in place of a name that has begun to come, however slowly; its origin says nothing before', () => {
    const desk = new FirstDesk({}, { list }).begin().client('G').silence();
    expect(desk.traced('connect')).toEqual([]);
    desk.client('ET / HTTP/1.1⏎Host: other.example⏎⏎');
    expect(desk.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    expect(desk.port.take()).not.toContain('reset');
  });

  test('is not judged in place of a name that comes in time', () => {
    const desk = new FirstDesk({}, { list }).begin().client('GET / HTTP/1.1⏎Host: other.example⏎⏎');
    expect(desk.traced('hit')).toEqual([]);
    expect(desk.traced('connect')).toEqual(['connect 192.0.2.80:80']);
  });
});

describe('ends', () => {
  test('a connection that nobody has used yet ends soon when the thread does; one whose origin has spoken goes on', () => {
    const unused = new FirstDesk().beginWithOrigin();
    unused.port.take();
    unused.stage.context.state.closed = true;
    unused.first.drain();
    expect(unused.port.take()).toEqual([`deadline ${NOW + 1000}`]);
    unused.first.deadline();
    // What the origin has said meanwhile may wait to be read.
    expect(unused.port.take().at(-1)).toBe(`deadline ${NOW + 1000}`);
    unused.first.deadline();
    expect(unused.port.take()).toEqual(['close']);
    const greeted = new FirstDesk().beginWithOrigin().silence();
    greeted.origin('220 ready⏎');
    greeted.port.take();
    greeted.first.drain();
    expect(greeted.port.take()).toEqual([]);
  });

  test('silence on both sides ends it', () => {
    const desk = new FirstDesk().beginWithOrigin().silence();
    desk.port.take();
    desk.first.deadline();
    expect(desk.port.take()).toEqual(['close']);
    expect(desk.stage.trace.lines.at(-1)).toBe('dropped idle_timeout');
  });

  test('an origin that cannot be reached looks as it would without us', () => {
    const desk = new FirstDesk().begin().silence();
    desk.port.take();
    desk.stage.connectFails('refused');
    expect(desk.port.take()).toEqual(['reset']);
    expect(desk.stage.trace.lines.at(-1)).toBe('upstream error connect');
    desk.client(OTHER);
    expect(desk.port.take()).toEqual([]);
  });

  test.each([
    ['ECONNRESET', 'reset'],
    [null, 'end and close'],
  ])('the origin is gone (%s): %s', (code, line) => {
    const desk = new FirstDesk().beginWithOrigin().silence();
    desk.port.take();
    desk.upstream.socket.gone(code);
    desk.stage.settle();
    expect(desk.port.take()).toEqual([line]);
    desk.client(OTHER);
    expect(desk.port.take()).toEqual([]);
  });

  test('the origin sends no more', () => {
    const desk = new FirstDesk().beginWithOrigin().silence();
    desk.port.take();
    desk.upstream.socket.finish();
    expect(desk.port.take()).toEqual(['end']);
    // A page behind that would be lost.
    desk.client('GET / HTTP/1.1⏎Host: refused.example⏎⏎');
    expect(desk.port.take().at(-1)).toBe('reset');
  });

  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const desk = new FirstDesk().beginWithOrigin();
    desk.first.clientClosed(hadError);
    expect(desk.stage.trace.lines.at(-1)).toBe(line);
  });

  test('the client is gone while the way is made', () => {
    const desk = new FirstDesk().begin().silence();
    desk.first.clientClosed(false);
    expect(desk.stage.trace.lines.at(-1)).toBe('connect 192.0.2.80:80 cancelled');
  });
});
