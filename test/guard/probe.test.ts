/** Probes against real sockets: the guard's own page, and everything that is not it. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exchange } from '../../src/guard/exchange.ts';
import { Origin } from '../../src/guard/origin.ts';
import { authority, probeListed, probePage } from '../../src/guard/probe.ts';
import type { Endpoint, ProbeSettings } from '../../src/guard/settings.ts';
import { freePort } from '../support/free-port.ts';

/** Where an answer comes, and where none does. */
const LONG_MS = 60_000;
const TIMEOUT_MS = 200;
/** As the filter marks responses of its own. */
const OWN = 'Proxy-Status: p0; error=http_request_denied\r\n';
let origin: Origin;
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  origin = await Origin.listen({ address: '127.0.0.1', port: 0 });
});
afterEach(() => {
  origin.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each connection as told. */
async function peer(answer: (socket: Socket) => void): Promise<Endpoint> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** It passes everything on, from the first byte that comes: as a filter that dials when it knows what is asked. */
async function passingPeer(): Promise<Endpoint> {
  return await peer((socket) => {
    socket.once('data', (first) => {
      const upstream = connect(origin.endpoint.port, '127.0.0.1');
      sockets.push(upstream);
      upstream.on('error', () => {}).write(first);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
  });
}

function probeOf(to: Endpoint, form: ProbeSettings['form'] = 'absolute'): ProbeSettings {
  return { listener: 'a', form, to, from: null, before: '', host: authority(origin.endpoint) };
}

async function probed(
  to: Endpoint,
  form: ProbeSettings['form'] = 'absolute',
  timeoutMs: number = LONG_MS,
): Promise<string> {
  const terms = {
    origin: origin.endpoint,
    timeoutMs,
    await: (page: string) => origin.await(page),
  };
  const { result, status } = await probePage(probeOf(to, form), terms);
  return status === null ? result : `${result} ${status}`;
}

describe('the page', () => {
  test.each(['absolute', 'origin'] as const)('through a peer, %s-form: ok', async (form) => {
    expect(await probed(await passingPeer(), form)).toBe('ok');
  });

  test.each(['absolute', 'origin'] as const)(
    'nobody stands in between, %s-form: that is no proof of anything',
    async (form) => {
      expect(await probed(origin.endpoint, form)).toBe('direct');
    },
  );

  // Was a fault: once in ten thousand probes of a listener on loopback, whose filter was then suspected.
  test('through a peer that connects to it from a port of the same number: ok', async () => {
    let asker: Endpoint | null = null;
    const to = await peer((socket) => {
      asker = { address: '127.0.0.1', port: socket.remotePort ?? 0 };
      socket.once('data', (head) => {
        const [, nonce = ''] = /\/([0-9a-f]{24}) HTTP/.exec(head.toString()) ?? [];
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${nonce.length}\r\n\r\n${nonce}`);
      });
    });
    const terms = { origin: origin.endpoint, timeoutMs: LONG_MS, await: () => () => asker };
    expect(await probePage(probeOf(to), terms)).toEqual({ result: 'ok', status: null });
  });

  // Was told by the order of two events, which was another one where many came at once: a dead filter was taken for half a one.
  test('nobody stands in between, many at once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, async () => await probed(origin.endpoint, 'origin')));
    expect(new Set(all)).toEqual(new Set(['direct']));
  });

  // Was so: whoever held as many connections to the page as it takes had the filter taken out of the path.
  test('through a peer, while others hold more connections to the page than it has', async () => {
    const to = await passingPeer();
    const held = Array.from({ length: 300 }, () => connect(origin.endpoint.port, '127.0.0.1').on('error', () => {}));
    sockets.push(...held);
    await Promise.all(held.map(async (socket) => await once(socket, 'connect')));
    expect(await probed(to)).toBe('ok');
  });

  test('many at once', async () => {
    const to = await passingPeer();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, async () => await probed(to, 'origin'))))).toEqual(
      new Set(['ok']),
    );
  });

  test.each([
    { want: 'closed', answer: (socket: Socket) => void socket.end() },
    { want: 'reset', answer: (socket: Socket) => void socket.resetAndDestroy() },
    { want: 'timeout', answer: () => {} },
    { want: 'answer 403', answer: (socket: Socket) => void socket.end('HTTP/1.1 403 Forbidden\r\n\r\nno') },
    // Was so: a list entry that covers the page took the filter out of the path everywhere.
    { want: 'denied 403', answer: (socket: Socket) => void socket.write(`HTTP/1.1 403 Forbidden\r\n${OWN}\r\n`) },
    { want: 'denied 451', answer: (socket: Socket) => void socket.end(`HTTP/1.1 451 Unavailable\r\n${OWN}\r\nno`) },
    { want: 'answer 502', answer: (socket: Socket) => void socket.end(`HTTP/1.1 502 Bad Gateway\r\n${OWN}\r\n`) },
    { want: 'answer 403', answer: (socket: Socket) => void socket.end(`HTTP/1.1 403 Forbidden\r\n\r\n\r\n${OWN}`) },
    { want: 'answer 200', answer: (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nanother page') },
    { want: 'answer', answer: (socket: Socket) => void socket.end('SSH-2.0-x\r\n') },
    { want: 'answer 200', answer: (socket: Socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1e6)}`) },
    { want: 'timeout', answer: (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n') },
  ])('$want', async ({ want, answer }) => {
    // A busy machine may be late with its timers, and then it does not say that it was a timeout.
    expect([want, want === 'timeout' ? 'late' : want]).toContain(
      await probed(await peer(answer), 'absolute', want === 'timeout' ? TIMEOUT_MS : LONG_MS),
    );
  });

  test('an echo of the request is no page', async () => {
    const to = await peer((socket) => socket.pipe(socket));
    expect(['timeout', 'late']).toContain(await probed(to, 'absolute', TIMEOUT_MS));
  });

  test('nobody listens', async () => {
    expect(await probed({ address: '127.0.0.1', port: await freePort() })).toBe('refused');
  });

  test('no way there', async () => {
    expect(await probed({ address: '255.255.255.255', port: 80 })).toBe('unreachable');
  });

  test('a timer that is very late says nothing', async () => {
    const to = await peer(() => {});
    const waiting = probed(to, 'absolute', TIMEOUT_MS);
    setImmediate(() => setImmediate(() => standStill(2 * TIMEOUT_MS)));
    expect(await waiting).toBe('late');
  });

  test('an answer that came while this process stood still is one', async () => {
    const to = await passingPeer();
    const answer = await exchange({
      to,
      from: null,
      request: `GET http://${authority(origin.endpoint)}/${'a'.repeat(24)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      timeoutMs: 1000,
      isEnough: (bytes) => {
        // In the midst of it, with the timer due.
        standStill(1100);
        return bytes.includes('a'.repeat(24));
      },
    });
    expect(answer.kind).toBe('answer');
  });
});

/** The thread is busy for so long. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('the listed page', () => {
  test.each([
    { answer: 'HTTP/1.1 403 Forbidden\r\n\r\n', want: true },
    { answer: 'HTTP/1.1 451 Unavailable For Legal Reasons\r\n\r\n', want: true },
    { answer: 'HTTP/1.1 200 OK\r\n\r\n', want: false },
    { answer: 'nothing of the kind\r\n\r\n', want: false },
    { answer: '', want: null },
  ])('$answer: $want', async ({ answer, want }) => {
    const to = await peer((socket) => void socket.end(answer));
    expect(await probeListed(probeOf(to), 'http://listed.example/x?y', LONG_MS)).toBe(want);
  });

  test.each([
    { form: 'absolute' as const, want: 'GET http://listed.example/x?y HTTP/1.1\r\nHost: listed.example\r\n' },
    { form: 'origin' as const, want: 'GET /x?y HTTP/1.1\r\nHost: listed.example\r\n' },
  ])('is asked for in $form-form', async ({ form, want }) => {
    const asked = Promise.withResolvers<string>();
    const to = await peer((socket) => {
      socket.once('data', (bytes) => {
        asked.resolve(bytes.toString());
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
    });
    await probeListed(probeOf(to, form), 'http://listed.example/x?y', LONG_MS);
    expect(await asked.promise).toContain(want);
  });
});

describe('the origin', () => {
  test.each(['/', '/x', '/../../etc/passwd', `/${'A'.repeat(24)}`, `/${'a'.repeat(24)}?q`])(
    'has nothing but its page: %s',
    async (path) => {
      const socket = connect(origin.endpoint.port, '127.0.0.1');
      socket.end(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 [^]*\r\n\r\n$/);
    },
  );

  test('a port that is taken is told with its key', async () => {
    await expect(Origin.listen(origin.endpoint)).rejects.toMatchObject({
      code: 'address_in_use',
      key: 'guard.origin.port',
    });
  });
});
