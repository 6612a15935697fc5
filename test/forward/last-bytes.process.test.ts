/** With real sockets: the last bytes and the end behind them are one packet; and whatever the system takes, all of it comes, once. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ClientOutbox } from '../../src/forward/client-outbox.ts';
import { WriteBatch } from '../../src/forward/write-batch.ts';
import { loadNativeSockets, type NativeSockets } from '../../src/lib/native-sockets.ts';
import { dataCounters } from '../../src/observe/data-counters.ts';
import { COUNTER_LAYOUT } from '../../src/workers/counter-slots.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';

const native: NativeSockets = (await loadNativeSockets())!;
const counters = dataCounters(COUNTER_LAYOUT, new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)), 0);
const open: Socket[] = [];
const server = createServer({ allowHalfOpen: true });

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});
afterAll(() => void server.close());

type LastSender = Pick<NativeSockets, 'sendLast'>;

/** An answer that is the last, over a connection of its own. @returns the client that has got it, the answer, and that no error came */
async function answered(answer: string, sockets: LastSender | null, prepare: (ours: Socket) => void = () => {}) {
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [[ours]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[Socket], unknown];
  open.push(client, ours);
  const batch = new WriteBatch(answer.length);
  const outbox = new ClientOutbox(ours, { batch, counters, native: { sockets: sockets as NativeSockets | null } });
  prepare(ours);
  outbox.compose().text(answer);
  outbox.sendComposedLater();
  outbox.end(true, null);
  batch.flush();
  const chunks: Buffer[] = [];
  for await (const chunk of client.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer);
  return { client, ours, text: Buffer.concat(chunks).toString('latin1') };
}

describe('the last answer of a connection', () => {
  test('comes whole, and Node writes none of it', async () => {
    const { ours, text } = await answered('answer', native);
    expect([text, ours.bytesWritten, ours.destroyed]).toEqual(['answer', 0, true]);
  });

  test('comes whole where the system does not take all of it at once', async () => {
    const mostUnsent = Number(readFileSync('/proc/sys/net/ipv4/tcp_wmem', 'latin1').split('\t')[2]);
    const answer = 'answer '.repeat(Math.ceil(mostUnsent / 2));
    const { ours, text } = await answered(answer, native);
    expect(text === answer).toBe(true);
    expect(ours.bytesWritten).toBeGreaterThan(0);
    expect(ours.bytesWritten).toBeLessThan(answer.length);
  });

  test.each([
    ['takes some of it', 2],
    ['takes none of it', 0],
    ['fails', -1],
  ])('comes whole, once and in order where the call %s', async (_, taken) => {
    const { text } = await answered('answer', { sendLast: () => taken });
    expect(text).toBe('answer'.slice(Math.max(taken, 0)));
  });

  test('goes as all others do where the thread has no such call, or nobody knows the descriptor', async () => {
    expect((await answered('answer', null)).ours.bytesWritten).toBe(6);
    const hide = (ours: Socket): void => {
      const { _handle: handle } = ours as unknown as { _handle: object };
      Object.defineProperty(handle, 'fd', { value: undefined });
    };
    const hidden = await answered('answer', native, hide);
    expect([hidden.text, hidden.ours.bytesWritten]).toEqual(['answer', 6]);
  });

  test('waits for what was written before', async () => {
    const before = 'before '.repeat(500_000);
    const { text } = await answered('answer', native, (ours) => void ours.write(before));
    expect(text === `${before}answer`).toBe(true);
  });
});

describeWith(['ss'])('packets', () => {
  test('are one fewer than where the end is told behind the bytes', async () => {
    const received = ({ localPort, remotePort }: Socket): number => {
      // Both ports: another program may have a connection from the same one to elsewhere.
      const ours = ['sport', '=', `:${localPort}`, 'and', 'dport', '=', `:${remotePort}`];
      const told = execFileSync(programPath('ss') ?? '', ['-tinH', ...ours], { encoding: 'utf8' });
      return Number(/ segs_in:(\d+)/.exec(told)?.[1]);
    };
    const together = received((await answered('answer', native)).client);
    expect(received((await answered('answer', null)).client) - together).toBe(1);
  });
});
