/** Where an instance keeps its state and where it is spoken to, by its configuration and the environment. It must not look whether anything is there. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** What of the environment decides: where state is kept. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** As a configuration file has them; null: not there. */
export interface GivenPlaces {
  /** `state.directory` */
  readonly directory: string | null;
  /** `control.socket` */
  readonly socket: string | null;
}

interface StatePlaces {
  readonly directory: string;
  readonly socket: string;
}

/** @param file the absolute path of the configuration; paths in it are relative to its folder. */
export function statePlaces(given: GivenPlaces, file: string, environment: Environment): StatePlaces {
  const folder = dirname(file);
  const directory = stateDirectory(given.directory, folder, environment);
  const socket =
    given.socket === null
      ? join(directory, socketName(given.directory !== null, file, environment))
      : resolve(folder, given.socket);
  return { directory, socket };
}

/** Two configurations of one user share the last resort of `stateDirectory`: there each has a name of its own. */
function socketName(isConfigured: boolean, file: string, environment: Environment): string {
  const isNamed = isConfigured || (environment['STATE_DIRECTORY'] ?? '') !== '';
  return isNamed ? 'control.sock' : `control-${createHash('sha256').update(file).digest('hex').slice(0, 12)}.sock`;
}

/** systemd's StateDirectory= first, then the place of the XDG base directory specification. */
function stateDirectory(configured: string | null, folder: string, environment: Environment): string {
  if (configured !== null) return resolve(folder, configured);
  const [systemd] = (environment['STATE_DIRECTORY'] ?? '').split(':', 1);
  if (systemd !== undefined && systemd !== '') return resolve(systemd);
  const xdg = environment['XDG_STATE_HOME'];
  const home = environment['HOME'] ?? homedir();
  return xdg !== undefined && xdg.startsWith('/') ? join(xdg, 'cleanfeed') : join(home, '.local', 'state', 'cleanfeed');
}
