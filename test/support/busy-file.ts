/** A process of its own that writes to a file again and again, a millisecond apart: a log beside a list, a list (of comments) without rest. */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';

const WRITER =
  "setInterval(() => require('node:fs').appendFileSync(process.argv[1], '# a line\\n'), 1); process.on('disconnect', () => process.exit());";

export interface BusyFile extends Disposable {
  /** Bytes that it has by now: it grows. */
  readonly writes: number;
}

export function writingBesides(file: string): BusyFile {
  // With an IPC channel: should the tests be killed, its end stops the writer too.
  const writer = spawn(process.execPath, ['-e', WRITER, file], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return {
    get writes() {
      return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    },
    [Symbol.dispose]: () => writer.kill('SIGKILL'),
  };
}
