/**
 * The control socket: how `cleanfeed ctl` speaks to a running instance. A Unix socket that its user and group may open
 * (mode 0660); whoever may, may also switch filtering off.
 *
 * One socket an instance: a name that another instance answers at is left to that one, and this one says loudly that it cannot
 * be reached; it takes the name when the other has gone. That it cannot be opened is never a reason not to filter. Who names a
 * configuration is served only by the instance that runs it. What is said: observe/control-protocol.ts.
 *
 *   nothing there, or nobody answers ──▶ open ──▶ another socket is found in its place ──▶ taken ──▶ looks again
 */
import { chmod, link, realpath, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { errnoOf } from '../lib/errors.ts';
import { makeDirectories } from '../lib/make-directories.ts';
import type { Reply } from '../observe/control-protocol.ts';

/** Arguments come from outside and are not to be trusted. */
export type Handler<Result> = (args: Readonly<Record<string, unknown>>) => Reply<Result> | Promise<Reply<Result>>;

export interface ControlSocketOptions {
  readonly path: string;
  /** The configuration file that this instance runs. */
  readonly file: string;
  /** By name. */
  readonly commands: Readonly<Record<string, Handler<unknown>>>;
  /** Called whenever `fault` has become another one. */
  readonly changed: (fault: ControlSocketFault | null) => void;
}

export interface ControlSocketFault {
  /** `taken`: another instance answers there. */
  readonly kind: 'taken' | 'unusable';
  readonly reason: string;
}

const MODE = 0o660;
/** sun_path of Linux, without the NUL; the suffix of the temporary name has to find its place too. */
const MAX_PATH_BYTES = 107;
const MAX_REQUEST_BYTES = 8192;
/** Far above what operators and their scripts ask at once, far below the descriptors of the process. */
const MAX_CONNECTIONS = 1024;
/** Milliseconds for a request to come. A reload may take its time to answer. */
const REQUEST_MS = 5000;
/** Milliseconds between two looks at whether the name leads to this instance. */
const LOOK_MS = 2000;

interface Open {
  readonly server: Server;
  readonly inode: bigint;
}

export class ControlSocket {
  readonly #options: ControlSocketOptions;
  #open: Open | null = null;
  #fault: ControlSocketFault | null = null;
  #isClosed = false;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  private constructor(options: ControlSocketOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  static async start(options: ControlSocketOptions): Promise<ControlSocket> {
    const socket = new ControlSocket(options);
    await socket.#look();
    socket.#timer = setInterval(() => {
      socket.#looking = socket.#looking.then(async () => await socket.#look());
    }, LOOK_MS).unref();
    return socket;
  }

  /** Why nobody can speak to this instance; null: all is well. */
  get fault(): ControlSocketFault | null {
    return this.#fault;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
    if (this.#open === null) return;
    if ((await inodeOf(this.#options.path)) === this.#open.inode) await rm(this.#options.path, { force: true });
    this.#open.server.close();
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    const { path } = this.#options;
    if (this.#open !== null && (await inodeOf(path)) === this.#open.inode) return;
    // The name was removed, or leads to another instance now.
    this.#open?.server.close();
    this.#open = null;
    try {
      this.#open = await this.#take();
      this.#tell(this.#open === null ? { kind: 'taken', reason: `another instance answers at ${path}` } : null);
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

  /** Null: another instance answers there. Throws the system's error. */
  async #take(): Promise<Open | null> {
    const { path } = this.#options;
    const own = `${path}.${process.pid}`;
    if (Buffer.byteLength(own) > MAX_PATH_BYTES)
      throw new Error(`the path of a Unix socket has at most ${MAX_PATH_BYTES} bytes, and this one gets too long`);
    await makeDirectories(dirname(path), 0o700);
    if (await isAnswered(path)) return null;
    // A mistake in the configuration must not cost a file.
    if ((await stat(path).catch(() => null))?.isSocket() === false) throw new Error('what is there is no socket');
    const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, this.#options));
    server.maxConnections = MAX_CONNECTIONS;
    try {
      const inode = await listen(server, own);
      if (await publish(own, path)) return { server, inode };
      server.close();
      return null;
    } catch (error) {
      server.close();
      throw error;
    }
  }
}

/**
 * Under a name of its own first: it is never at `path` with other permissions, and Node, which removes the name that it listened
 * at when it closes, cannot remove the socket of another instance. Returns its inode.
 */
async function listen(server: Server, own: string): Promise<bigint> {
  await rm(own, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: own, backlog: MAX_CONNECTIONS }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve();
    });
  });
  await chmod(own, MODE);
  return (await stat(own, { bigint: true })).ino;
}

/** False: another instance was quicker. A name that nobody answers at is left over from a process that was killed. */
async function publish(own: string, path: string): Promise<boolean> {
  try {
    await rm(path, { force: true });
    await link(own, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
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

async function inodeOf(path: string): Promise<bigint | null> {
  return await stat(path, { bigint: true }).then(
    ({ ino }) => ino,
    () => null,
  );
}

function serve(socket: Socket, options: ControlSocketOptions): void {
  let text = '';
  const deadline = setTimeout(() => socket.destroy(), REQUEST_MS);
  const onData = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1 && text.length <= MAX_REQUEST_BYTES) return;
    clearTimeout(deadline);
    socket.off('data', onData).resume();
    void reply(socket, text.slice(0, Math.max(end, 0)), options);
  };
  socket.setEncoding('utf8').on('data', onData);
  socket.on('error', () => {});
  socket.on('close', () => clearTimeout(deadline));
}

/** With the response the connection ends, whatever the other side does: it would be kept by who never ends, and in the end all of them. */
async function reply(socket: Socket, line: string, options: ControlSocketOptions): Promise<void> {
  socket.end(`${JSON.stringify(await respond(line, options))}\n`);
  socket.destroySoon();
}

async function respond(line: string, { commands, file }: ControlSocketOptions): Promise<Reply<unknown>> {
  const request = parsed(line);
  if (request === null)
    return { ok: false, code: 'usage', message: 'a request is one line, a JSON object with a command' };
  const asked = request['configuration'];
  if (asked !== undefined && !(await isSameFile(asked, file)))
    return { ok: false, code: 'other_configuration', message: `this instance runs ${file}, not ${nameOf(asked)}` };
  const name = String(request['command']);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    return {
      ok: false,
      code: 'usage',
      message: `there is no such command; there are: ${Object.keys(commands).join(', ')}`,
    };
  try {
    return await command(request);
  } catch (error) {
    return { ok: false, code: 'internal', message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * By the name that this instance was given, whatever lies there now: that is what it reads at a reload. Or by another name of the
 * file that lies there now (a symbolic link, another working directory).
 */
async function isSameFile(asked: unknown, file: string): Promise<boolean> {
  if (nameOf(asked) === file) return true;
  const real = typeof asked === 'object' && asked !== null && 'real' in asked ? asked.real : null;
  return typeof real === 'string' && real === (await realpath(file).catch(() => null));
}

function nameOf(asked: unknown): string {
  return typeof asked === 'object' && asked !== null && 'file' in asked ? String(asked.file) : String(asked);
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
