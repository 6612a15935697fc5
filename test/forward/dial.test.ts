import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { dial } from '../../src/forward/dial.ts';
import type { DialFailure } from '../../src/forward/dial.ts';
import { startBlackHole } from '../support/black-hole.ts';
import type { BlackHole } from '../support/black-hole.ts';

/** 127.0.0.1 listens, 127.0.0.3 swallows, everything else on this port refuses. */
const LISTENING = '127.0.0.1';
const SILENT = '127.0.0.3';
const REFUSING = ['127.0.0.4', '127.0.0.5', '127.0.0.6'] as const;

let server: Server;
let port = 0;
let hole: BlackHole;

beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => {})).listen(0, LISTENING);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  port = bound.port;
  hole = await startBlackHole(SILENT, port);
});
afterAll(async () => {
  await hole.close();
  server.close();
});

afterEach(() => void jest.useRealTimers());

/** The delay between two attempts does not pass: what is told in time is told, however long this thread stands still. */
function stopTime(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'performance'] });
}

interface Outcome {
  readonly failure: DialFailure | null;
  readonly socket: Socket | null;
  readonly opened: readonly Socket[];
  readonly tried: readonly string[];
}

interface Options {
  readonly timeoutMs?: number;
  readonly port?: number;
  readonly open?: (address: string, port: number) => Socket;
}

/** Dials, checks that the callback comes once and not from inside, and cleans the winner up. */
async function run(addresses: readonly string[], options: Options = {}): Promise<Outcome> {
  const opened: Socket[] = [];
  const tried: string[] = [];
  const open = (address: string, to: number): Socket => {
    tried.push(address);
    const socket = (options.open ?? openSocket)(address, to);
    opened.push(socket);
    return socket;
  };
  const calls: string[] = [];
  const [failure, socket] = await new Promise<[DialFailure | null, Socket | null]>((settle) => {
    dial({ addresses, port: options.port ?? port, timeoutMs: options.timeoutMs ?? 5000, open }, (failure, socket) => {
      calls.push(socket === null ? 'no socket' : describeWinner(socket));
      settle([failure, socket]);
    });
    calls.push('returned');
  });
  expect(calls).toEqual(['returned', socket === null ? 'no socket' : 'connected, 0 listeners']);
  expect(opened.filter((other) => other !== socket && !other.destroyed)).toEqual([]);
  socket?.destroy();
  return { failure, socket, opened, tried };
}

/** How it was when handed over; from then on its errors are ours. */
function describeWinner(socket: Socket): string {
  const listeners = ['connect', 'error', 'close'].reduce((sum, event) => sum + socket.listenerCount(event), 0);
  socket.on('error', () => {});
  return `${socket.connecting || socket.destroyed ? 'not ' : ''}connected, ${listeners} listeners`;
}

function openSocket(address: string, to: number): Socket {
  return connect({ host: address, port: to, autoSelectFamily: false });
}

function failing(code: string): (address: string, port: number) => Socket {
  return () => {
    throw Object.assign(new Error('from open'), { code });
  };
}

describe('one address', () => {
  test('connects', async () => {
    const { failure, socket } = await run([LISTENING]);
    expect([failure, socket === null]).toEqual([null, false]);
  });

  test.each<{ name: string; addresses: readonly string[]; options?: Options; want: DialFailure }>([
    { name: 'refused', addresses: [REFUSING[0]], want: { kind: 'refused', code: 'ECONNREFUSED' } },
    {
      name: 'black hole',
      addresses: [SILENT],
      options: { timeoutMs: 60 },
      want: { kind: 'timeout', code: 'ETIMEDOUT' },
    },
    { name: 'none at all', addresses: [], want: { kind: 'failed', code: 'ENOADDRESS' } },
    {
      name: 'open throws',
      addresses: [LISTENING],
      options: { open: failing('EMFILE') },
      want: { kind: 'failed', code: 'EMFILE' },
    },
    {
      name: 'no such port',
      addresses: [LISTENING],
      options: { open: () => connect({ host: LISTENING, port: 0x1ffff }) },
      want: { kind: 'failed', code: 'ERR_SOCKET_BAD_PORT' },
    },
    {
      name: 'no route',
      addresses: [LISTENING],
      options: { open: failing('EHOSTUNREACH') },
      want: { kind: 'unreachable', code: 'EHOSTUNREACH' },
    },
  ])('$name', async ({ addresses, options, want }) => {
    const { failure, socket } = await run(addresses, options);
    expect([failure, socket]).toEqual([want, null]);
  });
});

describe('several addresses', () => {
  test('the first that answers wins, later ones are not tried', async () => {
    stopTime();
    const { failure, tried } = await run([LISTENING, REFUSING[0], SILENT]);
    expect([failure, tried]).toEqual([null, [LISTENING]]);
  });

  test('a refusal goes on to the next at once', async () => {
    stopTime();
    let tries = 0;
    const triedAtRefusal: number[] = [];
    const open = (address: string, to: number): Socket => {
      tries += 1;
      // The turn in which it is refused is the turn in which the next is tried: no delay lies between.
      const refused = (): unknown => setImmediate(() => triedAtRefusal.push(tries));
      return address === LISTENING ? openSocket(address, to) : openSocket(address, to).on('error', refused);
    };
    const { failure, tried } = await run([...REFUSING, LISTENING], { open });
    expect([failure, tried]).toEqual([null, [...REFUSING, LISTENING]]);
    expect(triedAtRefusal).toEqual(REFUSING.map((_, i) => i + 2));
  });

  test('a silent address is passed by after the attempt delay, and destroyed', async () => {
    const { failure, tried, opened } = await run([SILENT, LISTENING]);
    expect([failure, tried, opened[0]?.destroyed]).toEqual([null, [SILENT, LISTENING], true]);
  });

  test('silence, then a refusal, then one that listens', async () => {
    const { failure, tried } = await run([SILENT, REFUSING[0], LISTENING]);
    expect([failure, tried]).toEqual([null, [SILENT, REFUSING[0], LISTENING]]);
  });

  test('all refuse', async () => {
    const { failure, tried } = await run(REFUSING);
    expect([failure, tried]).toEqual([{ kind: 'refused', code: 'ECONNREFUSED' }, REFUSING]);
  });

  test('many that are silent: few at a time, each for a fair while, and the one behind them is reached', async () => {
    const open: Socket[] = [];
    let most = 0;
    const silent = Array.from({ length: 5 }, () => SILENT);
    const { failure, tried } = await run([...silent, LISTENING], {
      timeoutMs: 10_000,
      open: (address, to) => {
        const socket = openSocket(address, to);
        open.push(socket);
        most = Math.max(most, open.filter(({ destroyed }) => !destroyed).length);
        return socket;
      },
    });
    expect(failure).toBeNull();
    expect(tried).toEqual([...silent, LISTENING]);
    expect(most).toBe(3);
  });

  test('silence and refusals end with the overall timeout', async () => {
    const { failure, tried } = await run([SILENT, ...REFUSING], { timeoutMs: 4000 });
    expect([failure, tried]).toEqual([{ kind: 'timeout', code: 'ETIMEDOUT' }, [SILENT, ...REFUSING]]);
  });

  test.each([
    { name: 'first', addresses: ['2001:db8::1', REFUSING[0]] },
    { name: 'last', addresses: [REFUSING[0], '2001:db8::1'] },
  ])('a missing route ($name) does not hide what the other address said', async ({ addresses }) => {
    const open = (address: string, to: number): Socket =>
      (address.includes(':') ? failing('ENETUNREACH') : openSocket)(address, to);
    const { failure } = await run(addresses, { open });
    expect(failure).toEqual({ kind: 'refused', code: 'ECONNREFUSED' });
  });

  test('open throws for one', async () => {
    const open = (address: string, to: number): Socket =>
      (address === SILENT ? failing('EINVAL') : openSocket)(address, to);
    const { failure, tried } = await run([SILENT, LISTENING], { open });
    expect([failure, tried]).toEqual([null, [SILENT, LISTENING]]);
  });
});

describe('after the end', () => {
  test('cancelled: every attempt is destroyed and nobody is called', async () => {
    const opened: Socket[] = [];
    const done: unknown[] = [];
    const open = (address: string, to: number): Socket => {
      opened.push(openSocket(address, to));
      return opened.at(-1)!;
    };
    const cancel = dial(
      { addresses: [SILENT, LISTENING], port, timeoutMs: 100, open },
      (...outcome) => void done.push(outcome),
    );
    cancel();
    cancel();
    await once(opened[0]!, 'close');
    await new Promise((settle) => {
      dial({ addresses: [SILENT], port, timeoutMs: 300, open: openSocket }, settle);
    });
    expect([opened.length, opened[0]!.destroyed, done]).toEqual([1, true, []]);
  });

  test('cancelled before an immediate failure is told', async () => {
    const done: unknown[] = [];
    dial({ addresses: [], port, timeoutMs: 100, open: openSocket }, (...outcome) => void done.push(outcome))();
    await run([LISTENING]);
    expect(done).toEqual([]);
  });

  test('an error that a loser had already on its way is not thrown', async () => {
    const { opened } = await run([SILENT, LISTENING]);
    expect(() => opened[0]!.emit('error', new Error('late'))).not.toThrow();
  });

  test('an error of the winner is no longer ours', async () => {
    const { failure, socket } = await run([LISTENING]);
    expect(failure).toBeNull();
    socket!.removeAllListeners('error');
    expect(() => socket!.emit('error', new Error('whose?'))).toThrow('whose?');
  });
});
