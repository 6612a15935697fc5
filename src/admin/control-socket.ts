/**
 * The control socket: how `cleanfeed ctl` speaks to a running instance. A Unix socket that its user and group may open
 * (mode 0660); whoever may, may also switch filtering off.
 *
 * What is said: lib/control-protocol.ts. That it cannot be opened is never a reason not to filter. The newest instance takes the name:
 * while an old one drains, operators speak to the one that serves.
 */
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import type { ControlReply } from '../lib/control-protocol.ts';
import { errnoOf } from '../lib/errors.ts';

/** By name. Arguments come from outside and are not to be trusted. */
export type ControlCommands = ReadonlyMap<string, (args: Readonly<Record<string, unknown>>) => ControlReply | Promise<ControlReply>>;

export interface ControlSocket {
  /** Why nobody can be spoken to; null: all is well. */
  readonly warning: string | null;
  close(): Promise<void>;
}

const MODE = 0o660;
/** sun_path of Linux, without the NUL; room for the suffix of the temporary name. */
const MOST_PATH_BYTES = 107;
const MOST_REQUEST_BYTES = 4096;
const MOST_CONNECTIONS = 16;
/** Milliseconds for a request to come. A reload may take its time to answer. */
const REQUEST_MS = 5000;

/** Never rejects. */
export async function startControlSocket(path: string, commands: ControlCommands): Promise<ControlSocket> {
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, commands));
  server.maxConnections = MOST_CONNECTIONS;
  try {
    const inode = await open(server, path);
    return { warning: null, close: async () => await close(server, path, inode) };
  } catch (error) {
    server.close();
    return { warning: `${path}: ${error instanceof Error && !('errno' in error) ? error.message : errnoOf(error)}`, close: async () => {} };
  }
}

/** Under a name of our own first, so that it is never there with other permissions, and replaces what is there at once. */
async function open(server: Server, path: string): Promise<bigint> {
  const temporary = `${path}.${process.pid}`;
  if (Buffer.byteLength(temporary) > MOST_PATH_BYTES) throw new Error(`the path of a Unix socket has at most ${MOST_PATH_BYTES} bytes, and this one gets too long`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(temporary, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(temporary, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
  await chmod(temporary, MODE);
  await rename(temporary, path);
  return (await stat(path, { bigint: true })).ino;
}

async function close(server: Server, path: string, inode: bigint): Promise<void> {
  const isOurs = await stat(path, { bigint: true }).then(({ ino }) => ino === inode, () => false);
  if (isOurs) await rm(path, { force: true });
  server.close();
}

function serve(socket: Socket, commands: ControlCommands): void {
  let text = '';
  const deadline = setTimeout(() => socket.destroy(), REQUEST_MS);
  const onData = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1 && text.length <= MOST_REQUEST_BYTES) return;
    clearTimeout(deadline);
    socket.off('data', onData).resume();
    void answer(text.slice(0, Math.max(end, 0)), commands).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  };
  socket.setEncoding('utf8').on('data', onData);
  socket.on('error', () => {});
  socket.on('close', () => clearTimeout(deadline));
}

async function answer(line: string, commands: ControlCommands): Promise<ControlReply> {
  const request = parsed(line);
  if (request === null) return { ok: false, code: 'usage', message: 'a request is one line, a JSON object with a command' };
  const command = commands.get(String(request['command']));
  if (command === undefined) return { ok: false, code: 'usage', message: `there is no such command; there are: ${[...commands.keys()].join(', ')}` };
  try {
    return await command(request);
  } catch (error) {
    return { ok: false, code: 'internal', message: error instanceof Error ? error.message : String(error) };
  }
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
