/**
 * A customer whose machine asks one name server, as its `resolv.conf` says: programs there see a file of the test's own in the place of the
 * system's, in a mount namespace of each program.
 */
import { writeFileSync } from 'node:fs';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import type { Namespace } from './namespace.ts';

const BOUND = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';

export class Customer implements Disposable {
  readonly #machine: Namespace;
  readonly #directory: TemporaryDirectory = temporaryDirectory();

  /** @param servers that it asks, IPv4 or IPv6 addresses. */
  constructor(machine: Namespace, servers: readonly string[]) {
    this.#machine = machine;
    const lines = [...servers.map((server) => `nameserver ${server}`), 'options timeout:5 attempts:6', ''];
    writeFileSync(this.#directory.file('resolv.conf'), lines.join('\n'));
  }

  /** Words before a command that run it here. */
  get under(): readonly string[] {
    const mount = ['unshare', '--mount', 'sh', '-eu', '-c', BOUND, this.#directory.file('resolv.conf')];
    return [...this.#machine.under, ...mount];
  }

  /** A program that runs another one here, for those who start one program without words before it. */
  script(name: string, program: string): string {
    const file = this.#directory.file(name);
    const words = [...this.under, program].map((word) => `'${word}'`);
    writeFileSync(file, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
    return file;
  }

  /** @returns what dig prints of the answer section, one record a line without its TTL, in the order of the alphabet. */
  async dig(...words: readonly string[]): Promise<readonly string[]> {
    const all = ['dig', '+nocmd', '+noall', '+answer', '+nottlid', '+time=5', '+tries=4', ...words];
    const printed = await this.#machine.run(...all);
    return printed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replaceAll(/\s+/g, ' '))
      .sort((a, b) => a.localeCompare(b));
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}
