/**
 * The control socket: how `cleanfeed ctl` reaches a running instance. A Unix socket that its user and group may open (mode
 * 0660); whoever may, may also switch filtering off. What is said there: observe/control-protocol.ts.
 *
 *   bind ──▶ open                          the name is ours: the kernel gives it to one
 *    └ exists ──▶ ask who is there ──▶ somebody: taken, said loudly, and tried again when it has gone
 *                                └──▶ nobody (left over from a process that was killed): removed, bind again
 *
 * One socket an instance, and never a reason not to filter: it must not throw. Two instances that meet the same left-over name
 * in the same millisecond may both remove it; the one that loses the name sees at its next look that another process has it.
 */
import { renameSync, rmSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { errnoOf } from '../lib/errors.ts';
import { jsonAs, NUMBER, TEXT } from '../lib/json-shapes.ts';
import { makeDirectories } from '../lib/make-directories.ts';
import { mapping } from '../lib/shape.ts';
import { isTooLongForSocket, MAX_SOCKET_PATH_BYTES, NOBODY_THERE, socketExchange } from '../lib/socket-exchange.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import { serveControl } from './control-requests.ts';
import type { ControlRequests } from './control-requests.ts';

export interface ControlSocketOptions extends ControlRequests {
  readonly path: string;
  /** It is called whenever `fault` has changed. */
  readonly changed: (fault: ControlSocketFault | null) => void;
}

export type ControlSocketFault =
  /** Another process answers there. */
  | { readonly kind: 'taken'; readonly owner: string; readonly reason: string }
  | { readonly kind: 'unusable'; readonly reason: string };

/** It makes 0660 of the mode. It is set before the socket is bound, so that the socket never has another mode. */
const UMASK = 0o117;
/** This is far above what operators and their scripts ask at once, and far below the descriptors of the process. */
const MAX_CONNECTIONS = 1024;

/** Of any release's reply to `status`: who it is. */
const OWNER = mapping({
  result: mapping({ pid: NUMBER, configuration: mapping({ file: TEXT }).open() }).open(),
}).open();

const UNKNOWN = 'a process that does not say who it is';

interface Bound {
  readonly server: Server;
  /** The socket's; no other file gets it as long as the socket is open. */
  readonly inode: bigint | null;
}

export class ControlSocket {
  readonly #options: ControlSocketOptions;
  readonly #deadlines: Deadlines['control'];
  readonly #time: Time;
  #bound: Bound | null = null;
  #fault: ControlSocketFault | null = null;
  #isClosed = false;
  #looking: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;

  private constructor(options: ControlSocketOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES.control;
    this.#time = options.time ?? systemTime;
  }

  /** It never rejects. */
  static async start(options: ControlSocketOptions): Promise<ControlSocket> {
    const socket = new ControlSocket(options);
    await socket.#look();
    const look = (): void => {
      socket.#looking = socket.#looking.then(async () => await socket.#look());
    };
    socket.#timer = socket.#time.every(socket.#deadlines.lookMs, look).unref();
    return socket;
  }

  /** @returns why nobody can speak to this instance; null if the socket is open. */
  get fault(): ControlSocketFault | null {
    return this.#fault;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#looking;
    this.#release();
  }

  async #look(): Promise<void> {
    const { path } = this.#options;
    if (this.#isClosed || (this.#bound !== null && this.#bound.inode === inodeOf(path))) return;
    this.#release();
    try {
      this.#tell(await this.#open(path));
    } catch (error) {
      const reason = error instanceof Error && !('errno' in error) ? error.message : errnoOf(error);
      this.#tell({ kind: 'unusable', reason: `${path}: ${reason}` });
    }
  }

  #tell(fault: ControlSocketFault | null): void {
    if (fault?.reason === this.#fault?.reason) return;
    this.#fault = fault;
    this.#options.changed(fault);
  }

  /** @returns null if the socket is open. Throws the system's error. */
  async #open(path: string): Promise<ControlSocketFault | null> {
    if (isTooLongForSocket(path))
      throw new Error(`the path of a Unix socket has at most ${MAX_SOCKET_PATH_BYTES} bytes, and this one is longer`);
    await makeDirectories(dirname(path), 0o700);
    if (await isThere(path)) {
      const owner = await ownerOf(path, this.#deadlines.ownerMs, this.#time);
      if (owner !== null) return { kind: 'taken', owner, reason: `another instance answers at ${path}: ${owner}` };
      // A mistake in the configuration must not cost a file.
      if (!(await stat(path)).isSocket()) throw new Error('what is there is no socket');
      rmSync(path);
    }
    this.#bound = await this.#listen(path);
    return null;
  }

  async #listen(path: string): Promise<Bound> {
    const server = createServer({ allowHalfOpen: true }, (socket) => serveControl(socket, this.#options));
    server.maxConnections = MAX_CONNECTIONS;
    const before = process.umask(UMASK);
    server.listen({ path, backlog: MAX_CONNECTIONS });
    process.umask(before);
    const inode = inodeOf(path);
    await once(server, 'listening');
    // What an accept fails for (no descriptor is left) concerns one connection.
    server.on('error', () => {});
    return { server, inode };
  }

  /** Node removes the name that a server was bound to. If another process has the name by now, it keeps it: it is put aside meanwhile. */
  #release(): void {
    const { path } = this.#options;
    const bound = this.#bound;
    if (bound === null) return;
    this.#bound = null;
    const found = inodeOf(path);
    const aside = `${path}.${process.pid}`;
    const isAside = found !== null && found !== bound.inode && isMoved(path, aside);
    bound.server.close();
    if (isAside) isMoved(aside, path);
  }
}

/** @returns null if no instance answers there. */
async function ownerOf(path: string, ms: number, time: Time): Promise<string | null> {
  let response: string;
  try {
    response = await socketExchange(path, '{"command":"status"}\n', ms, time);
  } catch (error) {
    return NOBODY_THERE.has(errnoOf(error)) ? null : UNKNOWN;
  }
  const reply = jsonAs(response, OWNER);
  if (!reply.ok) return UNKNOWN;
  const { pid, configuration } = reply.value.result;
  return `process ${pid}, which runs ${configuration.file}`;
}

/** @returns null if nothing can be seen there. */
function inodeOf(path: string): bigint | null {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return null;
  }
}

/** @returns false if it stays where it is: somebody else was quicker. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: unknown) => errnoOf(error) !== 'ENOENT',
  );
}
