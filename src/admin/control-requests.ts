/**
 * One connection to the control socket: one request, one reply; or, where the request says that lines follow, one reply for each
 * (control-lines.ts). Who names a configuration is served only by the instance that runs it. It must not know any command.
 */
import { DEADLINES, type Deadlines } from '../lib/deadlines.ts';
import { messageOf } from '../lib/errors.ts';
import { realPathInTime } from '../lib/answered-in-time.ts';
import { objectOf, parsedJson } from '../lib/json.ts';
import { systemTime, type Time } from '../lib/time.ts';
import type { Socket } from 'node:net';
import type { Reply } from '../observe/control-protocol.ts';
import { answerLines, ThreadTurns, type LineAnswers } from './control-lines.ts';

/** Arguments come from outside and are not to be trusted. */
export type Handler<Result> = (args: Readonly<Record<string, unknown>>) => Reply<Result> | Promise<Reply<Result>>;

/** Of a command that may be asked about many things in one connection. */
export type LinesHandler = (args: Readonly<Record<string, unknown>>) => Reply<LineAnswers>;

export interface ControlRequests {
  /** The configuration file that this instance runs. */
  readonly file: string;
  /** The handlers by the name of their command. */
  readonly commands: Readonly<Record<string, Handler<unknown>>>;
  /** The same of those that take lines. */
  readonly ofLines: Readonly<Record<string, LinesHandler>>;
  readonly time?: Time;
  readonly deadlines?: Deadlines['control'];
}

const MAX_REQUEST_BYTES = 16_384;

/** Of all connections to this instance. */
const THREAD_TURNS = new ThreadTurns();

export function serveControl(socket: Socket, requests: ControlRequests): void {
  const { time = systemTime, deadlines = DEADLINES.control } = requests;
  let text = '';
  const deadline = time.after(deadlines.requestMs, () => socket.destroy());
  const onData = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1 && text.length <= MAX_REQUEST_BYTES) return;
    deadline.cancel();
    socket.off('data', onData).pause();
    void reply(socket, { line: text.slice(0, Math.max(end, 0)), more: text.slice(end + 1) }, requests);
  };
  socket.setEncoding('utf8').on('data', onData);
  socket.on('error', () => {});
  socket.on('close', () => deadline.cancel());
}

/** With the response the connection ends, whatever the client does: clients that never end would take all connections in the end. */
async function reply(
  socket: Socket,
  { line, more }: { readonly line: string; readonly more: string },
  requests: ControlRequests,
): Promise<void> {
  const { time = systemTime, deadlines = DEADLINES.control } = requests;
  if (!(await isWaiting(socket))) {
    socket.destroy();
    return;
  }
  const response = await respond(line, requests);
  if ('answers' in response) {
    await answerLines(socket, more, { ...response, turns: THREAD_TURNS, time, deadlines });
    return;
  }
  socket.resume();
  socket.end(`${JSON.stringify(response)}\n`);
  socket.destroySoon();
  const deadline = time.after(deadlines.replyMs, () => socket.destroy()).unref();
  socket.once('close', () => deadline.cancel());
}

/**
 * Whether somebody still waits for the reply. An instance that stood still finds requests of clients that have given up: a bypass or a drain that was told
 * to have failed must not begin minutes later. Only writing tells them from clients that have ended their own side; a blank before JSON is none of it.
 */
async function isWaiting(socket: Socket): Promise<boolean> {
  return await new Promise((resolve) => {
    socket.write(' ', (error) => resolve(error === null || error === undefined));
  });
}

interface Answering {
  readonly head: Reply<object>;
  readonly answers: LineAnswers;
}

async function respond(
  line: string,
  { commands, ofLines, file }: ControlRequests,
): Promise<Reply<unknown> | Answering> {
  const request = objectOf(parsedJson(line));
  if (request === null)
    return { ok: false, code: 'usage', message: 'a request is one line, a JSON object with a command' };
  const asked = request['configuration'];
  if (asked !== undefined && !(await isSameFile(asked, file)))
    return { ok: false, code: 'other_configuration', message: `this instance runs ${file}, not ${nameOf(asked)}` };
  const name = String(request['command']);
  const handler = request['lines'] === true && Object.hasOwn(ofLines, name) ? ofLines[name] : undefined;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    return {
      ok: false,
      code: 'usage',
      message: `there is no such command; there are: ${Object.keys(commands).join(', ')}`,
    };
  try {
    if (handler === undefined) return await command(request);
    const reply = handler(request);
    return reply.ok ? { head: { ok: true, result: {} }, answers: reply.result } : reply;
  } catch (error) {
    return { ok: false, code: 'internal', message: messageOf(error) };
  }
}

/**
 * By the name that this instance was given, whatever lies there now: that is what it reads at a reload. Or by another name of the
 * file that lies there now (a symbolic link, another working directory).
 */
async function isSameFile(asked: unknown, file: string): Promise<boolean> {
  if (nameOf(asked) === file) return true;
  const real = typeof asked === 'object' && asked !== null && 'real' in asked ? asked.real : null;
  return typeof real === 'string' && real === (await realPathInTime(file));
}

function nameOf(asked: unknown): string {
  return typeof asked === 'object' && asked !== null && 'file' in asked ? String(asked.file) : String(asked);
}
