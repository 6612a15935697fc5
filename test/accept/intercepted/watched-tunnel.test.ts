/** What goes on as no HTTP, and would become a request to some server. */
import { expect, test } from '@jest/globals';
import { OpaqueSession } from '../../../src/accept/intercepted/opaque-session.ts';
import { WatchedTunnel } from '../../../src/accept/intercepted/watched-tunnel.ts';
import { Fixture, NOTHING, bytes } from './fixture.ts';

class WatchedFixture extends Fixture<OpaqueSession> {
  constructor(early: string) {
    super(
      (context, host, port, originSide) =>
        new OpaqueSession({ context, host, port, isTls: false, second: null }, originSide),
    );
    this.first.begin({ bytes: bytes(early), hasEnded: false, upstream: this.stage.freshUpstream().real }, null);
  }

  get parts(): string[] {
    return this.port.take().filter((line) => /becomes|reset/.test(line));
  }
}

test.each([
  ['a method of any bytes', '\0\x01', [' /page', ' HTT', 'P/1.1\r\nHost: a.example\r\n\r\n'], '\0\x01 /page HTT'],
  ['no version', '\x01', [' /page', '\n'], '\x01 /page'],
])('%s: the line does not reach its end', (_name, early, later, taken) => {
  const fixture = new WatchedFixture(early);
  for (const text of later) fixture.client(text);
  expect(fixture.upstream.socket.taken).toBe(taken);
  expect(fixture.parts).toEqual(['becomes WatchedTunnel', 'reset']);
  fixture.client('GET /page HTTP/1.1\r\n');
  expect(fixture.upstream.socket.taken).toBe(taken);
  expect(fixture.traced('counted')).toEqual(['counted refuse']);
});

test('a line that ends otherwise frees the tunnel', () => {
  const fixture = new WatchedFixture('\0\x01');
  fixture.client(' /\xff\x01\n').client('x /page HTTP/1.1\r\n');
  expect(fixture.upstream.socket.taken).toBe('\0\x01 /\xff\x01\nx /page HTTP/1.1\r\n');
  expect(fixture.parts).toEqual(['becomes WatchedTunnel', 'becomes TunnelSession']);
});

test('an end of the client is carried on', () => {
  const fixture = new WatchedFixture('\0');
  fixture.part.clientEnd();
  expect([fixture.upstream.socket.taken, fixture.upstream.socket.writableEnded]).toEqual(['\0', true]);
});

test('nothing at all is a tunnel too', () => {
  const fixture = new Fixture<OpaqueSession>(
    (context, host, port, originSide) =>
      new OpaqueSession({ context, host, port, isTls: false, second: null }, originSide),
  );
  fixture.first.begin({ bytes: NOTHING, hasEnded: false, upstream: fixture.stage.freshUpstream().real }, null);
  expect(fixture.port.take()).toContain(`becomes ${WatchedTunnel.name}`);
});
