/** What a connection brings first. */
import type { Socket } from 'node:net';

/** It rejects where the connection ends without a byte, as that of a worker does which has been replaced: nobody waits for it without end. */
export async function firstData(socket: Socket): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended without a byte')));
  });
}
