/** Intercepted requests against playbooks: the very bytes, judged one by one. */
import { describe, expect, test } from '@jest/globals';
import { FirstBytes } from '../../../src/accept/intercepted/first-bytes.ts';
import type { StageSettings } from '../stage.ts';
import { Fixture, NOTHING, NOW, bytes, type PassageSettings } from './fixture.ts';

const GET = 'GET / HTTP/1.1⏎Host: a.example⏎⏎';
const BLOCKED = 'GET /page HTTP/1.1⏎Host: listed.example⏎⏎';
const OK = 'HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎ok';
const CONNECT = 'CONNECT a.example:443 HTTP/1.1⏎Host: a.example⏎⏎';
const UPGRADE = (protocol: string): string =>
  `GET / HTTP/1.1⏎Host: a.example⏎Connection: Upgrade⏎Upgrade: ${protocol}⏎⏎`;
const SWITCHED = (protocol: string): string => `HTTP/1.1 101 Switching Protocols⏎Upgrade: ${protocol}⏎⏎`;

/** OK as it is written where nothing follows it. */
const LAST = ['relay HTTP/1.1 200 OK⏎Content-Length: 2⏎', 'write Connection: close⏎', 'relay ⏎ok'];

/** As on a transparent listener, unless told: the first bytes decide, and an origin is dialled then. */
class RawFixture extends Fixture<FirstBytes> {
  constructor(originSide: PassageSettings = {}, settings: StageSettings = {}) {
    super((...parts) => new FirstBytes(...parts), originSide, settings);
    this.first.begin({ bytes: NOTHING, hasEnded: false, upstream: null });
    this.port.take();
  }

  /** The request is with the origin. */
  asked(request: string): this {
    this.client(request);
    this.stage.connected();
    this.settle();
    this.port.take();
    return this;
  }

  settle(): this {
    this.stage.settle();
    return this;
  }

  /** What the origin was sent, and forgets. */
  get sent(): string {
    this.settle();
    return this.upstream.socket.taken.replaceAll('\r\n', '⏎');
  }

  /** Lines of the port that matter here. */
  take(): string[] {
    return this.port.take().filter((line) => !/^deadline|^resume reads/.test(line));
  }

  get counted(): string[] {
    return this.traced('counted');
  }
}

describe('a request', () => {
  test('goes to the origin as it came, and its answer comes back as it is', () => {
    const odd = '⏎GET  /%zz//../a?b HTTP/1.1\nhost:A.Example \nX:  y\n\n';
    const fixture = new RawFixture().asked(odd);
    expect(fixture.sent).toBe(odd);
    const answer = 'HTTP/1.1 200 ok\nx : y\ncontent-length: 2\n\nok';
    fixture.origin(answer);
    // Nothing follows a head that not every server ends there.
    expect(fixture.take()).toEqual([`write later ${answer}`, 'becomes Closing', 'end']);
    expect(fixture.counted).toEqual(['counted pass']);
  });

  test('waits for the answer before', () => {
    const fixture = new RawFixture().asked(`${GET}GET /2 HTTP/1.1⏎Host: a.example⏎⏎`);
    expect(fixture.sent).toBe(GET);
    fixture.origin('HTTP/1.1 200 OK⏎Content-Le');
    fixture.origin('ngth: 2⏎⏎o');
    expect(fixture.sent).toBe(GET);
    fixture.origin('k');
    expect(fixture.sent).toBe(`${GET}GET /2 HTTP/1.1⏎Host: a.example⏎⏎`);
    fixture.origin(OK);
    expect(fixture.counted).toEqual(['counted pass', 'counted pass']);
    expect(fixture.stage.upstreams).toHaveLength(1);
  });

  test('that is blocked gets its page behind the answers that are owed, and not a byte of it goes on', () => {
    const fixture = new RawFixture().asked(`${GET}${BLOCKED}${GET}`);
    fixture.origin(OK);
    const [answer, page, ...rest] = fixture.take();
    expect(answer).toBe(`write later ${OK}`);
    expect(page).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎.*⏎Connection: close⏎/);
    expect(rest.slice(0, 2)).toEqual(['becomes Closing', 'end']);
    expect(fixture.sent).toBe(GET);
    expect(fixture.counted).toEqual(['counted pass', 'counted block']);
    expect(fixture.upstream.socket.destroyed).toBe(true);
  });

  test('that is blocked is so before anybody is dialled', () => {
    const fixture = new RawFixture().client(BLOCKED);
    expect(fixture.traced('connect')).toEqual([]);
    expect(fixture.take()[1]).toMatch(/^write HTTP\/1\.1 403 Forbidden⏎/);
  });

  test.each([
    ['two Hosts', 'GET / HTTP/1.1⏎Host: a.example⏎Host: b.example⏎⏎'],
    ['two framings', 'POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 1⏎Transfer-Encoding: chunked⏎⏎'],
    ['a bare CR', 'GET / HTTP/1.1⏎Host: a.example\rX: y⏎⏎'],
    ['a host that is none', 'GET / HTTP/1.1⏎Host: a%00.example⏎⏎'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0⏎⏎SM⏎⏎'],
  ])('that cannot be judged is refused, and nobody is dialled: %s', (_, text) => {
    const fixture = new RawFixture().client(text);
    const [, answer, ...rest] = fixture.take();
    expect(answer).toMatch(/^write HTTP\/1\.1 (?:400|505) .*⏎Connection: close⏎/);
    expect(rest.slice(0, 2)).toEqual(['becomes Closing', 'end']);
    expect(fixture.counted).toEqual(['counted refuse']);
    expect(fixture.traced('connect')).toEqual([]);
  });

  test('that is split has the time of a head from its first byte', () => {
    const fixture = new RawFixture().client(GET.slice(0, 8));
    expect(fixture.port.take().at(-1)).toBe(`deadline ${NOW + 10_000}`);
    fixture.client(GET.slice(8, 20));
    expect(fixture.port.take()).toEqual([]);
    fixture.client(GET.slice(20));
    fixture.stage.connected();
    expect(fixture.sent).toBe(GET);
  });

  test('with a body: sent on as it comes, its end observed', () => {
    const head = 'POST / HTTP/1.1⏎Host: a.example⏎Transfer-Encoding: chunked⏎⏎';
    const fixture = new RawFixture().asked(`${head}3;x=y⏎ab`);
    fixture.client('c⏎00⏎Trailer: x⏎');
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎o');
    fixture.client(`⏎${GET}`);
    expect(fixture.sent).toBe(`${head}3;x=y⏎abc⏎00⏎Trailer: x⏎⏎`);
    fixture.origin('k');
    expect(fixture.sent).toBe(`${head}3;x=y⏎abc⏎00⏎Trailer: x⏎⏎${GET}`);
  });

  test.each([
    ['4s', false],
    ['0s', true],
  ])(
    'with a body is its origin connection’s last one where the operator wants that (idleTimeoutAfterBody: %s)',
    (time, isLast) => {
      const fixture = new RawFixture({}, { upstream: { pool: { idleTimeoutAfterBody: time } } });
      fixture.asked('POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 2⏎⏎ab');
      fixture.origin(OK);
      expect([fixture.upstream.socket.destroyed, fixture.take()]).toEqual([isLast, [`write later ${OK}`]]);
    },
  );

  test('with a body that breaks: its origin is cut off', () => {
    const fixture = new RawFixture().asked('POST / HTTP/1.1⏎Host: a.example⏎Transfer-Encoding: chunked⏎⏎3⏎abc');
    fixture.client('zz');
    expect(fixture.stage.trace.lines).toContain('origin 1 reset');
    expect(fixture.take()[0]).toMatch(/^write HTTP\/1\.1 400 /);
    expect(fixture.counted).toEqual(['counted refuse']);
  });

  test('that offers another version of HTTP loses the offer, and nothing else', () => {
    const fixture = new RawFixture().asked(UPGRADE('h2c'));
    expect(fixture.sent).toBe('GET / HTTP/1.1⏎Host: a.example⏎Connection: Upgrade⏎⏎');
    fixture.origin(SWITCHED('h2c'));
    expect(fixture.take()).toEqual(['reset']);
  });

  test('without a Host: what it is connected to is judged', () => {
    const fixture = new RawFixture({ fallbackHost: 'listed.example' }).client('GET /page HTTP/1.0⏎⏎');
    expect(fixture.counted).toEqual(['counted block']);
    const nobody = new RawFixture({ fallbackHost: null }).client('GET /page HTTP/1.0⏎⏎');
    expect(nobody.counted).toEqual(['counted refuse']);
  });

  test.each([
    ['target', 'GET http://listed.example/page HTTP/1.1⏎Host: a.example⏎⏎'],
    ['Host', 'GET http://a.example/page HTTP/1.1⏎Host: listed.example⏎⏎'],
  ])('in absolute-form: blocked by its %s', (_, text) => {
    expect(new RawFixture().client(text).counted).toEqual(['counted block']);
  });

  test('in absolute-form, with a port: judged there too, and one hit is counted once', () => {
    const at = (text: string, list?: string): RawFixture =>
      new RawFixture({}, list === undefined ? {} : { list }).client(`GET http://listed.example${text} HTTP/1.1⏎⏎`);
    expect(at(':8081/page').traced('hit')).toEqual(['hit of list 0']);
    const list = 'http://listed.example:8081/ported';
    expect(at(':8081/ported', list).counted).toEqual(['counted block']);
    expect(at(':8081/ported', list).traced('hit')).toEqual(['hit of list 0']);
    for (const text of [':8082/ported', '/ported']) expect(at(text, list).traced('connect')).toHaveLength(1);
  });

  test('to another host than CONNECT has named: both are judged', () => {
    const named = { fallbackHost: 'listed.example', isNamed: true };
    expect(new RawFixture(named).client('GET /page HTTP/1.1⏎Host: a.example⏎⏎').counted).toEqual(['counted block']);
    const passing = new RawFixture(named).asked('GET /other HTTP/1.1⏎Host: a.example⏎⏎');
    passing.origin(OK);
    expect(passing.counted).toEqual(['counted pass']);
  });

  test('HTTP/0.9: the answer lasts until the connection ends', () => {
    const fixture = new RawFixture().asked('GET /⏎');
    fixture.origin('<html>');
    fixture.upstream.socket.finish();
    expect(fixture.take()).toEqual(['relay <html>', 'becomes Closing', 'end, or close at once']);
    expect(fixture.counted).toEqual(['counted pass']);
  });

  test('HTTP/0.9: nothing but the end is an answer too, and counts', () => {
    const fixture = new RawFixture().asked('GET /⏎');
    fixture.upstream.socket.finish();
    expect([fixture.take()[0], fixture.counted]).toEqual(['becomes Closing', ['counted pass']]);
  });
});

describe('on a steered listener', () => {
  const at = (host: string): never => ({ host, port: 80, key: `${host}:80`, authority: host }) as never;
  const steered: PassageSettings = {
    fallbackHost: null,
    destination: (facts) => (facts === null ? null : at(facts.host)),
  };

  test('a request that names another host gets a connection of its own, behind the answer before', () => {
    const fixture = new RawFixture(steered).asked(`${GET}GET / HTTP/1.1⏎Host: b.example⏎⏎`);
    expect(fixture.traced('connect')).toEqual(['connect a.example:80']);
    fixture.origin(OK);
    expect(fixture.traced('connect')).toEqual(['connect a.example:80', 'connect b.example:80']);
    expect(fixture.upstream.socket.destroyed).toBe(true);
    fixture.stage.connected();
    expect(fixture.sent).toBe('GET / HTTP/1.1⏎Host: b.example⏎⏎');
    // Nobody needs its port: it ends as connections do.
    expect(fixture.traced('origin').filter((line) => line.endsWith('reset'))).toEqual([]);
  });

  test('a request behind an Upgrade stays with the origin that has agreed to it; both hosts are judged', () => {
    const inside = (host: string): RawFixture => {
      const fixture = new RawFixture(steered).asked(UPGRADE('other'));
      fixture.origin(SWITCHED('other'));
      return fixture.client(`GET /page HTTP/1.1⏎Host: ${host}⏎⏎`);
    };
    const passed = inside('b.example');
    expect(passed.traced('connect')).toEqual(['connect a.example:80']);
    expect(passed.sent).toContain('Host: b.example');
    expect(inside('listed.example').counted).toEqual(['counted pass', 'counted block']);
  });

  // Was a bug: an ordinary end holds the port, and the client was reset where both hosts have one address.
  test('from the client’s own port: the connection before is reset, so that the next one has the port', () => {
    const fixture = new RawFixture({ ...steered, isFromClientsPort: true }).asked(GET);
    const endings = (): readonly string[] => fixture.traced('origin').filter((line) => /destroyed|reset/.test(line));
    fixture.origin(OK);
    fixture.asked('GET / HTTP/1.1⏎Host: b.example⏎⏎');
    expect(endings()).toEqual([expect.stringMatching(/reset$/)]);
    expect(fixture.traced('connect')).toEqual(['connect a.example:80', 'connect b.example:80']);
  });
});

describe('an answer', () => {
  test.each([
    ['to HEAD', 'HEAD / HTTP/1.1⏎Host: a.example⏎⏎', 'HTTP/1.1 200 OK⏎Content-Length: 5⏎⏎'],
    ['without content', GET, 'HTTP/1.1 204 No Content⏎⏎'],
    ['that is still the same', GET, 'HTTP/1.1 304 Not Modified⏎Content-Length: 5⏎⏎'],
    ['behind interim ones', GET, `HTTP/1.1 100 Continue⏎⏎HTTP/1.1 103 Early Hints⏎X: y⏎⏎${OK}`],
    ['in chunks', GET, 'HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎1;x⏎a⏎0⏎T: v⏎⏎'],
  ])('%s ends where it ends, and the next request follows', (_, request, answer) => {
    const fixture = new RawFixture().asked(request);
    for (const byte of bytes(answer).toString('latin1')) fixture.upstream.socket.push(Buffer.from(byte, 'latin1'));
    fixture.client(GET);
    expect(fixture.sent).toBe(`${request}${GET}`);
    expect(
      fixture
        .take()
        .filter((line) => /^(?:relay|write)/.test(line))
        .map((line) => line.replace(/^(?:relay|write later) /, ''))
        .join(''),
    ).toBe(answer.replaceAll('⏎', '\r\n'));
  });

  test.each([
    ['ICY 200 OK⏎icy-name: x⏎⏎', 'mp3'],
    ['no head at all', 'more'],
    ['HTTP/1.1 200 OK⏎Transfer-Encoding: gzip, chunked⏎⏎', '0⏎⏎'],
    ['HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎zz', '⏎0⏎⏎'],
    ['HTTP/1.1 200 OK⏎Content-Length: 1⏎Content-Length: 2⏎⏎', 'ab'],
  ])('that is unclear lasts until the connection ends, and no request follows: %s', (head, body) => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin(head);
    fixture.client(GET);
    fixture.origin(body);
    expect(fixture.sent).toBe(GET);
    expect(fixture.take().filter((line) => line.startsWith('relay'))).toEqual([`relay ${head}`, `relay ${body}`]);
    fixture.upstream.socket.finish();
    expect(fixture.take().slice(0, 2)).toEqual(['becomes Closing', 'end']);
    expect(fixture.counted).toEqual(['counted pass']);
  });

  test.each([
    ['the client has called its request the last', 'GET / HTTP/1.1⏎Host: a.example⏎Connection: close⏎⏎', OK],
    ['the origin closes', GET, 'HTTP/1.1 200 OK⏎Connection: close⏎Content-Length: 2⏎⏎ok'],
    ['it comes before the body', 'POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 2⏎⏎x', OK],
  ])('is the last on the connection where %s', (_, request, answer) => {
    const fixture = new RawFixture().asked(request);
    fixture.origin(answer);
    const lines = fixture.take();
    expect(lines.slice(0, 2)).toEqual([`write later ${answer}`, 'becomes Closing']);
    expect(lines[2]).toBe(request.includes('Connection: close') ? 'end, or close at once' : 'end');
    expect(fixture.upstream.socket.destroyed).toBe(true);
  });

  test.each([
    ['a body is where none is read', 'GET / HTTP/1.1⏎Host: a.example⏎Content-Length: 1⏎⏎x'],
    ['a body went to a host with path entries', 'POST / HTTP/1.1⏎Host: listed.example⏎Content-Length: 1⏎⏎x'],
  ])('is the last of its origin’s connection where %s: the client’s goes on with another one', (_, request) => {
    const fixture = new RawFixture().asked(request);
    const { upstream } = fixture;
    fixture.origin(OK);
    expect([fixture.take(), upstream.socket.destroyed]).toEqual([[`write later ${OK}`], true]);
    fixture.asked(GET);
    expect(fixture.traced('connect')).toHaveLength(2);
    expect(fixture.upstream).not.toBe(upstream);
    expect(fixture.sent).toBe(GET);
    fixture.origin(OK);
    expect([fixture.take(), fixture.upstream.socket.destroyed]).toEqual([[`write later ${OK}`], false]);
  });

  describe('to a body that not every origin reads', () => {
    const endings = (fixture: RawFixture): readonly string[] =>
      fixture.traced('origin').filter((line) => /destroyed|reset/.test(line));
    const asked = (isFromClientsPort: boolean): RawFixture => {
      const fixture = new RawFixture({ isFromClientsPort }).asked(
        'GET / HTTP/1.1⏎Host: a.example⏎Content-Length: 1⏎⏎x',
      );
      fixture.origin(OK);
      fixture.take();
      return fixture;
    };

    test('is the last of its origin’s connection, which ends: what the system still has of the body goes out', () => {
      expect(endings(asked(false))).toEqual([expect.stringMatching(/destroyed$/)]);
    });

    test('leaves a connection from the client’s own port as it is, until the next one needs the port', () => {
      const fixture = asked(true);
      expect(endings(fixture)).toEqual([]);
      fixture.asked(GET);
      expect(endings(fixture)).toEqual([expect.stringMatching(/reset$/)]);
      expect(fixture.traced('connect')).toHaveLength(2);
      expect(fixture.sent).toBe(GET);
    });
  });

  test('is the last one inside of what an origin has agreed to, where a body is that not every origin reads', () => {
    const fixture = new RawFixture().asked('GET / HTTP/1.1⏎Host: a.example⏎Connection: Upgrade⏎Upgrade: other⏎⏎');
    fixture.origin('HTTP/1.1 101 Switching Protocols⏎Upgrade: other⏎⏎');
    fixture.client('GET / HTTP/1.1⏎Host: a.example⏎Content-Length: 1⏎⏎x').settle();
    fixture.take();
    fixture.origin(OK);
    expect(fixture.take().slice(0, 2)).toEqual([`write later ${OK}`, 'becomes Closing']);
    expect(fixture.upstream.socket.destroyed).toBe(true);
  });

  test('with bytes behind it: those belong to nobody', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin(`${OK}HTTP/1.1 200 OK⏎Content-Length: 6⏎⏎listed`);
    expect(fixture.take().slice(0, 3)).toEqual([`write later ${OK}`, 'becomes Closing', 'end']);
  });

  test('that nobody has asked for ends the connection', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin(OK);
    fixture.take();
    fixture.origin('HTTP/1.1 408 Request Timeout⏎⏎');
    expect(fixture.take().slice(0, 2)).toEqual(['becomes Closing', 'end']);
  });

  test('with too many before it is cut off', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin('HTTP/1.1 103 Early Hints⏎⏎'.repeat(17));
    expect(fixture.take()).toEqual(['reset']);
    expect(fixture.counted).toEqual(['counted error']);
  });

  test('holds its origin while its client does not take it', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.port.unsent = 1;
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 4⏎⏎ab');
    expect(fixture.take().at(-1)).toBe('hold');
    fixture.stage.context.clock.now += 500;
    fixture.port.flushed();
    expect(fixture.port.take()).toEqual([`deadline ${NOW + 7_440_500}`]);
  });
});

describe('other protocols', () => {
  test.each([
    ['websocket', 'becomes TunnelSession'],
    ['other', 'becomes FirstBytes'],
  ])('%s: %s', (protocol, line) => {
    const fixture = new RawFixture({ notHttp: 'refuse' }).asked(UPGRADE(protocol));
    expect(fixture.sent).toBe(UPGRADE(protocol));
    fixture.origin(`${SWITCHED(protocol)}frame`);
    expect(fixture.take()).toEqual([`write ${SWITCHED(protocol)}frame`, line]);
  });

  // Was a hole in explicit mode: inside of whatever protocol the origin agreed to, requests went unjudged.
  test('HTTP behind a switch to something else is judged', () => {
    const fixture = new RawFixture().asked(UPGRADE('other'));
    fixture.origin(SWITCHED('other'));
    fixture.client(BLOCKED);
    expect(fixture.counted).toEqual(['counted pass', 'counted block']);
  });

  test('what is neither HTTP nor TLS behind a switch is judged by the address connected to', () => {
    const fixture = new RawFixture({ fallbackHost: 'refused.example' }).asked(UPGRADE('other'));
    fixture.origin(SWITCHED('other'));
    fixture.client('\0other');
    expect(fixture.counted).toEqual(['counted pass', 'counted block']);
  });

  test('that nobody has asked for end the connection', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin(SWITCHED('websocket'));
    expect(fixture.take()).toEqual(['reset']);
  });

  test('inside a CONNECT that an origin answers everything is judged as ever', () => {
    const fixture = new RawFixture().asked('CONNECT listed.example:80 HTTP/1.1⏎Host: listed.example⏎⏎');
    fixture.origin('HTTP/1.1 200 OK⏎⏎');
    expect(fixture.take()).toEqual(['write HTTP/1.1 200 OK⏎⏎', 'becomes FirstBytes']);
    fixture.client('GET /other HTTP/1.1⏎Host: listed.example⏎⏎').settle();
    fixture.origin(OK);
    fixture.client('GET /page HTTP/1.0⏎⏎');
    expect(fixture.counted).toEqual(['counted pass', 'counted pass', 'counted block']);
    expect(fixture.stage.upstreams).toHaveLength(1);
  });

  test('a CONNECT to a listed host is blocked, one that its origin refuses is answered', () => {
    expect(new RawFixture().client(CONNECT.replaceAll('a.example', 'refused.example')).counted).toEqual([
      'counted block',
    ]);
    const fixture = new RawFixture().asked(CONNECT);
    fixture.origin('HTTP/1.1 405 No⏎Content-Length: 0⏎⏎');
    expect(fixture.take()).toEqual(['write later HTTP/1.1 405 No⏎Content-Length: 0⏎⏎']);
  });

  test('what an origin switches to behind a CONNECT that it has refused is judged by the address connected to, not by what that CONNECT has named', () => {
    const fixture = new RawFixture({ fallbackHost: 'refused.example' }).asked(CONNECT);
    fixture.origin('HTTP/1.1 405 No⏎Content-Length: 0⏎⏎');
    fixture.client(UPGRADE('other')).settle();
    fixture.origin(SWITCHED('other'));
    fixture.client('\0other');
    expect(fixture.counted).toEqual(['counted pass', 'counted pass', 'counted block']);
  });
});

describe('ends', () => {
  test('an end of the client is carried on, and what it is owed still comes', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.part.clientEnd();
    expect(fixture.upstream.socket.writableEnded).toBe(true);
    fixture.origin(OK);
    expect(fixture.take().slice(0, 3)).toEqual([`write later ${OK}`, 'becomes Closing', 'end']);
  });

  test('an end of the client waits for requests that are not sent yet', () => {
    const fixture = new RawFixture().client(`${GET}${GET}`);
    fixture.part.clientEnd();
    fixture.stage.connected();
    fixture.settle();
    expect(fixture.upstream.socket.writableEnded).toBe(false);
    fixture.origin(OK);
    fixture.settle();
    expect([fixture.sent, fixture.upstream.socket.writableEnded]).toEqual([`${GET}${GET}`, true]);
    fixture.origin(OK);
    expect(fixture.counted).toEqual(['counted pass', 'counted pass']);
  });

  test('an end inside a body cuts the origin off', () => {
    const fixture = new RawFixture().asked('POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 4⏎⏎ab');
    fixture.part.clientEnd();
    expect(fixture.take()).toEqual(['close']);
    expect(fixture.stage.trace.lines).toContain('origin 1 reset');
  });

  test('an end inside a head goes nowhere', () => {
    const fixture = new RawFixture().client('GET / HTTP/1.1⏎Ho');
    fixture.part.clientEnd();
    expect(fixture.traced('connect')).toEqual([]);
    expect(fixture.take().slice(-1)).toEqual(['end']);
  });

  test.each([
    ['before it', ''],
    ['inside it', 'HTTP/1.1 200 OK⏎Content-Length: 4⏎⏎ab'],
  ])('an end of the origin %s is carried on', (_, answer) => {
    const fixture = new RawFixture().asked(GET);
    if (answer !== '') fixture.origin(answer);
    fixture.take();
    fixture.upstream.socket.finish();
    expect(fixture.take().slice(0, 2)).toEqual(['becomes Closing', 'end']);
    expect(fixture.stage.trace.lines).toContain('upstream error premature_close');
    expect(fixture.counted).toEqual([answer === '' ? 'counted error' : 'counted pass']);
  });

  test('an end of an idle origin is carried on', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin(OK);
    fixture.take();
    fixture.upstream.socket.finish();
    expect(fixture.take().slice(0, 2)).toEqual(['becomes Closing', 'end']);
    expect(fixture.traced('upstream error')).toEqual([]);
  });

  test('a reset of the origin is carried on', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.upstream.socket.gone('ECONNRESET');
    fixture.settle();
    expect(fixture.take()).toEqual(['reset']);
    expect(fixture.counted).toEqual(['counted error']);
  });

  test.each([
    [true, 'origin 1 reset'],
    [false, 'origin 1 destroyed'],
  ])('the client is gone, by a reset: %s', (hadError, line) => {
    const fixture = new RawFixture().asked(GET);
    fixture.part.clientClosed(hadError);
    expect(fixture.stage.trace.lines).toContain(line);
    expect(fixture.counted).toEqual(['counted pass']);
  });

  test.each([
    ['ab', false, false],
    ['abcd', false, true],
    ['abcd', true, false],
  ])(
    'half an answer to %s of four bytes; the origin does not take them: %s; what was asked is with its system: %s',
    (body, isStalled, isSent) => {
      const fixture = new RawFixture().asked('POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 4⏎⏎');
      if (isStalled) fixture.upstream.socket.stall();
      fixture.client(body);
      fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎o');
      const { isUnderWay, isSent: isSentNow } = fixture.part;
      expect([isUnderWay, isSentNow]).toEqual([true, isSent]);
    },
  );

  test('an origin that cannot be reached looks as it would without us', () => {
    const fixture = new RawFixture().client(GET);
    fixture.take();
    fixture.stage.connectFails('connectTimeout');
    expect(fixture.take()).toEqual(['reset']);
    expect(fixture.counted).toEqual(['counted error']);
  });

  test('a destination that is refused is counted as refused', () => {
    const fixture = new RawFixture().client(GET);
    fixture.stage.connectFails('denied');
    expect(fixture.counted).toEqual(['counted refuse']);
  });
});

describe('deadlines', () => {
  test.each([
    ['between two requests', '', 'dropped idle_timeout', ['close']],
    ['inside a head', GET.slice(0, 9), 'dropped header_timeout', ['close']],
    ['inside a body', 'POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 4⏎⏎ab', 'dropped body_timeout', ['reset']],
  ])('%s the client is dropped', (_, text, dropped, end) => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin(OK);
    if (text !== '') fixture.client(text);
    fixture.take();
    fixture.part.deadline(NOW + 200_000);
    expect(fixture.take()).toEqual(end);
    expect(fixture.traced('dropped')).toEqual([dropped]);
  });

  // Was so: the connection had no longer than a head has, though nothing was to come.
  test.each(['⏎', '\r', '\n'])(
    'a blank line behind a body (%j) is no head: the connection is idle, and goes on',
    (blank) => {
      const fixture = new RawFixture().asked(`POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 2⏎⏎ab${blank}`);
      fixture.origin(OK);
      expect(fixture.port.take()).toContain(`deadline ${NOW + (2 * 60 + 4) * 60_000}`);
      fixture.part.deadline(NOW + 200_000);
      expect(fixture.traced('dropped')).toEqual(['dropped idle_timeout']);
      const served = new RawFixture().asked(`POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 2⏎⏎ab${blank}`);
      served.origin(OK);
      served.client(`${blank === '\r' ? '\n' : ''}${GET}`);
      expect(served.sent.replaceAll(/[⏎\r\n]*/g, '')).toMatch(/abGET \/ HTTP/);
    },
  );

  test('an origin that does not answer is given up, and the client reset', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.part.deadline(NOW + 60_000);
    expect(fixture.take()).toEqual(['reset']);
    expect(fixture.traced('upstream error')).toEqual(['upstream error first_byte_timeout']);
    expect(fixture.counted).toEqual(['counted error']);
  });

  test('an answer that stops is given up as such, and the client reset', () => {
    const fixture = new RawFixture().asked(GET);
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎o');
    fixture.take();
    fixture.part.deadline(NOW + 10_000_000);
    expect(fixture.take()).toEqual(['reset']);
    expect(fixture.traced('upstream error')).toEqual(['upstream error body_timeout']);
  });

  test('the time until there is a connection is not the filter’s', () => {
    const fixture = new RawFixture();
    const { context } = fixture.stage;
    const added: number[] = [];
    context.counters = { ...context.counters, requestDuration: (seconds) => void added.push(seconds) };
    let now = 7000;
    context.clock.precise = () => (now += 1);
    fixture.client(GET);
    now += 500;
    fixture.stage.connected();
    expect(added).toHaveLength(1);
    expect(added[0]).toBeLessThan(0.01);
  });

  test('an idle connection ends soon when the thread does, a busy one behind its answer', () => {
    const idle = new RawFixture().asked(GET);
    idle.origin(OK);
    idle.take();
    idle.stage.context.state.draining = true;
    idle.part.drain();
    expect(idle.port.take()).toEqual([`deadline ${NOW + 1000}`]);
    const busy = new RawFixture().asked(GET);
    busy.stage.context.state.draining = true;
    busy.origin(OK);
    expect(busy.take()).toEqual([...LAST, 'becomes Closing', 'end']);
  });

  test('the last of `requestsPerConnection` says so, with the body that comes later', () => {
    const fixture = new RawFixture({}, { limits: { requestsPerConnection: 2 } }).asked(GET);
    fixture.origin(OK);
    expect(fixture.take()).toEqual([`write later ${OK}`]);
    fixture.client(GET).settle();
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎o');
    expect(fixture.take()).toEqual([...LAST.slice(0, 2), 'relay ⏎o']);
    fixture.origin('k');
    expect(fixture.take()).toEqual(['write later k', 'becomes Closing', 'end']);
  });

  test.each([
    ['the origin has said it', ['HTTP/1.1 200 OK⏎Connection: close⏎Content-Length: 2⏎⏎ok']],
    ['it lasts until the origin ends it', ['HTTP/1.1 200 OK⏎⏎ok']],
    ['its blank line comes in two', ['HTTP/1.1 200 OK⏎Content-Length: 2⏎\r', '\nok']],
    ['there is no head', ['ok']],
  ])('nothing is added to an answer: %s', (_, pieces) => {
    const fixture = new RawFixture({}, { limits: { requestsPerConnection: 1 } }).asked(GET);
    for (const piece of pieces) fixture.origin(piece);
    const written = fixture.take().filter((line) => !/^(?:becomes|end)/.test(line));
    const text = written.map((line) => line.replace(/^(?:relay|write later) /, '')).join('');
    expect(text.replaceAll('\r\n', '⏎')).toBe(pieces.join('').replaceAll('\r\n', '⏎'));
  });

  test('what has been announced happens, whatever a reload permits by then', () => {
    const fixture = new RawFixture({}, { limits: { requestsPerConnection: 1 } }).asked(GET);
    fixture.origin('HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎o');
    fixture.take();
    fixture.stage.reload({ limits: { requestsPerConnection: 1000 } });
    fixture.origin('k');
    expect(fixture.take()).toEqual(['write later k', 'becomes Closing', 'end']);
  });
});

describe('where the listener is to tell origins the client', () => {
  const TOLD = 'X-Forwarded-For: 127.0.0.1⏎';

  test.each([
    ['GET / HTTP/1.1⏎Host: a.example⏎⏎', `GET / HTTP/1.1⏎Host: a.example⏎${TOLD}⏎`],
    // What the client says of itself stands before it.
    [
      'GET / HTTP/1.0⏎X-Forwarded-For: 198.51.100.9⏎Host: a.example⏎⏎',
      `GET / HTTP/1.0⏎X-Forwarded-For: 198.51.100.9⏎Host: a.example⏎${TOLD}⏎`,
    ],
    ['GET / HTTP/1.1\nHost: a.example\n\n', `GET / HTTP/1.1\nHost: a.example\n${TOLD}\n`],
    [
      'POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 2⏎⏎ok',
      `POST / HTTP/1.1⏎Host: a.example⏎Content-Length: 2⏎${TOLD}⏎ok`,
    ],
    [
      'GET / HTTP/1.1⏎Host: a.example⏎Connection: Upgrade⏎Upgrade: h2c⏎⏎',
      `GET / HTTP/1.1⏎Host: a.example⏎Connection: Upgrade⏎${TOLD}⏎`,
    ],
    // HTTP/0.9 has no fields.
    ['GET /⏎', 'GET /⏎'],
  ])('%j', (request, wanted) => {
    const fixture = new RawFixture({ clientField: 'x-forwarded-for' });
    fixture.client(request).stage.connected();
    expect(fixture.sent).toBe(wanted);
  });
});
