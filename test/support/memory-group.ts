/** A control group of the kernel with a limit of memory, as `MemoryMax=` makes one for a unit; of either version. Root alone may make it. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const FIRST = join(ROOT, 'memory');

export class MemoryGroup implements Disposable {
  readonly #path: string;
  readonly #limit: string;

  /** @throws where this machine, or this user, may make none. */
  constructor() {
    const isFirst = existsSync(join(FIRST, 'memory.limit_in_bytes'));
    if (!isFirst) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
    this.#path = join(isFirst ? FIRST : ROOT, `cleanfeed-test-${process.pid}`);
    this.#limit = join(this.#path, isFirst ? 'memory.limit_in_bytes' : 'memory.max');
    mkdirSync(this.#path);
  }

  /** A command that enters the group and runs the one behind it in its own place. */
  get under(): readonly string[] {
    return ['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', this.#path];
  }

  limit(bytes: number): void {
    writeFileSync(this.#limit, String(Math.ceil(bytes)));
  }

  /** When no process is in it any more. */
  [Symbol.dispose](): void {
    rmdirSync(this.#path);
  }
}
