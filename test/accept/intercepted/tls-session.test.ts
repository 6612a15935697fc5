/** A TLS connection until its ClientHello is judged, against playbooks. Real clients and servers: test/e2e/tls.real.test.ts. */
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
import { Fixture, NOW, type PassageSettings } from './fixture.ts';

const LIST = 'listed.example\npaths.example/page\ncounted.example count';
const ALERT = 'write \x15\x03\x03\0\x02\x02p';
const OTHER = helloFor('other.example');
const LISTED = helloFor('listed.example');

class TlsFixture extends Fixture<TlsSession> {
  constructor(originSide: PassageSettings = {}, settings: StageSettings = {}) {
    super((...parts) => new TlsSession(...parts), originSide, { list: LIST, ...settings });
  }

  /** As on a transparent listener: no origin is there. */
  begin(bytes: Buffer, hasEnded = false): this {
    this.first.begin({ bytes, hasEnded, upstream: null, spentMs: 0 });
    return this;
  }

  /** As inside CONNECT: the origin is there. */
  beginWithOrigin(bytes: Buffer, hasEnded = false): this {
    this.first.begin({ bytes, hasEnded, upstream: this.stage.freshUpstream().real, spentMs: 0 });
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
    const fixture = new TlsFixture(inside).beginWithOrigin(Buffer.concat([OTHER, Buffer.from('early data')]));
    expect(fixture.sent).toBe(`${OTHER.toString('latin1')}early data`);
    expect(fixture.port.take()).toEqual([
      `deadline ${NOW + 10_000}`,
      'resume reads',
      'becomes OpaqueSession',
      `deadline ${NOW + 60_000}`,
      'becomes GatedTunnel',
      'resume reads',
      `deadline ${NOW + 7_440_000}`,
    ]);
    expect(fixture.counts).toEqual(['hello sni']);
    fixture.origin('ServerHello');
    fixture.stage.settle();
    expect(fixture.port.take()).toContain('relay ServerHello');
  });

  test('goes to the origin that the originSide names, once that is there', () => {
    const fixture = new TlsFixture().begin(OTHER);
    expect(fixture.counts).toEqual(['hello sni', 'counted pass']);
    expect(fixture.traced('connect')).toEqual(['connect 192.0.2.80:80']);
    fixture.stage.connected();
    expect(fixture.sent).toBe(OTHER.toString('latin1'));
  });

  test('byte by byte goes nowhere before it is whole', () => {
    const fixture = new TlsFixture(inside).beginWithOrigin(OTHER.subarray(0, 1));
    for (let at = 1; at < OTHER.length - 1; at++) fixture.hear(OTHER.subarray(at, at + 1));
    expect([fixture.sent, fixture.counts]).toEqual(['', []]);
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 10_000}`, 'resume reads']);
    fixture.hear(OTHER.subarray(-1));
    expect(fixture.sent).toBe(OTHER.toString('latin1'));
  });

  test('two that come in pieces at once do not disturb each other', () => {
    const [first, second] = [new TlsFixture(inside), new TlsFixture(inside)];
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
    const fixture = new TlsFixture(inside).beginWithOrigin(hello);
    expect([fixture.sent, fixture.counts]).toEqual([hello.toString('latin1'), ['hello sni']]);
  });

  test('and would be a request to a server that takes any bytes for a method does not go on', () => {
    const inside = extension(35, Buffer.from(' http://listed.example/page HTTP/1.1\r\n\r\n', 'latin1'));
    const fixture = new TlsFixture().begin(
      inRecords(helloMessage({ extensions: [inside, serverName('other.example')] })),
    );
    expect([fixture.traced('connect'), fixture.port.take().at(-1)]).toEqual([[], 'reset']);
  });

  test('whose client has finished has its end carried on', () => {
    const fixture = new TlsFixture(inside).beginWithOrigin(OTHER, true);
    expect([fixture.sent, fixture.upstream.socket.writableEnded]).toEqual([OTHER.toString('latin1'), true]);
  });

  test('to a host with listed paths only is counted as not enforceable', () => {
    const fixture = new TlsFixture().begin(helloFor('paths.example'));
    expect(fixture.counts).toEqual(['hello sni', 'counted unenforceable', 'counted pass']);
  });

  test('with ECH, and without a name', () => {
    const ech = extension(EXTENSION.ech, Buffer.alloc(100));
    const hidden = inRecords(helloMessage({ extensions: [serverName('public.example'), ech] }));
    expect(new TlsFixture().begin(hidden).counts).toEqual(['hello ech', 'counted pass']);
    const nobody = inRecords(helloMessage({ extensions: [] }));
    expect(new TlsFixture().begin(nobody).counts).toEqual(['hello none', 'counted pass']);
    expect(new TlsFixture(inside).beginWithOrigin(nobody).counts).toEqual(['hello none']);
  });
});

describe('a hello that is blocked', () => {
  test('is answered with an alert; the origin hears nothing of it', () => {
    const fixture = new TlsFixture(inside).beginWithOrigin(LISTED);
    expect(fixture.port.take().slice(2)).toEqual([
      ALERT,
      'becomes Closing',
      `deadline ${NOW + 60_000}`,
      'end',
      'resume reads',
      'end',
    ]);
    expect(fixture.counts).toEqual(['hello sni', 'hit of list 0', 'counted block']);
    expect([fixture.sent, fixture.stage.trace.lines.at(-1)]).toEqual(['', 'origin 1 destroyed']);
  });

  test('is reset where the operator wants that', () => {
    const fixture = new TlsFixture(inside, { tls: { refusal: 'reset' } }).beginWithOrigin(LISTED);
    expect(fixture.port.take().slice(2)).toEqual(['reset']);
    expect(fixture.sent).toBe('');
  });

  test('leads to no connection', () => {
    const fixture = new TlsFixture().begin(LISTED);
    expect(fixture.traced('connect')).toEqual([]);
    expect(fixture.port.take()).toContain(ALERT);
  });

  test('is told in the version of its client', () => {
    const old = inRecords(helloMessage({ version: 0x0301, extensions: [serverName('listed.example')] }));
    expect(new TlsFixture().begin(old).port.take()).toContain('write \x15\x03\x01\0\x02\x02p');
  });

  test('and what the origin has said before is not relayed', () => {
    const fixture = new TlsFixture(inside).beginWithOrigin(LISTED.subarray(0, 20));
    fixture.origin('220 ready⏎');
    fixture.stage.settle();
    fixture.hear(LISTED.subarray(20));
    fixture.stage.settle();
    expect(fixture.port.take().filter((line) => line.startsWith('relay'))).toEqual([]);
  });

  test('slows down who collects refusals: its next hello waits', () => {
    const settings = {
      brake: { differentHits: 1 },
      list: 'a.example\nb.example\nc.example\nd.example',
      clients: { allow: ['192.0.2.0/24'] },
    };
    const fixture = new TlsFixture({}, settings);
    const { brake, clock } = fixture.stage.context;
    const client = { ...fixture.host.client, prefix: 'x', isOneClient: true };
    for (const name of ['a', 'b', 'c']) brake.hit(client, { list: 0, entry: BigInt(name.charCodeAt(0)) }, clock.now);
    Object.assign(fixture.host, { client });
    fixture.begin(helloFor('other.example'));
    expect([fixture.counts, fixture.port.take().slice(2)]).toEqual([[], ['pause reads', 'deadline Infinity']]);
    fixture.hear(Buffer.from('more'));
    clock.now += 2000;
    brake.sweep(clock.now);
    expect(fixture.counts).toEqual(['hello sni', 'counted pass']);
    expect(fixture.port.take()).toContain('resume reads');
  });
});

describe('a hello that is refused', () => {
  test('names what cannot be a host', () => {
    const fixture = new TlsFixture(inside).beginWithOrigin(helloFor('listed.example\0.other.example'));
    expect(fixture.counts).toEqual(['hello sni', 'counted refuse']);
    expect(fixture.port.take()).toContain(ALERT);
    expect(fixture.sent).toBe('');
  });

  test('names another host than CONNECT, where that is not permitted', () => {
    const fixture = new TlsFixture({ ...inside, tlsOnly: true }).beginWithOrigin(OTHER);
    expect(fixture.counts).toEqual(['hello sni', 'counted refuse']);
    expect([fixture.port.take().includes(ALERT), fixture.sent]).toEqual([true, '']);
    expect(new TlsFixture({ ...inside, tlsOnly: true }).beginWithOrigin(helloFor('First.example.')).counts).toEqual([
      'hello sni',
    ]);
  });

  test('names nobody, and there is no address', () => {
    const fixture = new TlsFixture({ fallbackHost: null, destination: () => null }).begin(inRecords(helloMessage({})));
    expect(fixture.counts).toEqual(['hello none', 'counted refuse']);
  });
});

describe('what is no whole hello', () => {
  test.each([
    ['malformed', Buffer.concat([OTHER.subarray(0, 5), Buffer.from([2]), OTHER.subarray(6)])],
    ['longer than is permitted', inRecords(helloMessage({ extensions: [extension(21, Buffer.alloc(2000))] }))],
  ])('%s: closed, and counted', (_, bytes) => {
    const fixture = new TlsFixture(inside, { limits: { clientHelloBytes: '1KiB' } }).beginWithOrigin(bytes);
    expect(fixture.port.take().slice(2)).toEqual(['close']);
    expect(fixture.counts).toEqual(['hello malformed', 'counted refuse']);
    expect([fixture.sent, fixture.stage.trace.lines.at(-1)]).toEqual(['', 'origin 1 destroyed']);
    fixture.hear(OTHER);
    expect(fixture.counts).toHaveLength(2);
  });

  test('ends before its time', () => {
    const fixture = new TlsFixture(inside).beginWithOrigin(OTHER.subarray(0, 30));
    fixture.part.clientEnd();
    expect(fixture.port.take().slice(2)).toEqual(['close']);
    expect(fixture.counts).toEqual(['hello malformed', 'counted refuse']);
  });

  test('is too slow', () => {
    const fixture = new TlsFixture(inside, { timeouts: { clientHello: '3s' } }).beginWithOrigin(OTHER.subarray(0, 30));
    fixture.stage.context.clock.now += 3000;
    fixture.part.deadline(fixture.stage.context.clock.now);
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 3000}`, 'resume reads', 'close']);
    expect(fixture.counts).toEqual(['dropped header_timeout', 'hello malformed']);
  });
});

describe('ends', () => {
  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const fixture = new TlsFixture(inside).beginWithOrigin(OTHER.subarray(0, 30));
    fixture.part.clientClosed(hadError);
    expect(fixture.stage.trace.lines.at(-1)).toBe(line);
  });

  test('the origin cannot be reached: as without us', () => {
    const fixture = new TlsFixture().begin(OTHER);
    fixture.stage.connectFails('refused');
    expect(fixture.port.take().at(-1)).toBe('reset');
    expect(fixture.stage.trace.lines.at(-1)).toBe('upstream error connect');
  });

  test.each([
    ['ECONNRESET', 'reset'],
    [null, 'end and close'],
  ])('the origin is gone (%s) before the hello is whole: %s', (code, line) => {
    const fixture = new TlsFixture(inside).beginWithOrigin(OTHER.subarray(0, 30));
    fixture.upstream.socket.gone(code);
    fixture.stage.settle();
    expect(fixture.port.take().at(-1)).toBe(line);
    fixture.hear(OTHER.subarray(30));
    expect(fixture.counts).toEqual([]);
  });
});
