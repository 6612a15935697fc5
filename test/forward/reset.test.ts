import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reset } from '../../src/forward/reset.ts';

const server = createServer({ allowHalfOpen: true });

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

async function pair(): Promise<{ near: Socket; far: Socket }> {
  const far = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  // Either may come first.
  const [[near]] = (await Promise.all([once(server, 'connection'), once(far, 'connect')])) as [[Socket], unknown];
  return { near, far };
}

/** How the far side sees it end. */
async function ending(far: Socket): Promise<string> {
  far.resume();
  return await new Promise((resolve) => {
    far.once('end', () => resolve('end'));
    far.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

describe('reset', () => {
  test('an open connection', async () => {
    const { near, far } = await pair();
    const seen = ending(far);
    reset(near);
    await once(near, 'close');
    expect(await seen).toBe('ECONNRESET');
  });

  // Was a bug: the socket never closed, its descriptor and its place among the connections were lost.
  test('a connection whose end is on its way', async () => {
    const { near, far } = await pair();
    const errors: unknown[] = [];
    near.on('error', (error) => errors.push(error));
    near.write('x');
    near.end();
    reset(near);
    await once(near, 'close');
    expect(errors).toEqual([]);
    far.destroy();
  });

  test('a connection that has ended its side', async () => {
    const { near, far } = await pair();
    near.end();
    await once(near, 'finish');
    reset(near);
    await once(near, 'close');
    expect(near.destroyed).toBe(true);
    far.destroy();
  });

  test('a connection with bytes that were not taken', async () => {
    const { near, far } = await pair();
    far.pause();
    near.write(Buffer.alloc(64 * 1024 * 1024));
    near.end();
    const seen = ending(far);
    reset(near);
    await once(near, 'close');
    expect(await seen).toBe('ECONNRESET');
  });
});
