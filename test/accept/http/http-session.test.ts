/** The HTTP session against playbooks: what it does to its port for each event, without a socket. */
import { describe, expect, test } from '@jest/globals';
import { HttpSession } from '../../../src/accept/http/http-session.ts';
import type { ConnectionHost, ConnectionPart } from '../../../src/accept/connection-part.ts';
import { RecordingPort } from '../recording-port.ts';
import { Stage } from '../stage.ts';

const HEAD = 'Host: a.example⏎⏎';
const GET = bytes(`GET http://a.example/ HTTP/1.1⏎${HEAD}`);
const BLOCKED = bytes('GET http://listed.example/page HTTP/1.1⏎Host: listed.example⏎⏎');
const IDLE_MS = 60_000;
const NOW = 1000;

function bytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('⏎', '\r\n'), 'latin1');
}

/** A session on a port that takes notes; origins are the stage's. */
class Fixture {
  readonly stage = new Stage();
  readonly port = new RecordingPort();
  readonly session: HttpSession;
  part: ConnectionPart;

  constructor() {
    const { context, connection } = this.stage;
    const host: ConnectionHost = {
      client: connection.client,
      clientPort: 1024,
      listener: connection.listener,
      become: (part) => {
        this.part = part;
        this.port.log.push(`becomes ${part.constructor.name}`);
      },
      holdOthersBack: () => void this.port.log.push('others are held back'),
    };
    this.session = new HttpSession(context, host, this.port);
    this.part = this.session;
    this.port.take();
  }

  /** The origin of the newest connection sends. */
  origin(text: string): void {
    this.stage.upstream()?.socket.push(bytes(text));
  }

  get counted(): string[] {
    return this.stage.trace.lines.filter((line) => line.startsWith('counted '));
  }
}

describe('a request', () => {
  test('is forwarded, answered in one write, and the next one is awaited', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    expect(fixture.port.take()).toEqual(['deadline Infinity']);
    fixture.stage.connected();
    expect(fixture.port.take()).toEqual(['deadline 61000', 'resume reads']);
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎ok');
    expect(fixture.port.take()).toEqual([
      'write later HTTP/1.1 200 OK⏎Content-Length: 2⏎Via: 1.1 hop-0123456789abcdef⏎⏎ok',
      `deadline ${NOW + IDLE_MS}`,
      'resume reads',
    ]);
    expect(fixture.counted).toEqual(['counted pass']);
  });

  test('that is split is read when it is whole, and has the time of a head from its first byte', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET.subarray(0, 10));
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 10_000}`]);
    fixture.session.clientBytes(GET.subarray(10, 20));
    expect(fixture.port.take()).toEqual([]);
    fixture.session.clientBytes(GET.subarray(20));
    expect(fixture.port.take()).toEqual(['deadline Infinity']);
  });

  test('that is blocked gets its page, and the next one is awaited', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(BLOCKED);
    const [page, ...rest] = fixture.port.take();
    expect(page).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎/);
    expect(rest).toEqual([`deadline ${NOW + IDLE_MS}`, 'resume reads']);
    expect(fixture.counted).toEqual(['counted block']);
  });

  test('that waits for the client to take its answers is answered, although the client sends no more', () => {
    const fixture = new Fixture();
    fixture.port.unsent = 64 * 1024 + 1;
    fixture.session.clientBytes(BLOCKED);
    fixture.session.clientEnd();
    expect(fixture.port.take()).toEqual(['wait for the flush', 'pause reads']);
    fixture.port.flushed();
    const [resumed, page, ...rest] = fixture.port.take();
    expect(resumed).toBe('resume reads');
    expect(page).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎/);
    expect(rest).toContain('becomes Closing');
    expect(fixture.counted).toEqual(['counted block']);
  });

  test('that comes behind an answer goes out on the same connection to the origin', () => {
    const fixture = new Fixture();
    for (let times = 0; times < 2; times += 1) {
      fixture.session.clientBytes(GET);
      if (times === 0) fixture.stage.connected();
      fixture.stage.settle();
      fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 0⏎⏎');
    }
    expect(fixture.stage.trace.lines.filter((line) => line.startsWith('connect '))).toEqual(['connect a.example:80']);
    expect(fixture.counted).toEqual(['counted pass', 'counted pass']);
  });

  test('whose body is under way has the time of a body, anew with each part that is large enough', () => {
    const fixture = new Fixture();
    const { timeouts, limits } = fixture.stage.context.config;
    fixture.session.clientBytes(bytes(`POST http://a.example/ HTTP/1.1⏎Content-Length: 100000⏎${HEAD}`));
    fixture.stage.connected();
    expect(fixture.port.take()).toContain(`deadline ${NOW + timeouts.body}`);
    fixture.stage.context.clock.now += 5;
    fixture.session.clientBytes(Buffer.alloc(limits.minBodyProgress));
    expect(fixture.port.take()).toContain(`deadline ${NOW + 5 + timeouts.body}`);
  });

  test('whose first byte of an answer comes is measured once', () => {
    const fixture = new Fixture();
    const { context } = fixture.stage;
    const measured: number[] = [];
    context.counters = { ...context.counters, upstreamDuration: (seconds) => void measured.push(seconds) };
    context.clock.precise = () => 7000;
    fixture.session.clientBytes(GET);
    fixture.stage.connected();
    context.clock.precise = () => 7250;
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 4⏎⏎ab');
    fixture.origin('cd');
    expect(measured).toEqual([0.25]);
  });

  test('that finds its connection reads the precise clock twice until it is on its way', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    fixture.stage.connected();
    fixture.stage.settle();
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 0⏎⏎');
    let now = 7000;
    fixture.stage.context.clock.precise = () => (now += 1);
    const added: number[] = [];
    const { context } = fixture.stage;
    context.counters = { ...context.counters, requestDuration: (seconds) => void added.push(seconds) };
    fixture.session.clientBytes(GET);
    expect([now, added]).toEqual([7002, [0.001]]);
  });

  test('whose destination is denied is refused, and not an error of the origin', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    fixture.stage.connectFails('denied');
    expect(fixture.counted).toEqual(['counted refuse']);
  });

  test('that is traced has its story in our page, in an answer and in an error of ours; the one behind it has none', () => {
    const fixture = new Fixture();
    fixture.stage.context.trace = { client: '127.0.0.1', token: 'shown' };
    const heads: string[] = [];
    const ask = (url: string, shown = ''): void => {
      fixture.session.clientBytes(bytes(`GET ${url} HTTP/1.1⏎Host: a.example⏎${shown}⏎`));
      fixture.stage.settle();
    };
    const [page, good] = ['http://listed.example/page', 'http://a.example/'];
    const traced = 'Cleanfeed-Trace: shown⏎';
    for (const shown of [traced, '']) ask(page, shown);
    for (const shown of [traced, '']) {
      ask(good, shown);
      if (shown !== '') fixture.stage.connected();
      fixture.stage.settle();
      fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 0⏎⏎');
    }
    ask('http://b.example/', traced);
    fixture.stage.connectFails('refused');
    for (const line of fixture.port.take())
      if (line.startsWith('write '))
        heads.push(/Cleanfeed-Trace: (\w+=\w+(?:, list="own")?)/.exec(line)?.[1] ?? 'none');
    expect(heads).toEqual(['verdict=block, list="own"', 'none', 'verdict=pass', 'none', 'verdict=pass']);
  });

  test('that is malformed ends the connection', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(bytes('bad⏎⏎more'));
    const [answer, ...rest] = fixture.port.take();
    expect(answer).toMatch(/^write HTTP\/1\.1 400 Bad Request⏎/);
    expect(rest).toEqual(['becomes Closing', `deadline ${NOW + 60_000}`, 'end', 'resume reads', 'end']);
    expect(fixture.counted).toEqual(['counted refuse']);
  });

  test('that is its last, and whose answer the kernel takes, closes at once', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(bytes(`GET http://a.example/ HTTP/1.1⏎Connection: close⏎${HEAD}`));
    fixture.stage.connected();
    fixture.port.take();
    fixture.origin('HTTP/1.1 204 No Content⏎⏎');
    expect(fixture.port.take()).toEqual([
      'write later HTTP/1.1 204 No Content⏎Connection: close⏎Via: 1.1 hop-0123456789abcdef⏎⏎',
      'becomes Closing',
      'deadline 61000',
      'end, or close at once',
      'resume reads',
    ]);
  });

  test('to CONNECT is made a connection for, and takes along what came behind it', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(bytes('CONNECT a.example:443 HTTP/1.1⏎Host: a.example:443⏎⏎\0early'));
    expect(fixture.port.take()).toEqual(['becomes ConnectSession', 'deadline Infinity']);
    fixture.stage.connected();
    fixture.stage.settle();
    expect(fixture.port.take()).toEqual([
      'write HTTP/1.1 200 Connection established⏎⏎',
      'becomes FirstBytes',
      `deadline ${NOW + 300}`,
      'resume reads',
      'becomes OpaqueSession',
      `deadline ${NOW + 60_000}`,
      'becomes GatedTunnel',
      'resume reads',
      `deadline ${NOW + 7_440_000}`,
    ]);
    expect(fixture.stage.upstream()?.socket.taken).toBe('\0early');
  });

  test('whose origin does not answer is answered here', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    fixture.stage.connectFails('connectTimeout');
    const lines = fixture.port.take();
    expect(lines[1]).toMatch(/^write HTTP\/1\.1 504 Gateway Timeout⏎/);
    expect(fixture.counted).toEqual(['counted error']);
  });
});

describe('an answer of our own is for its reader', () => {
  const FRENCH = 'Accept: text/html⏎Accept-Language: fr-CA, en;q=0.5⏎';
  const asked = (line: string, more = ''): Buffer => bytes(`${line}⏎${FRENCH}${more}${HEAD}`);

  test.each<{ name: string; request: Buffer; fail?: true; want: RegExp }>([
    {
      name: 'an origin that does not answer',
      request: asked('GET http://a.example/ HTTP/1.1'),
      fail: true,
      want: /504 Gateway Timeout⏎Content-Type: text\/html.*⏎Content-Language: fr⏎.*<h1[^>]*>Le site est inaccessible</s,
    },
    {
      name: 'a target that cannot be read',
      request: asked('GET http://a.example:0/ HTTP/1.1'),
      want: /400 Bad Request⏎Content-Type: text\/html.*⏎Content-Language: fr⏎/s,
    },
    {
      name: 'a head that is malformed behind what names its reader',
      request: asked('GET http://a.example/ HTTP/1.1', 'bad field: x⏎'),
      want: /400 Bad Request⏎Content-Type: text\/html.*⏎Content-Language: fr⏎/s,
    },
    {
      name: 'cookies that are too large',
      request: asked('GET http://a.example/ HTTP/1.1', `Cookie: ${'x'.repeat(70_000)}⏎`),
      want: /431 Request Header Fields Too Large⏎Content-Type: text\/html.*<h1[^>]*>La requ/s,
    },
    {
      name: 'no page in place of a tunnel',
      request: bytes('CONNECT a.example:443 HTTP/1.1⏎Accept-Language: fr⏎Content-Length: 5⏎Host: a.example:443⏎⏎'),
      want: /400 Bad Request⏎Content-Type: text\/plain; charset=utf-8⏎Content-Language: fr⏎/,
    },
    {
      name: 'nothing that came before says who it is',
      request: bytes('\0⏎'),
      want: /400 Bad Request⏎Content-Type: text\/plain; charset=utf-8⏎Content-Language: en⏎/,
    },
  ])('$name', ({ request, fail, want }) => {
    const fixture = new Fixture();
    fixture.session.clientBytes(request);
    if (fail === true) fixture.stage.connectFails('connectTimeout');
    const written = fixture.port.take().filter((line) => line.startsWith('write '));
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(want);
    expect(written[0]).not.toMatch(/a\.example/);
  });

  test('a second request is not answered as the first one asked', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(asked('GET http://a.example/ HTTP/1.1'));
    fixture.stage.connectFails('connectTimeout');
    fixture.port.take();
    fixture.session.clientBytes(GET);
    fixture.stage.connectFails('connectTimeout');
    expect(fixture.port.take().join()).toMatch(/504 Gateway Timeout⏎Content-Type: text\/plain.*⏎Content-Language: en⏎/);
  });
});

describe('turns', () => {
  test('a head that waits for its turn holds the others back, and is read when it comes', () => {
    const fixture = new Fixture();
    fixture.stage.holdTurns(true);
    fixture.session.clientBytes(BLOCKED);
    expect(fixture.port.take()).toEqual(['others are held back', 'pause reads']);
    fixture.stage.holdTurns(false);
    const [resumed, page] = fixture.port.take();
    expect(resumed).toBe('resume reads');
    expect(page).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎/);
  });

  test('one that is held back reads no head before its turn, once however often it is told', () => {
    const fixture = new Fixture();
    fixture.session.holdBack();
    fixture.session.holdBack();
    expect(fixture.port.take()).toEqual(['pause reads']);
    // Read before, or by a Node that cannot be stopped.
    fixture.session.clientBytes(BLOCKED);
    expect(fixture.port.take()).toEqual([]);
    fixture.stage.holdTurns(false);
    expect(fixture.port.take()[0]).toBe('resume reads');
    expect(fixture.counted).toEqual(['counted block']);
  });

  test('one that has a request under way, or a client that sends no more, is not held back', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    fixture.port.take();
    fixture.session.holdBack();
    expect(fixture.port.take()).toEqual([]);
    const ended = new Fixture();
    ended.session.clientEnd();
    ended.port.take();
    ended.session.holdBack();
    expect(ended.port.take()).toEqual([]);
  });

  test('one that is held back and told to end does so', () => {
    const fixture = new Fixture();
    fixture.session.holdBack();
    fixture.stage.context.state.draining = true;
    fixture.session.drain();
    fixture.session.deadline(NOW + 1000);
    expect(fixture.port.take()).toContain('becomes Closing');
    fixture.stage.holdTurns(false);
    expect(fixture.port.take()).toEqual([]);
  });
});

describe('back-pressure', () => {
  test('a client that does not take its answers gets no further request read', () => {
    const fixture = new Fixture();
    fixture.port.unsent = 65 * 1024;
    fixture.session.clientBytes(GET);
    expect(fixture.port.take()).toEqual(['wait for the flush', 'pause reads']);
    fixture.port.flushed();
    expect(fixture.port.take()).toEqual(['resume reads', 'deadline Infinity']);
  });

  test('an answer that is not taken holds its origin', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    fixture.stage.connected();
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 4⏎⏎');
    fixture.port.take();
    fixture.port.unsent = 1;
    fixture.origin('ab');
    expect(fixture.port.take()).toEqual(['relay ab', 'deadline 61000', 'hold']);
    fixture.stage.context.clock.now += 500;
    fixture.port.flushed();
    expect(fixture.port.take()).toEqual(['deadline 61500']);
  });
});

describe('deadlines', () => {
  test.each([
    ['between two requests', 0, 'dropped idle_timeout', 'close'],
    ['inside a head', 20, 'dropped header_timeout', 'close'],
  ])('%s the client is dropped', (_, sent, dropped, end) => {
    const fixture = new Fixture();
    if (sent > 0) fixture.session.clientBytes(GET.subarray(0, sent));
    fixture.port.take();
    fixture.session.deadline(NOW + 200_000);
    expect(fixture.port.take()).toEqual([end]);
    expect(fixture.stage.trace.lines).toEqual([dropped]);
  });

  test('a client that still takes its answer has longer', () => {
    const fixture = new Fixture();
    fixture.port.unsent = 1;
    fixture.session.deadline(NOW + IDLE_MS);
    expect(fixture.port.take()).toEqual([]);
    fixture.session.deadline(NOW + IDLE_MS + 60_000);
    expect(fixture.port.take()).toEqual(['reset']);
  });

  test('an answer that stops is broken off with a reset', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(GET);
    fixture.stage.connected();
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 4⏎⏎ab');
    fixture.port.take();
    fixture.session.deadline(NOW + 60_000);
    expect(fixture.port.take()).toEqual(['reset']);
    expect(fixture.stage.upstream()?.socket.destroyed).toBe(true);
  });
});

describe('ends', () => {
  test('a client that ends between requests is closed', () => {
    const fixture = new Fixture();
    fixture.session.clientEnd();
    expect(fixture.port.take()).toEqual(['becomes Closing', 'deadline 61000', 'end', 'resume reads']);
  });

  test('a client that ends inside its body is closed, and its origin too', () => {
    const fixture = new Fixture();
    fixture.session.clientBytes(bytes(`POST http://a.example/ HTTP/1.1⏎Content-Length: 4⏎${HEAD}ab`));
    fixture.stage.connected();
    fixture.port.take();
    fixture.session.clientEnd();
    expect(fixture.port.take()).toEqual(['close']);
    fixture.session.clientClosed();
    expect(fixture.stage.upstream()?.socket.destroyed).toBe(true);
    expect(fixture.counted).toEqual(['counted pass']);
  });

  test('an idle session that is drained closes soon, one that reads a head does not', () => {
    const idle = new Fixture();
    idle.session.drain();
    expect(idle.port.take()).toEqual([`deadline ${NOW + 1000}`]);
    const busy = new Fixture();
    busy.session.clientBytes(GET.subarray(0, 10));
    busy.port.take();
    busy.session.drain();
    expect(busy.port.take()).toEqual([]);
  });
});
