/**
 * Asks the running instance that is meant, at its control socket. No instance running is an ordinary outcome.
 *
 * A request that names a configuration carries it, and an instance that runs another one refuses. So it may be asked at every
 * place where its socket can be, and none but the right one does anything. It must not start an instance.
 */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { realPathInTime } from '../lib/answered-in-time.ts';
import { errnoOf } from '../lib/errors.ts';
import { NUMBER, valueAs } from '../lib/json-shapes.ts';
import { mapping } from '../lib/shape.ts';
import { isTooLongForSocket, NOBODY_THERE, socketExchange } from '../lib/socket-exchange.ts';
import { socketLines, type SocketLines } from './socket-lines.ts';
import type { CommandName, ControlRequest, NamedConfiguration, Reply } from '../observe/control-protocol.ts';
import { readReply, replyIn } from '../observe/control-reply.ts';
import type { ReadResult } from '../observe/control-shapes.ts';

export type Asked<Name extends CommandName = CommandName> = Answered<ReadResult<Name>>;

type Answered<Result> = { readonly kind: 'reply'; readonly reply: Reply<Result> } | Missed;

/** Why there is no reply of the instance that is meant. */
export type Missed =
  /** No instance listens there. */
  | { readonly kind: 'no-instance' }
  /** There is something else than a socket. */
  | { readonly kind: 'no-socket' }
  /** One does, and runs another configuration. */
  | { readonly kind: 'other'; readonly message: string }
  /** One does, and gave no response: it hangs, or ended meanwhile. */
  | { readonly kind: 'no-response' }
  /** One does, and gave a response that makes no sense here, as one of another release may; `reason` names what is wrong. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** It has done what was asked, and its result lacks what is shown of it here: `faults`, each with its key. */
  | { readonly kind: 'partial'; readonly faults: readonly string[]; readonly result: unknown }
  | { readonly kind: 'no-permission' };

/** It says which instance is meant. */
export interface Instance {
  /** The places where its socket can be, the likeliest first. */
  readonly sockets: readonly string[];
  /** It is null if any instance that listens there is meant. */
  readonly configuration: NamedConfiguration | null;
}

/** Of a result, whatever else it has. */
const GENERATION = mapping({ generation: NUMBER }).open();

/** Where the units of this project keep their state; a shell does not have their environment. */
export const UNIT_STATE = '/var/lib/cleanfeed';
/** Milliseconds for an instance to say which configuration it runs. */
const PROBE_MS = 5000;
/** If no instance did what was asked, the first of these is told: the more specific comes first. */
const TELLING = ['no-response', 'unreadable', 'other', 'no-permission', 'no-socket'] as const;

/** @param file as on the command line. */
export async function namedConfiguration(file: string): Promise<NamedConfiguration> {
  const path = resolve(file);
  return { file: path, real: await realPathInTime(path) };
}

/** @param socket what the configuration says of it. */
export async function instanceOf(file: string, socket: string, unitState = UNIT_STATE): Promise<Instance> {
  const besides = [...(await controlSockets(dirname(socket))), ...(await unitSockets(unitState))];
  return { sockets: [...new Set([socket, ...besides])], configuration: await namedConfiguration(file) };
}

/** @returns the control sockets below the units' state directory. */
export async function unitSockets(unitState: string): Promise<readonly string[]> {
  return (await Promise.all([unitState, ...(await foldersIn(unitState))].map(controlSockets))).flat();
}

/**
 * It never rejects.
 * @param timeoutMs undefined if the response may take as long as a list takes to compile.
 */
export async function askInstance<Name extends CommandName>(
  { sockets, configuration }: Instance,
  request: ControlRequest<Name>,
  timeoutMs?: number,
): Promise<Asked<Name>> {
  const named = configuration === null ? request : { ...request, configuration };
  const misses: Missed[] = [];
  for (const [i, socket] of sockets.entries()) {
    // A request without a bound waits for the instance that is meant, not for another one that hangs.
    const isUnbounded = i > 0 && timeoutMs === undefined && configuration !== null;
    let missed = isUnbounded ? missedBy(await answered(socket, { command: 'status', configuration }, PROBE_MS)) : null;
    if (missed === null) {
      const asked = await askControl(socket, named, timeoutMs);
      missed = missedBy(asked);
      if (missed === null || missed.kind === 'partial') return asked;
    }
    // Whose the other places are nobody knows: that they are closed to this user says nothing.
    if (missed.kind === 'other' || missed.kind === 'unreadable' || i === 0) misses.push(missed);
  }
  return mostTelling(misses);
}

/** @returns null if the instance that is meant has replied. */
function missedBy(asked: Answered<unknown>): Missed | null {
  if (asked.kind !== 'reply') return asked;
  const { reply } = asked;
  return reply.ok || reply.code !== 'other_configuration' ? null : { kind: 'other', message: reply.message };
}

/** @returns the generation that the instance of this configuration judges by; null if it does not respond or serves none yet. */
export async function runningGeneration(config: {
  readonly file: string;
  readonly control: { readonly socket: string };
}): Promise<number | null> {
  const asked = await askInstance(await instanceOf(config.file, config.control.socket), { command: 'status' }, 1000);
  const result =
    asked.kind === 'partial' ? asked.result : asked.kind === 'reply' && asked.reply.ok ? asked.reply.result : null;
  const read = valueAs(result, GENERATION);
  return read.ok && read.value.generation > 0 ? read.value.generation : null;
}

/** A connection in which many lines are asked about, once the instance that is meant has said that it takes them. */
export async function askLines(
  instance: Instance,
  request: ControlRequest,
): Promise<{ readonly kind: 'lines'; readonly lines: SocketLines } | Exclude<Asked, { kind: 'lines' }>> {
  const found = await findInstance(instance);
  if (typeof found !== 'string') return found;
  const { configuration } = instance;
  const named = { ...request, lines: true, ...(configuration === null ? {} : { configuration }) };
  try {
    const lines = await socketLines(found, JSON.stringify(named), PROBE_MS);
    if (lines.first === null || isBlank(lines.first)) return { kind: 'no-response' };
    const head = replyIn(lines.first);
    if (!head.ok) return { kind: 'unreadable', reason: head.reason };
    return head.value.ok ? { kind: 'lines', lines } : { kind: 'reply', reply: head.value };
  } catch {
    return { kind: 'no-response' };
  }
}

/** @returns the socket at which the instance that is meant answers. */
async function findInstance({ sockets, configuration }: Instance): Promise<string | Missed> {
  const misses: Missed[] = [];
  for (const [i, socket] of sockets.entries()) {
    const named = configuration === null ? {} : { configuration };
    const missed = missedBy(await answered(socket, { command: 'status', ...named }, PROBE_MS));
    if (missed === null) return socket;
    if (missed.kind === 'other' || i === 0) misses.push(missed);
  }
  return mostTelling(misses);
}

function mostTelling(misses: readonly Missed[]): Missed {
  return TELLING.flatMap((kind) => misses.find((missed) => missed.kind === kind) ?? [])[0] ?? { kind: 'no-instance' };
}

export async function askControl<Name extends CommandName>(
  socket: string,
  request: ControlRequest<Name>,
  timeoutMs?: number,
): Promise<Asked<Name>> {
  const asked = await answered(socket, request, timeoutMs);
  if (asked.kind !== 'reply') return asked;
  const read = readReply(request.command, asked.reply);
  if (read.ok) return { kind: 'reply', reply: read.value };
  const { faults, result } = read;
  return { kind: 'partial', faults, result };
}

/** Whatever the result is. */
async function answered(socket: string, request: ControlRequest, timeoutMs?: number): Promise<Answered<unknown>> {
  // No process can have it; the system says no more than that it is no address.
  if (isTooLongForSocket(socket)) return { kind: 'no-instance' };
  try {
    const response = await socketExchange(socket, `${JSON.stringify(request)}\n`, timeoutMs);
    if (isBlank(response)) return { kind: 'no-response' };
    const reply = replyIn(response);
    return reply.ok ? { kind: 'reply', reply: reply.value } : { kind: 'unreadable', reason: reply.reason };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EACCES' || errno === 'EPERM') return { kind: 'no-permission' };
    if (!NOBODY_THERE.has(errno)) return { kind: 'no-response' };
    return { kind: (await isNoSocket(socket)) ? 'no-socket' : 'no-instance' };
  }
}

/** Of an instance that has ended meanwhile there is at most the blank that comes before a reply (control-protocol.ts). */
function isBlank(response: string): boolean {
  return response.trim() === '';
}

/** A connection to a file is refused as one to a socket that nobody listens on. */
async function isNoSocket(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && !found.isSocket();
}

async function controlSockets(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^control(?:-[0-9a-f]+)?\.sock$/.test(name)).map((name) => join(folder, name));
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
