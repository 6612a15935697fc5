/**
 * The control socket: how `cleanfeed ctl` speaks to a running instance. A Unix socket that its user and group may open
 * (mode 0660); whoever may, may also switch filtering off.
 *
 * What is said: lib/control-protocol.ts. That it cannot be opened is never a reason not to filter. The newest instance takes the name:
 * while an old one drains, operators speak to the one that serves. When that one has ended, in whatever way, the one that still
 * runs takes the name back.
 *
 *   PATH.pid   the socket, under a name of this process      PATH   a second name of the same socket, the newest instance's
 */
import { chmod, link, readdir, rename, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { ControlReply } from '../lib/control-protocol.ts';
import { errnoOf } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';

/** By name. Arguments come from outside and are not to be trusted. */
export type ControlCommands = ReadonlyMap<string, (args: Readonly<Record<string, unknown>>) => ControlReply | Promise<ControlReply>>;

export interface ControlSocket {
  /** Why nobody can be spoken to; null: all is well. */
  readonly warning: string | null;
  /** Another instance had the name, and still answers. */
  readonly isTaken: boolean;
  close(): Promise<void>;
}

const MODE = 0o660;
/** sun_path of Linux, without the NUL; room for the suffix of the temporary name. */
const MOST_PATH_BYTES = 107;
const MOST_REQUEST_BYTES = 4096;
const MOST_CONNECTIONS = 16;
/** Milliseconds for a request to come. A reload may take its time to answer. */
const REQUEST_MS = 5000;

/** Milliseconds between two looks at whether the name still leads to an instance. */
const LOOK_MS = 2000;

/** Never rejects. */
export async function startControlSocket(path: string, commands: ControlCommands): Promise<ControlSocket> {
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, commands));
  server.maxConnections = MOST_CONNECTIONS;
  const own = `${path}.${process.pid}`;
  try {
    const isTaken = await isAnswered(path);
    const inode = await open(server, path, own);
    const looking = setInterval(() => void takeBack(path, own, inode), LOOK_MS).unref();
    return {
      warning: null,
      isTaken,
      close: async () => {
        clearInterval(looking);
        await close(server, path, { own, inode });
      },
    };
  } catch (error) {
    server.close();
    return { warning: `${path}: ${error instanceof Error && !('errno' in error) ? error.message : errnoOf(error)}`, isTaken: false, close: async () => {} };
  }
}

/** Under the process's own name first, so that it is never at `path` with other permissions. Returns the socket's inode. */
async function open(server: Server, path: string, own: string): Promise<bigint> {
  if (Buffer.byteLength(own) > MOST_PATH_BYTES) throw new Error(`the path of a Unix socket has at most ${MOST_PATH_BYTES} bytes, and this one gets too long`);
  await makeDirectories(dirname(path), 0o700);
  await removeLeftovers(path);
  await rm(own, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(own, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
  await chmod(own, MODE);
  await publish(path, own);
  return (await stat(own, { bigint: true })).ino;
}

/** Replaces what is at `path` at once. */
async function publish(path: string, own: string): Promise<void> {
  const next = `${own}+`;
  await rm(next, { force: true });
  await link(own, next);
  await rename(next, path);
}

/** The instance that had taken the name is gone: an orderly end removed it, a kill left a name that nobody answers at. */
async function takeBack(path: string, own: string, inode: bigint): Promise<void> {
  const there = await stat(path, { bigint: true }).then(({ ino }) => ino, () => null);
  if (there === inode || (there !== null && (await isAnswered(path)))) return;
  // A folder that was removed, or is not ours any more: tried again at the next look.
  await publish(path, own).catch(() => {});
}

/** Something that listens is there, be it for another user. */
async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('connect', () => settle(true));
    socket.on('error', (error) => settle(!['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error))));
  });
}

/** Own names of processes that were killed. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^(\d+)\+?$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dirname(path), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

async function close(server: Server, path: string, { own, inode }: { readonly own: string; readonly inode: bigint }): Promise<void> {
  const isOurs = await stat(path, { bigint: true }).then(({ ino }) => ino === inode, () => false);
  if (isOurs) await rm(path, { force: true });
  await rm(own, { force: true });
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
