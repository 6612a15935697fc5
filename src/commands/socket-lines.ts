/** A request to a Unix socket that many lines follow, each way at the same time. It must not look into any of them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { toldElsewhere, unless } from '../lib/errors.ts';
import { systemTime } from '../lib/time.ts';
import { lineBatches } from './line-batches.ts';

export interface SocketLines {
  /** The first line that came back; null: the other side has ended without one. */
  readonly first: string | null;
  /** Those that come after it, as many at a time as have come; they end with the connection, however that ends. */
  readonly batches: AsyncIterable<readonly string[]>;
  /** Resolves when there is room for more. */
  readonly send: (lines: readonly string[]) => Promise<void>;
  /** No line follows. */
  readonly end: () => void;
  readonly close: () => void;
}

/** Throws the system's error, or one without an errno where no first line comes in time. */
export async function socketLines(
  path: string,
  request: string,
  timeoutMs: number,
  time = systemTime,
): Promise<SocketLines> {
  const socket = connect(path);
  const timer = time.after(timeoutMs, () => socket.destroy(new Error('too slow')));
  try {
    await once(socket, 'connect');
    socket.write(`${request}\n`);
    const failed = failureOf(socket);
    const batches = lineBatches(socket);
    const head = await Promise.race([batches.next(), failed]);
    const [first = null, ...more] = head.done === true ? [] : head.value;
    return {
      first,
      batches: following(more, batches),
      send: async (lines) => {
        const text = `${lines.join('\n')}\n`;
        if (!socket.destroyed && !socket.write(text)) await Promise.race([once(socket, 'drain'), failed]);
      },
      end: () => socket.end(),
      close: () => socket.destroy(),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    timer.cancel();
  }
}

async function* following(
  first: readonly string[],
  batches: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly string[]> {
  if (first.length > 0) yield first;
  try {
    yield* batches;
  } catch (error) {
    // The connection has ended; whoever has asked counts the answers.
    unless('ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE')(error);
  }
}

/** It rejects if the connection ends by a fault, or by the other side while somebody waits to send. */
async function failureOf(socket: Socket): Promise<never> {
  const failure = new Promise<never>((_, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection has ended')));
  });
  void toldElsewhere(failure);
  return await failure;
}
