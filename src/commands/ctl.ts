/**
 * `cleanfeed ctl`: one command to a running instance, its answer on standard output, faults on standard error. It waits 5 s
 * for the answer; to `reload` as long as that takes, and after 5 s says so on standard error.
 *
 * Exit: 0 done; 64 wrong command line; 65 a list was not taken; 69 no instance answers; 77 the socket is not for this user;
 * 78 the configuration was refused (the one before stays in force).
 */
import { formatFault } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import { parseDuration } from '../config/quantities.ts';
import type { RefusalCode } from '../lib/control-protocol.ts';
import { askControl } from './control-client.ts';
import type { Asked } from './control-client.ts';
import { printCtl, statusScreen } from './ctl-print.ts';
import type { StatusFigures } from './ctl-print.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { complain, complainLines, print, printJson } from './terminal.ts';

export interface CtlOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly json: boolean;
  readonly watch: boolean;
  /** Of `bypass on`. */
  readonly for?: string;
  /** Of `drain`. */
  readonly now?: boolean;
}

const EXIT_OF: Readonly<Record<RefusalCode, ExitCode>> = { usage: EXIT.usage, config: EXIT.badConfig, list: EXIT.badList, unavailable: EXIT.unavailable, internal: EXIT.internal };
/** Milliseconds. */
const TIMEOUT_MS = 5000;
const REDRAW_MS = 2000;
const CLEAR = '\u001b[H\u001b[2J';

export async function ctl(command: string, options: CtlOptions): Promise<ExitCode> {
  const request = requestOf(command, options);
  if (typeof request === 'string') return complaint(request, EXIT.usage);
  const socket = await socketOf(options);
  if (typeof socket !== 'string') return socket.exit;
  return options.watch ? await watch(socket, options.json) : await once(socket, request, options.json);
}

/** A request, or what is wrong with the command line. */
function requestOf(command: string, options: CtlOptions): Readonly<Record<string, unknown>> | string {
  if (command === 'bypass off') return { command: 'bypass', seconds: 0 };
  if (command === 'drain') return { command, now: options.now === true };
  if (command !== 'bypass on') return { command };
  const duration = parseDuration(options.for);
  if (!duration.ok) return `--for ${duration.reason}`;
  if (duration.value < 1000) return '--for must be at least 1s';
  return { command: 'bypass', seconds: Math.floor(duration.value / 1000) };
}

async function socketOf({ config, socket }: CtlOptions): Promise<string | { readonly exit: ExitCode }> {
  if (socket !== undefined) return socket;
  if (config === undefined) return { exit: complaint('which instance? name its configuration (-c FILE) or its control socket (-s PATH)', EXIT.usage) };
  const loaded = await loadConfig(config);
  if (loaded.ok) return loaded.config.control.socket;
  complainLines(loaded.faults.map(formatFault));
  return { exit: complaint('the configuration does not tell the socket while it has faults; name it (-s PATH)', EXIT.badConfig) };
}

async function once(socket: string, request: Readonly<Record<string, unknown>>, json: boolean): Promise<ExitCode> {
  const command = String(request['command']);
  const asked = command === 'reload' ? await askPatiently(socket, request) : await askControl(socket, request, TIMEOUT_MS);
  if (asked.kind === 'nobody') return complaint(`no instance answers at ${socket}`, EXIT.unavailable);
  if (asked.kind === 'no-permission') return complaint(`${socket} is not for this user`, EXIT.noPermission);
  const { reply } = asked;
  if (json) printJson(reply);
  if (!reply.ok) {
    if (!json) complainLines(reply.message.split('\n').map((line) => `cleanfeed: ${line}`));
    return EXIT_OF[reply.code];
  }
  if (!json) printCtl(command, reply.result);
  return EXIT.ok;
}

/** A reload takes as long as its lists take to compile; from outside, an instance that hangs looks the same. */
async function askPatiently(socket: string, request: Readonly<Record<string, unknown>>): Promise<Asked> {
  const saying = `no answer for ${TIMEOUT_MS / 1000} s, still waiting: a large list takes long; 'ctl status' tells whether the instance answers at all`;
  const slow = setTimeout(() => complain(saying), TIMEOUT_MS);
  try {
    return await askControl(socket, request);
  } finally {
    clearTimeout(slow);
  }
}

/** Until it is interrupted or nobody reads; an instance that is away is waited for, since it may be restarting. */
async function watch(socket: string, json: boolean): Promise<ExitCode> {
  const first = await askControl(socket, { command: 'status' }, TIMEOUT_MS);
  if (first.kind !== 'reply') return await once(socket, { command: 'status' }, json);
  const reader = { isGone: false };
  process.stdout.on('error', () => {
    reader.isGone = true;
  });
  let before: StatusFigures | null = null;
  for (let asked: Asked = first; !reader.isGone; asked = await askControl(socket, { command: 'status' }, TIMEOUT_MS)) {
    const status = asked.kind === 'reply' && asked.reply.ok ? (asked.reply.result as StatusFigures) : null;
    if (json) print(JSON.stringify(status));
    else print(`${process.stdout.isTTY ? CLEAR : ''}${status === null ? `no instance answers at ${socket}` : statusScreen(status, before)}`);
    before = status;
    await new Promise((resolve) => setTimeout(resolve, REDRAW_MS));
  }
  return EXIT.ok;
}

function complaint(message: string, exit: ExitCode): ExitCode {
  complain(message);
  return exit;
}
