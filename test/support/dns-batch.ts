/** Many questions over UDP, some hundred at a time, each asked again until it is answered: what came, as it came. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const AT_ONCE = 200;
const AGAIN_MS = 3000;
const MAX_TRIES = 40;

/**
 * @param queries in wire form; their ids are replaced.
 * @param take gets each answer with the index of its query; the id is 0.
 */
export async function askAll(
  port: number,
  queries: readonly Buffer[],
  take: (index: number, answer: Buffer) => void,
): Promise<void> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const open = new Map<number, { readonly index: number; since: number; tries: number }>();
  let next = 0;
  let lastId = -1;
  // A question that was lost waits for seconds, in which the ids go all the way round: its own stays taken.
  const freeId = (): number => {
    do lastId = (lastId + 1) % 0x1_0000;
    while (open.has(lastId));
    return lastId;
  };
  let fail: (error: Error) => void = () => {};
  await new Promise<void>((resolve, reject) => {
    fail = reject;
    const send = (id: number, index: number): void => {
      const query = Buffer.from(queries[index]!);
      query.writeUInt16BE(id);
      socket.send(query, port, '127.0.0.1');
    };
    const fill = (): void => {
      for (; open.size < AT_ONCE && next < queries.length; next += 1) {
        const id = freeId();
        open.set(id, { index: next, since: Date.now(), tries: 1 });
        send(id, next);
      }
      if (open.size === 0) resolve();
    };
    const again = setInterval(() => {
      for (const [id, one] of open) {
        if (Date.now() - one.since < AGAIN_MS) continue;
        one.since = Date.now();
        one.tries += 1;
        if (one.tries > MAX_TRIES) fail(new Error(`question ${one.index} is never answered`));
        send(id, one.index);
      }
    }, AGAIN_MS / 3);
    socket.on('message', (answer) => {
      const id = answer.readUInt16BE();
      const one = open.get(id);
      // One that was asked twice may be answered twice.
      if (one === undefined) return;
      open.delete(id);
      answer.writeUInt16BE(0);
      try {
        take(one.index, answer);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
      fill();
    });
    void again;
    socket.on('close', () => clearInterval(again));
    fill();
  }).finally(() => socket.close());
}
