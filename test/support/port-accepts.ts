/** Whether somebody accepts connections on a port of 127.0.0.1. */
import { once } from 'node:events';
import { connect } from 'node:net';

export async function portAccepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
