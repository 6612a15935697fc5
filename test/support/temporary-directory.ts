/** A directory for one test, removed when it is over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
  file(name: string): string;
}

/** @param under which folder it is; `/dev/shm` is in the machine's memory. */
export function temporaryDirectory(under = tmpdir()): TemporaryDirectory {
  const path = mkdtempSync(join(under, 'cleanfeed-test-'));
  return {
    path,
    file: (name) => join(path, name),
    // A process that has not ended yet may make a file meanwhile.
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
  };
}
