/**
 * Which running instance a command speaks to, and how it says that it could not: for `ctl` and `selftest`. It must not ask
 * the instance anything.
 */
import { stat } from 'node:fs/promises';
import { controlSocketOf } from '../config/control-place.ts';
import { isTooLongForSocket, MAX_SOCKET_PATH_BYTES } from '../lib/socket-exchange.ts';
import type { RefusalCode } from '../observe/control-protocol.ts';
import { instanceOf, namedConfiguration, UNIT_STATE, unitSockets } from './control-client.ts';
import type { Instance, Missed } from './control-client.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { printError, printFaults } from './terminal.ts';

const UNIT_CONFIGURATION = '/etc/cleanfeed/cleanfeed.yaml';

/** As on the command line. */
export interface InstanceNames {
  readonly config?: string;
  readonly socket?: string;
}

export const EXIT_OF: Readonly<Record<RefusalCode, ExitCode>> = {
  usage: EXIT.usage,
  config: EXIT.badConfig,
  list: EXIT.badList,
  unavailable: EXIT.unavailable,
  other_configuration: EXIT.unavailable,
  internal: EXIT.internal,
};

/** A configuration with faults tells where the socket is all the same, unless that is what is wrong. */
export async function targetInstance({
  config,
  socket,
}: InstanceNames): Promise<Instance | { readonly exit: ExitCode }> {
  if (socket !== undefined)
    return { sockets: [socket], configuration: config === undefined ? null : await namedConfiguration(config) };
  if (config === undefined)
    return exit('which instance? name its configuration (-c FILE) or its control socket (-s PATH)', EXIT.usage);
  const place = await controlSocketOf(config);
  if (place !== null) return await instanceOf(config, place);
  // Only here: where the socket is known, nobody waits until what reads configurations is loaded.
  const { loadConfig } = await import('../config/load.ts');
  const loaded = await loadConfig(config);
  const found = loaded.ok ? loaded.config : loaded.sound?.config;
  if (found !== undefined) return await instanceOf(config, found.control.socket);
  printFaults(loaded.ok ? [] : loaded.faults);
  return exit(
    'the configuration has errors and does not name the socket, or may not be read by this user; name it with -s PATH',
    EXIT.badConfig,
  );
}

/**
 * The instance of a command that only shows something and names none: that of the shipped unit's configuration, or the
 * only one with a control socket below the units' state directory.
 * @returns null if there is none, or more than one.
 */
export async function defaultInstance(
  configuration = UNIT_CONFIGURATION,
  unitState = UNIT_STATE,
): Promise<InstanceNames | null> {
  const found = await stat(configuration).catch(() => null);
  if (found?.isFile() === true) return { config: configuration };
  const [socket, ...others] = await unitSockets(unitState);
  return socket === undefined || others.length > 0 ? null : { socket };
}

function exit(message: string, code: ExitCode): { readonly exit: ExitCode } {
  printError(message);
  return { exit: code };
}

/** @returns in words why there is no reply. */
export function noReply(missed: Missed, { sockets: [socket = ''], configuration }: Instance): string {
  switch (missed.kind) {
    case 'no-instance':
      return `no running instance${configuration === null ? '' : ` of ${configuration.file}`} at ${socket}${isTooLongForSocket(socket) ? `: the path of a socket has at most ${MAX_SOCKET_PATH_BYTES} bytes` : ''}`;
    case 'no-socket':
      return `${socket} is no socket: -s takes the control socket of a running instance, -c its configuration`;
    case 'other':
      return `no running instance of ${configuration?.file ?? ''}: ${missed.message}`;
    case 'no-response':
      return `the instance at ${socket} did not respond`;
    case 'unreadable':
      return `what the instance at ${socket} responded cannot be read (${missed.reason}); is it of another release than this program?`;
    case 'partial':
      return `what the instance at ${socket} responded lacks something (${missed.faults[0] ?? ''}); is it of another release than this program?`;
    case 'no-permission':
      return `${socket} may not be used by this user: use sudo, or join its group (cleanfeed, with the shipped units)`;
  }
}

export function exitOfMissed({ kind }: Missed): ExitCode {
  return kind === 'no-permission' ? EXIT.noPermission : EXIT.unavailable;
}
