/** Which files a running process touches from now on: strace, attached to all of its threads. It must not slow anything else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface TouchedFiles {
  /** Waits for the end of the process. @returns the calls that name a path below the folder, as strace writes them. */
  readonly below: (folder: string) => Promise<readonly string[]>;
}

/** @param record the file that strace writes. */
export async function touchedFiles(pid: number, record: string): Promise<TouchedFiles> {
  const strace = spawn('strace', ['-f', '-y', '-e', 'trace=%file', '-s', '4096', '-o', record, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(strace, 'exit');
  let said = '';
  for await (const part of strace.stderr.iterator({ destroyOnReturn: false })) {
    said += String(part);
    if (said.includes(' attached')) break;
  }
  if (!said.includes(' attached')) throw new Error(`strace is not attached: ${said}`);
  // What it says of each new thread must not fill the pipe.
  strace.stderr.resume();
  return {
    below: async (folder) => {
      await ended;
      return readFileSync(record, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`${folder}/`));
    },
  };
}
