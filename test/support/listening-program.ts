/** A real server in the foreground, with its configuration in a folder of its own, until it serves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { portAccepts } from './port-accepts.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export interface ListeningProgram extends AsyncDisposable {
  readonly port: number;
}

export interface ProgramSetup {
  readonly name: string;
  readonly configuration: (port: number) => string;
  /** `file`: path of the configuration. */
  readonly args: (file: string) => readonly string[];
  /** For a server that listens before it serves what it has to. `said`: all that it has written so far. */
  readonly isReady?: (said: string) => boolean;
}

export async function runListening(setup: ProgramSetup): Promise<ListeningProgram> {
  return await setUpOf(setup.name, async (begin) => await listening(setup, begin));
}

async function listening(setup: ProgramSetup, begin: Begin): Promise<ListeningProgram> {
  const { name, configuration, args, isReady = () => true } = setup;
  const program = programPath(name);
  if (program === null) throw new Error(`${name} is not installed; .ci/run installs it`);
  const directory = temporaryDirectory();
  const port = await freePort();
  const file = directory.file(`${name}.conf`);
  writeFileSync(file, configuration(port));
  const child = begin(spawn(program, [...args(file)], { stdio: ['ignore', 'pipe', 'pipe'] }));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const exited = once(child, 'exit');
  await eventually(
    `${name} serves`,
    async () => child.exitCode !== null || (isReady(said) && (await portAccepts(port))),
  );
  if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
      directory[Symbol.dispose]();
    },
  };
}
