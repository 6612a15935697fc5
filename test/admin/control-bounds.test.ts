/** Bounds of what is said on the control socket: a request, a line of many, and where the socket may lie. */
import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { serveControl } from '../../src/admin/control-requests.ts';
import type { ControlRequests } from '../../src/admin/control-requests.ts';
import type { Reply } from '../../src/observe/control-protocol.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = temporaryDirectory();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A connection to who serves `status`, and `explain` for each line. */
async function connected(): Promise<Socket> {
  const path = directory.file(`control-${servers.length}.sock`);
  const answered = async (): Promise<Reply<object>> => await Promise.resolve({ ok: true, result: {} });
  const requests: ControlRequests = {
    commands: { status: answered, explain: answered },
    ofLines: { explain: () => ({ ok: true, result: () => (line) => ({ ok: true, result: line.length }) }) },
    file: '/etc/cleanfeed.yaml',
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => serveControl(socket, requests));
  servers.push(server);
  server.listen(path);
  await once(server, 'listening');
  return connect({ path, allowHalfOpen: true });
}

const repliesOf = async (socket: Socket): Promise<readonly unknown[]> =>
  (await readText(socket))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

test('a request is waited for up to 16,384 characters', async () => {
  const request = (length: number): string => {
    const start = '{"command":"status","x":"';
    return `${start}${'x'.repeat(length - start.length - 2)}"}`;
  };
  const longest = await connected();
  longest.write(request(16_384));
  longest.end('\n');
  expect(await repliesOf(longest)).toEqual([{ ok: true, result: {} }]);
  const longer = await connected();
  // No end of the line comes.
  longer.write(request(16_385));
  expect(await repliesOf(longer)).toEqual([expect.objectContaining({ ok: false, code: 'usage' })]);
});

test('a line of many has 8,192 characters', async () => {
  const socket = await connected();
  socket.end(`{"command":"explain","lines":true}\n${'x'.repeat(8192)}\n${'x'.repeat(8193)}\ny\n`);
  expect(await repliesOf(socket)).toEqual([
    { ok: true, result: {} },
    { ok: true, result: 8192 },
    expect.objectContaining({ ok: false, code: 'usage' }),
    { ok: true, result: 1 },
  ]);
});
