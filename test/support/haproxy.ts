/** A real HAProxy with its own defaults of strictness: started on a free port, stopped by its pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { portAccepts } from './port-accepts.ts';
import { programPath } from './programs.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface Haproxy extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

/** As forwarder to one origin. */
export async function startHaproxy(originPort: number): Promise<Haproxy> {
  return await runHaproxy((port) => forwarder(port, originPort));
}

export async function runHaproxy(configuration: (port: number) => string): Promise<Haproxy> {
  const program = programPath('haproxy');
  if (program === null) throw new Error('haproxy is not installed; .ci/run installs it');
  const directory = temporaryDirectory();
  const port = await freePort();
  writeFileSync(directory.file('haproxy.cfg'), configuration(port));
  const child = spawn(program, ['-db', '-f', directory.file('haproxy.cfg')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const exited = once(child, 'exit');
  await eventually('haproxy listens', async () => child.exitCode !== null || (await portAccepts(port)));
  if (child.exitCode !== null) throw new Error(`haproxy ended: ${complaints}`);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
      directory[Symbol.dispose]();
    },
  };
}

function forwarder(port: number, originPort: number): string {
  return `
global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 60s
  timeout client 3s
  timeout http-request 3s
  timeout server 10s
frontend clients
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  server origin 127.0.0.1:${originPort}
`;
}
