/**
 * One temporary folder for everything a run writes (configurations, lists, logs, the origin's files), removed at the end.
 * Readable by all: Squid and nginx give up root for a user of their own.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Workspace {
  readonly root: string;

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'cleanfeed-bench-'));
    chmodSync(this.root, 0o755);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** A folder that engines may write to after giving up root. */
  folder(name: string): string {
    const path = this.path(name);
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
    return path;
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.path(name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
