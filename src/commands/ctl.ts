/**
 * `cleanfeed ctl`: one command to a running instance, its answer on standard output, faults on standard error. It waits 5 s
 * for the answer; where lists are read as long as that takes, and after 5 s says so on standard error.
 *
 * A result of another release is shown as it came, and what it lacks is named; the command has been carried out then.
 *
 * Exit: 0 done; 64 wrong command line; 65 a list was not taken; 69 no running instance, or one of another
 * configuration; 77 the socket is not for this user;
 * 78 the configuration was refused (the one before stays in force). It must not read the instance's files.
 */
import { parseDuration } from '../config/quantities.ts';
import { systemTime } from '../lib/time.ts';
import type { ControlRequest, SteerAction } from '../observe/control-protocol.ts';
import type { ReadResult } from '../observe/control-shapes.ts';
import { askInstance } from './control-client.ts';
import type { Asked, Instance, Missed } from './control-client.ts';
import { printCtl, printPartial, statusScreen } from './ctl-print.ts';
import type { CtlName } from './ctl-print.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { defaultInstance, exitOfMissed, EXIT_OF, targetInstance, noReply } from './target-instance.ts';
import { printError, printErrors, print, printJson } from './terminal.ts';

export interface CtlOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly json: boolean;
  readonly watch: boolean;
  /** The duration of `bypass on` and `list off`. */
  readonly for?: string;
  /** The flag of `drain`. */
  readonly now?: boolean;
  /** The flag of `reload`. */
  readonly unattended?: boolean;
  /** What `accept`, `rollback`, `release` and `list` are about. */
  readonly list?: string;
  readonly version?: string;
  /** What `steer release` and `steer deny` are about. */
  readonly address?: string;
  /** Whose requests `trace on` explains. */
  readonly client?: string;
}

/** They end when a list has been read and is in force. */
const SLOW: ReadonlySet<CtlName> = new Set<CtlName>(['reload', 'accept', 'rollback', 'release']);
/** They change nothing, so that the instance may be left to be found. */
const SHOWS: ReadonlySet<CtlCommand> = new Set<CtlCommand>(['status', 'workers', 'limits']);
/** Milliseconds. */
const TIMEOUT_MS = 5000;
const REDRAW_MS = 2000;
const CLEAR = '\u001b[H\u001b[2J';

/** The command as on the command line. */
export type CtlCommand =
  | Exclude<CtlName, 'bypass' | 'list' | 'steer' | 'trace'>
  | 'bypass on'
  | 'bypass off'
  | 'trace on'
  | 'trace off'
  | 'list on'
  | 'list off'
  | `steer ${SteerAction}`;

export async function ctl(command: CtlCommand, options: CtlOptions): Promise<ExitCode> {
  const request = requestOf(command, options);
  if (typeof request === 'string') return printedError(request, EXIT.usage);
  const isNamed = options.config !== undefined || options.socket !== undefined;
  const instance = await targetInstance(isNamed || !SHOWS.has(command) ? options : ((await defaultInstance()) ?? {}));
  if ('exit' in instance) return instance.exit;
  return options.watch ? await watch(instance, options.json) : await once(instance, request, options.json);
}

/** @returns a request, or what is wrong with the command line. */
function requestOf(command: CtlCommand, options: CtlOptions): ControlRequest<CtlName> | string {
  if (command === 'bypass off') return { command: 'bypass', seconds: 0 };
  if (command === 'drain') return { command, now: options.now === true };
  if (command === 'reload') return { command, unattended: options.unattended === true };
  const { list = '', version = '', address = '' } = options;
  if (command === 'steer held') return { command: 'steer', action: 'held' };
  if (command === 'steer release') return { command: 'steer', action: 'release', address };
  if (command === 'steer deny') return { command: 'steer', action: 'deny', address };
  if (command === 'accept') return { command, list, version };
  if (command === 'rollback' || command === 'release') return { command, list };
  if (command === 'trace off') return { command: 'trace', client: '', seconds: 0 };
  if (command === 'list on') return { command: 'list', list, seconds: 0 };
  if (command !== 'bypass on' && command !== 'trace on' && command !== 'list off') return { command };
  const duration = parseDuration(options.for);
  if (!duration.ok) return `--for ${duration.reason}`;
  if (duration.value < 1000) return '--for must be at least 1s';
  const seconds = Math.floor(duration.value / 1000);
  if (command === 'list off') return { command: 'list', list, seconds };
  return command === 'bypass on'
    ? { command: 'bypass', seconds }
    : { command: 'trace', client: options.client ?? '', seconds };
}

async function once<Name extends CtlName>(
  instance: Instance,
  request: ControlRequest<Name>,
  json: boolean,
): Promise<ExitCode> {
  const asked = SLOW.has(request.command)
    ? await askWithNotice(instance, request)
    : await askInstance(instance, request, TIMEOUT_MS);
  if (asked.kind === 'partial') {
    printPartial(asked.result, asked.faults, json);
    return EXIT.ok;
  }
  if (asked.kind !== 'reply') return printedError(noReply(asked, instance), exitOfMissed(asked));
  const { reply } = asked;
  if (json) printJson(reply);
  if (!reply.ok) {
    if (!json) printErrors(reply.message.split('\n').map((line) => `cleanfeed: ${line}`));
    return EXIT_OF[reply.code];
  }
  if (!json) printCtl(request.command, reply.result);
  return EXIT.ok;
}

/** A reload takes as long as its lists take to compile; from outside, an instance that hangs looks the same. */
async function askWithNotice<Name extends CtlName>(
  instance: Instance,
  request: ControlRequest<Name>,
  time = systemTime,
): Promise<Asked<Name>> {
  const saying = `no response for ${TIMEOUT_MS / 1000} s, still waiting: a large list takes time; 'ctl status' shows whether the instance responds`;
  const slow = time.after(TIMEOUT_MS, () => printError(saying));
  try {
    return await askInstance(instance, request);
  } finally {
    slow.cancel();
  }
}

/** It goes on until it is interrupted or its output is closed. It waits for an instance that is away, since that may be restarting. */
async function watch(instance: Instance, json: boolean, time = systemTime): Promise<ExitCode> {
  const ask = async (): Promise<Asked<'status'>> => await askInstance(instance, { command: 'status' }, TIMEOUT_MS);
  const first = await ask();
  if (first.kind !== 'reply') return await once(instance, { command: 'status' }, json);
  const reader = { isGone: false };
  process.stdout.on('error', () => {
    reader.isGone = true;
  });
  let before: ReadResult<'status'> | null = null;
  for (let asked: Asked<'status'> = first; !reader.isGone; asked = await ask()) {
    const status = asked.kind === 'reply' && asked.reply.ok ? asked.reply.result : null;
    const missed: Missed = asked.kind === 'reply' ? { kind: 'no-response' } : asked;
    const screen = status === null ? noReply(missed, instance) : statusScreen(status, before);
    print(json ? JSON.stringify(status) : `${process.stdout.isTTY ? CLEAR : ''}${screen}`);
    before = status;
    await time.pause(REDRAW_MS);
  }
  return EXIT.ok;
}

function printedError(message: string, exit: ExitCode): ExitCode {
  printError(message);
  return exit;
}
