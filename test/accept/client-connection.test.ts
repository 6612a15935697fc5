/** One client's connection in any order of events: what must hold however client, origins, kernel and clock interleave. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClientConnection } from '../../src/accept/client-connection.ts';
import { FakeSocket, Later } from '../support/fake-socket.ts';
import { KINDS, MOVES, RandomPeers, wholeRequests, type Kind } from './random-peers.ts';
import { Stage, httpSession } from './stage.ts';

/** Of interleavings in which everything in `seen` occurs. */
const SEED = 12;
/** What brings requests and answers forward comes often, so that the rest finds them under way. */
const move = fc.record({
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...MOVES.slice(0, 5)) },
    { weight: 1, arbitrary: fc.constantFrom(...MOVES) },
  ),
  much: fc.integer({ min: 1, max: 120 }),
});
const script = fc.record({
  kinds: fc.array(fc.constantFrom(...KINDS, 'get', 'get', 'post'), { minLength: 2, maxLength: 6 }),
  moves: fc.array(move, { maxLength: 160, size: 'max' }),
});

/** What was seen, so that the property cannot hold because nothing happens. */
const seen = { answered: 0, tunnels: 0, cut: 0, blocked: 0, fromTwo: 0 };

const always = fc.property(script, ({ kinds, moves }) => {
  const peers = new RandomPeers(kinds);
  for (const each of moves) peers.perform(each);
  peers.end();
  nothingIsLeft(peers);
  nothingAfterTheEnd(peers);
  eachIsCountedOnce(peers);
  answersAreInOrder(peers);
  nothingIsSentTwice(peers);
});

describe('in any order of events answers come in order, once and whole; requests are counted once; nothing waits for ever or is left', () => {
  test('where all that matters happens', () => {
    fc.assert(always, { numRuns: 100, seed: SEED });
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  });

  test('whatever happens', () => {
    expect(() => fc.assert(always, { numRuns: 50 })).not.toThrow();
  });
});

test('a client whose heads must wait stops its other connections, and nobody else', () => {
  const stage = new Stage();
  const { context, connection, trace } = stage;
  const other = (actor: string, address: string): void => {
    const socket = new FakeSocket(actor, trace, new Later());
    const client = context.clients.client(address);
    context.clients.open(client);
    context.connections.add(
      new ClientConnection(context, connection.listener, socket.real, { client, clientPort: 1024, begin: httpSession }),
    );
  };
  other('second', connection.client.address);
  other('somebody else', '127.0.0.2');
  stage.holdTurns(true);
  stage.client.push(Buffer.from('GET http://refused.example/ HTTP/1.1\r\nHost: refused.example\r\n\r\n'));
  expect(trace.lines.filter((line) => line.endsWith(' paused'))).toEqual(['second paused', 'client paused']);
  stage.holdTurns(false);
  expect(trace.lines.filter((line) => line.endsWith(' resumed'))).toEqual(['client resumed', 'second resumed']);
});

// Was a fault: the socket's event comes after whatever has its turn in the same round of the loop.
test('a head that waits for its turn is not passed any more once its connection is closed', () => {
  const stage = new Stage();
  stage.holdTurns(true);
  stage.client.push(Buffer.from('GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'));
  stage.reload({ clients: { allow: ['192.0.2.0/24'] } });
  expect(stage.trace.lines).toContain('dropped client_denied');
  stage.holdTurns(false);
  expect([stage.asked, stage.trace.lines.filter((line) => line.startsWith('connect '))]).toEqual([0, []]);
  stage.settle();
  expect(stage.context.connections.size).toBe(0);
});

test('nor is its request sent when the way to its origin is there', () => {
  const stage = new Stage();
  stage.client.push(Buffer.from('GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'));
  stage.reload({ clients: { allow: ['192.0.2.0/24'] } });
  stage.connected();
  expect(stage.trace.lines).toContain('nobody wants a connection');
  stage.settle();
  expect(stage.context.connections.size).toBe(0);
});

/** Every wait had a deadline: only time has passed. */
function nothingIsLeft({ stage }: RandomPeers): void {
  expect(stage.context.connections.size).toBe(0);
  expect(stage.context.pool.size).toBe(0);
  expect(stage.upstreams.filter(({ socket }) => !socket.destroyed)).toEqual([]);
  expect(stage.upstreams.filter(({ user }) => user !== null)).toEqual([]);
}

function nothingAfterTheEnd({ stage: { trace } }: RandomPeers): void {
  const end = trace.lines.findIndex((line) => /^client (?:ended|destroyed|reset|closed)/.test(line));
  const after = end < 0 ? [] : trace.lines.slice(end + 1);
  expect(after.filter((line) => line.startsWith('client < '))).toEqual([]);
  expect(trace.lines.filter((line) => line.endsWith('written after the end'))).toEqual([]);
}

/** Nobody is asked about a request that a client hides in a tunnel behind bytes that are none: it is refused, and is the last. */
function eachIsCountedOnce({ stage: { asked, trace } }: RandomPeers): void {
  const counted = trace.lines.filter((line) => line.startsWith('counted '));
  const hidden = trace.lines.includes('not HTTP') ? counted.filter((line) => line === 'counted refuse').length : 0;
  expect(hidden).toBeLessThanOrEqual(1);
  expect(counted.length - hidden).toBe(asked);
}

function answersAreInOrder(peers: RandomPeers): void {
  const { stage, kinds } = peers;
  let rest = stage.client.taken;
  for (const [number, kind] of kinds.entries()) {
    rest = rest.replace(/^(?:HTTP\/1\.1 103 Early Hints\r\n(?:[^\r]+\r\n)*\r\n)+/, '');
    if (rest === '') return;
    const after = behindAnswer(rest, number, kind);
    if (after === null) {
      // Half an answer: the client must not take it for a whole one, unless it has itself gone.
      seen.cut += 1;
      expect(peers.clientIsGone || peers.clientHasEnded || stage.trace.lines.includes('client reset')).toBe(true);
      return;
    }
    rest = rest.slice(after);
  }
  expect(rest).toBe('');
}

/** @returns the length of the answer, or null if it is not whole */
function behindAnswer(text: string, number: number, kind: Kind): number | null {
  const head = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/.exec(text);
  if (head === null) return null;
  const start = head[0].length;
  const isOurs = !head[0].includes('X-Number: ');
  if (!isOurs) {
    expect(head[0]).toContain(`X-Number: ${number}\r\n`);
    seen.answered += 1;
  }
  if (head[1] === '403') seen.blocked += 1;
  if (kind === 'connect' && head[1] === '200') {
    seen.tunnels += 1;
    return text.length;
  }
  if (kind === 'head') return start;
  const length = /\r\nContent-Length: (\d+)\r\n/.exec(head[0])?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    if (!isOurs && end <= text.length) expect(text.slice(start, end)).toMatch(new RegExp(`^(?:<${number}>)+$`));
    return end <= text.length ? end : null;
  }
  expect(head[0]).toContain('Transfer-Encoding: chunked');
  const chunks = /^(?:1\r\n[^\r]\r\n)*0\r\n\r\n/.exec(text.slice(start));
  return chunks === null ? null : start + chunks[0].length;
}

/** A request that is not idempotent reaches one origin at most, and once. */
function nothingIsSentTwice({ stage }: RandomPeers): void {
  const sent = stage.upstreams.flatMap(({ socket }) => wholeRequests(socket.taken));
  const posts = sent.filter(({ method }) => method === 'POST').map(({ number }) => number);
  expect(new Set(posts).size).toBe(posts.length);
  if (stage.upstreams.filter(({ socket }) => socket.taken !== '').length > 1) seen.fromTwo += 1;
}
