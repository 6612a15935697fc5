/** A TLS connection until its ClientHello is judged, against playbooks. Real clients and servers: test/e2e/tls.test.ts. */
import { describe, expect, test } from '@jest/globals';
import { TlsSession } from '../../../src/accept/intercepted/tls-session.ts';
import {
  EXTENSION,
  extension,
  helloFor,
  helloMessage,
  inRecords,
  serverName,
  vector,
} from '../../support/reference/made-hello.ts';
import type { StageSettings } from '../stage.ts';
import { Desk, NOW, type PassageSettings } from './desk.ts';

const LIST = 'listed.example\npaths.example/page\ncounted.example count';
const ALERT = 'write \x15\x03\x03\0\x02\x02p';
const OTHER = helloFor('other.example');
const LISTED = helloFor('listed.example');

class TlsDesk extends Desk<TlsSession> {
  constructor(passage: PassageSettings = {}, settings: StageSettings = {}) {
    super((...parts) => new TlsSession(...parts), passage, { list: LIST, ...settings });
  }

  /** As on a transparent listener: no origin is there. */
  begin(bytes: Buffer, hasEnded = false): this {
    this.first.begin({ bytes, hasEnded, upstream: null });
    return this;
  }

  /** As inside CONNECT: the origin is there. */
  beginWithOrigin(bytes: Buffer, hasEnded = false): this {
    this.first.begin({ bytes, hasEnded, upstream: this.stage.freshUpstream().real });
    return this;
  }

  hear(bytes: Buffer): this {
    this.part.clientBytes(bytes);
    return this;
  }

  get sent(): string {
    return this.upstream.socket.taken;
  }

  /** What was counted, in order. */
  get counts(): string[] {
    return this.stage.trace.lines.filter((line) => /^(?:counted|hello|hit|dropped) /.test(line));
  }
}

const inside: PassageSettings = { fallbackHost: 'first.example', isNamed: true };

describe('a hello that passes', () => {
  test('goes to the origin that is there, byte for byte', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(Buffer.concat([OTHER, Buffer.from('early data')]));
    expect(desk.sent).toBe(`${OTHER.toString('latin1')}early data`);
    expect(desk.port.take()).toEqual([
      `deadline ${NOW + 10_000}`,
      'resume reads',
      'becomes OpaqueSession',
      `deadline ${NOW + 60_000}`,
      'becomes WatchedTunnel',
      'resume reads',
      `deadline ${NOW + 7_440_000}`,
    ]);
    expect(desk.counts).toEqual(['hello sni']);
    desk.origin('ServerHello');
    desk.stage.settle();
    expect(desk.port.take()).toContain('relay ServerHello');
  });

  test('goes to the origin that the passage names, once that is there', () => {
    const desk = new TlsDesk().begin(OTHER);
    expect(desk.counts).toEqual(['hello sni', 'counted pass']);
    expect(desk.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    desk.stage.connected();
    expect(desk.sent).toBe(OTHER.toString('latin1'));
  });

  test('byte by byte goes nowhere before it is whole', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(OTHER.subarray(0, 1));
    for (let at = 1; at < OTHER.length - 1; at++) desk.hear(OTHER.subarray(at, at + 1));
    expect([desk.sent, desk.counts]).toEqual(['', []]);
    expect(desk.port.take()).toEqual([`deadline ${NOW + 10_000}`, 'resume reads']);
    desk.hear(OTHER.subarray(-1));
    expect(desk.sent).toBe(OTHER.toString('latin1'));
  });

  test('two that come in pieces at once do not disturb each other', () => {
    const [first, second] = [new TlsDesk(inside), new TlsDesk(inside)];
    const message = helloMessage({ extensions: [serverName('listed.example')] });
    const listed = inRecords(message, 9);
    first.beginWithOrigin(OTHER.subarray(0, 60));
    second.beginWithOrigin(listed.subarray(0, 60));
    first.hear(OTHER.subarray(60));
    second.hear(listed.subarray(60));
    expect([first.counts, second.counts]).toEqual([['hello sni'], ['hello sni', 'hit of list 0', 'counted block']]);
  });

  test('offers protocols where it pleases: Chromium shuffles extensions, and nothing of ALPN is a line of HTTP', () => {
    const protocols = extension(16, vector(2, Buffer.from('\x02h2\x08http/1.1', 'latin1')));
    const hello = inRecords(helloMessage({ extensions: [protocols, serverName('other.example')] }));
    const desk = new TlsDesk(inside).beginWithOrigin(hello);
    expect([desk.sent, desk.counts]).toEqual([hello.toString('latin1'), ['hello sni']]);
  });

  test('and would be a request to a server that takes any bytes for a method does not go on', () => {
    const inside = extension(35, Buffer.from(' http://listed.example/page HTTP/1.1\r\n\r\n', 'latin1'));
    const desk = new TlsDesk().begin(inRecords(helloMessage({ extensions: [inside, serverName('other.example')] })));
    desk.stage.connected();
    expect([desk.sent, desk.port.take().at(-1)]).toEqual(['', 'reset']);
  });

  test('whose client has finished has its end carried on', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(OTHER, true);
    expect([desk.sent, desk.upstream.socket.writableEnded]).toEqual([OTHER.toString('latin1'), true]);
  });

  test('to a host with listed paths only is counted as not enforceable', () => {
    const desk = new TlsDesk().begin(helloFor('paths.example'));
    expect(desk.counts).toEqual(['hello sni', 'counted unenforceable', 'counted pass']);
  });

  test('with ECH, and without a name', () => {
    const ech = extension(EXTENSION.ech, Buffer.alloc(100));
    const hidden = inRecords(helloMessage({ extensions: [serverName('public.example'), ech] }));
    expect(new TlsDesk().begin(hidden).counts).toEqual(['hello ech', 'counted pass']);
    const nobody = inRecords(helloMessage({ extensions: [] }));
    expect(new TlsDesk().begin(nobody).counts).toEqual(['hello none', 'counted pass']);
    expect(new TlsDesk(inside).beginWithOrigin(nobody).counts).toEqual(['hello none']);
  });
});

describe('a hello that is blocked', () => {
  test('is answered with an alert; the origin hears nothing of it', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(LISTED);
    expect(desk.port.take().slice(2)).toEqual([
      ALERT,
      'becomes Closing',
      `deadline ${NOW + 60_000}`,
      'end',
      'resume reads',
      'end',
    ]);
    expect(desk.counts).toEqual(['hello sni', 'hit of list 0', 'counted block']);
    expect([desk.sent, desk.stage.trace.lines.at(-1)]).toEqual(['', 'origin 1 destroyed']);
  });

  test('is reset where the operator wants that', () => {
    const desk = new TlsDesk(inside, { tls: { refusal: 'reset' } }).beginWithOrigin(LISTED);
    expect(desk.port.take().slice(2)).toEqual(['reset']);
    expect(desk.sent).toBe('');
  });

  test('leads to no connection', () => {
    const desk = new TlsDesk().begin(LISTED);
    expect(desk.traced('connect')).toEqual([]);
    expect(desk.port.take()).toContain(ALERT);
  });

  test('is told in the version of its client', () => {
    const old = inRecords(helloMessage({ version: 0x0301, extensions: [serverName('listed.example')] }));
    expect(new TlsDesk().begin(old).port.take()).toContain('write \x15\x03\x01\0\x02\x02p');
  });

  test('and what the origin has said before is not relayed', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(LISTED.subarray(0, 20));
    desk.origin('220 ready⏎');
    desk.stage.settle();
    desk.hear(LISTED.subarray(20));
    desk.stage.settle();
    expect(desk.port.take().filter((line) => line.startsWith('relay'))).toEqual([]);
  });

  test('slows down who collects refusals: its next hello waits', () => {
    const settings = {
      brake: { differentHits: 1 },
      list: 'a.example\nb.example\nc.example\nd.example',
      clients: { allow: ['192.0.2.0/24'] },
    };
    const desk = new TlsDesk({}, settings);
    const { brake, clock } = desk.stage.context;
    const client = { ...desk.host.client, prefix: 'x', isOneClient: true };
    for (const name of ['a', 'b', 'c']) brake.hit(client, { list: 0, entry: BigInt(name.charCodeAt(0)) }, clock.now);
    Object.assign(desk.host, { client });
    desk.begin(helloFor('other.example'));
    expect([desk.counts, desk.port.take().slice(2)]).toEqual([[], ['pause reads', 'deadline Infinity']]);
    desk.hear(Buffer.from('more'));
    clock.now += 2000;
    brake.sweep(clock.now);
    expect(desk.counts).toEqual(['hello sni', 'counted pass']);
    expect(desk.port.take()).toContain('resume reads');
  });
});

describe('a hello that is refused', () => {
  test('names what cannot be a host', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(helloFor('listed.example\0.other.example'));
    expect(desk.counts).toEqual(['hello sni', 'counted refuse']);
    expect(desk.port.take()).toContain(ALERT);
    expect(desk.sent).toBe('');
  });

  test('names another host than CONNECT, where that is not permitted', () => {
    const desk = new TlsDesk({ ...inside, tlsOnly: true }).beginWithOrigin(OTHER);
    expect(desk.counts).toEqual(['hello sni', 'counted refuse']);
    expect([desk.port.take().includes(ALERT), desk.sent]).toEqual([true, '']);
    expect(new TlsDesk({ ...inside, tlsOnly: true }).beginWithOrigin(helloFor('First.example.')).counts).toEqual([
      'hello sni',
    ]);
  });

  test('names nobody, and there is no address', () => {
    const desk = new TlsDesk({ fallbackHost: null, destination: () => null }).begin(inRecords(helloMessage({})));
    expect(desk.counts).toEqual(['hello none', 'counted refuse']);
  });
});

describe('what is no whole hello', () => {
  test.each([
    ['malformed', Buffer.concat([OTHER.subarray(0, 5), Buffer.from([2]), OTHER.subarray(6)])],
    ['longer than is permitted', inRecords(helloMessage({ extensions: [extension(21, Buffer.alloc(2000))] }))],
  ])('%s: closed, and counted', (_, bytes) => {
    const desk = new TlsDesk(inside, { limits: { clientHelloBytes: '1KiB' } }).beginWithOrigin(bytes);
    expect(desk.port.take().slice(2)).toEqual(['close']);
    expect(desk.counts).toEqual(['hello malformed', 'counted refuse']);
    expect([desk.sent, desk.stage.trace.lines.at(-1)]).toEqual(['', 'origin 1 destroyed']);
    desk.hear(OTHER);
    expect(desk.counts).toHaveLength(2);
  });

  test('ends before its time', () => {
    const desk = new TlsDesk(inside).beginWithOrigin(OTHER.subarray(0, 30));
    desk.part.clientEnd();
    expect(desk.port.take().slice(2)).toEqual(['close']);
    expect(desk.counts).toEqual(['hello malformed', 'counted refuse']);
  });

  test('is too slow', () => {
    const desk = new TlsDesk(inside, { timeouts: { clientHello: '3s' } }).beginWithOrigin(OTHER.subarray(0, 30));
    desk.stage.context.clock.now += 3000;
    desk.part.deadline(desk.stage.context.clock.now);
    expect(desk.port.take()).toEqual([`deadline ${NOW + 3000}`, 'resume reads', 'close']);
    expect(desk.counts).toEqual(['dropped header_timeout', 'hello malformed']);
  });
});

describe('ends', () => {
  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const desk = new TlsDesk(inside).beginWithOrigin(OTHER.subarray(0, 30));
    desk.part.clientClosed(hadError);
    expect(desk.stage.trace.lines.at(-1)).toBe(line);
  });

  test('the origin cannot be reached: as without us', () => {
    const desk = new TlsDesk().begin(OTHER);
    desk.stage.connectFails('refused');
    expect(desk.port.take().at(-1)).toBe('reset');
    expect(desk.stage.trace.lines.at(-1)).toBe('upstream error connect');
  });

  test.each([
    ['ECONNRESET', 'reset'],
    [null, 'end and close'],
  ])('the origin is gone (%s) before the hello is whole: %s', (code, line) => {
    const desk = new TlsDesk(inside).beginWithOrigin(OTHER.subarray(0, 30));
    desk.upstream.socket.gone(code);
    desk.stage.settle();
    expect(desk.port.take().at(-1)).toBe(line);
    desk.hear(OTHER.subarray(30));
    expect(desk.counts).toEqual([]);
  });
});
