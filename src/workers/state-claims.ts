/**
 * Whether another process of this machine follows a protected list of ours in the same folder of the state directory: what an operator pins, accepts or
 * releases in one is overwritten by the other, and a second instance that was started so by mistake shows nowhere else.
 *
 *   this process ─ abstract socket, named by the folder ─ taken: another has it      the kernel takes it back when its process ends, however it does
 *
 * What cannot be told is not told: processes of another network namespace or machine. It must not keep the instance from starting.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { basename } from 'node:path';
import type { ListConfig, ProtectedTerms } from '../config/list-types.ts';
import { errnoOf } from '../lib/errors.ts';
import { placeOf, storeFolder } from '../list/source/tuf/store.ts';
import type { Log } from '../observe/log.ts';

/** Of a list of the configuration. */
export interface ListPlace {
  readonly name: string;
  readonly source:
    | { readonly kind: Exclude<ListConfig['source']['kind'], 'tuf'> }
    | ({ readonly kind: 'tuf' } & Pick<ProtectedTerms, 'mirrors'>);
}

export class StateClaims {
  readonly #directory: string;
  readonly #servers: Server[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Until `close`. It warns of each list that another process has. Never throws. */
  async take(lists: readonly ListPlace[], log: Log): Promise<void> {
    // What a process has in another directory, by whatever path that goes, is another folder.
    const place = await stat(this.#directory, { bigint: true }).catch(() => null);
    if (place === null) return;
    for (const { name, source } of lists) {
      if (source.kind !== 'tuf') continue;
      const folder = basename(storeFolder(this.#directory, name, placeOf(source.mirrors)));
      const claim = createHash('sha256').update(`${place.dev} ${place.ino} ${folder}`).digest('hex');
      if (!(await this.#claim(`\0cleanfeed-state-${claim.slice(0, 32)}`)))
        log.event('warn', 'state.shared', { list: name, directory: this.#directory });
    }
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** @returns false where another process has it. */
  async #claim(path: string): Promise<boolean> {
    const server = createServer((socket) => socket.destroy());
    const errno = await new Promise<string | null>((resolve) => {
      server.once('error', (error) => resolve(errnoOf(error)));
      server.listen(path, () => resolve(null));
    });
    server.on('error', () => {});
    if (errno === null) this.#servers.push(server.unref());
    return errno !== 'EADDRINUSE';
  }
}
