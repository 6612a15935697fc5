/** A connection to a resolver that takes nothing of what it is sent, and one to a resolver that does. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Datagrams } from '../../src/dns-front/datagrams/datagrams.ts';
import { RandomNumbers } from '../../src/dns-front/random-numbers.ts';
import { Upstream } from '../../src/dns-front/upstream.ts';
import { UpstreamStream } from '../../src/dns-front/upstream-stream.ts';
import { eventually } from '../support/eventually.ts';

const FRAME = Buffer.alloc(16_384, 1);
/** Far more than the kernel holds for a connection, and a bound of this test. */
const MOST_FRAMES = 4096;

async function streamTo(accepted: (socket: Socket) => void, use: (stream: StreamOfTest) => Promise<void>) {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
    accepted(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const datagrams = {} as unknown as Datagrams;
  const upstream = new Upstream(
    0,
    { address: '127.0.0.1', port },
    {
      datagrams,
      random: new RandomNumbers(),
      events: () => ({ received: () => {}, afterRead: () => {}, unreachable: () => {} }),
    },
  );
  const lost: boolean[] = [];
  const stream = new UpstreamStream(
    upstream,
    { message: () => {}, lost: (_, wasConnected) => lost.push(wasConnected) },
    null,
  );
  await eventually(
    'it is accepted',
    () => sockets.length,
    (count) => count === 1,
  );
  await use({ stream, lost });
  stream.close();
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
}

interface StreamOfTest {
  readonly stream: UpstreamStream;
  readonly lost: readonly boolean[];
}

test('a resolver that reads nothing is given up, once', async () => {
  await streamTo(
    () => {},
    async ({ stream, lost }) => {
      let written = 0;
      for (; written < MOST_FRAMES && stream.isOpen; written += 1) {
        stream.write(FRAME);
        await turn();
      }
      expect(written).toBeLessThan(MOST_FRAMES);
      await eventually(
        'its owner knows',
        () => lost,
        (told) => told.length > 0,
      );
      stream.write(FRAME);
      expect(lost).toEqual([true]);
    },
  );
});

test('one that reads gets all, however much that is', async () => {
  let got = 0;
  await streamTo(
    (socket) => {
      socket.on('data', (chunk: Buffer) => (got += chunk.length));
      socket.resume();
    },
    async ({ stream, lost }) => {
      for (let sent = 0; sent < 256;) {
        for (const end = sent + 4; sent < end; sent += 1) stream.write(FRAME);
        await eventually(
          'it has it',
          () => got,
          (bytes) => bytes === sent * FRAME.length,
        );
      }
      expect(lost).toEqual([]);
    },
  );
});
