/** A real dnsdist before a name server of the test's own, which it tells of each client in a PROXY header. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { portAccepts } from './port-accepts.ts';
import { programPath } from './programs.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface Dnsdist extends AsyncDisposable {
  /** On 127.0.0.1, UDP and TCP. */
  readonly port: number;
}

/** `backend`: a port on 127.0.0.1. */
export async function startDnsdist(backend: number): Promise<Dnsdist> {
  const program = programPath('dnsdist');
  if (program === null) throw new Error('dnsdist is not installed; .ci/run installs it');
  const directory = temporaryDirectory();
  const port = await freePort();
  writeFileSync(
    directory.file('dnsdist.conf'),
    [
      `setLocal("127.0.0.1:${port}")`,
      `newServer({ address = "127.0.0.1:${backend}", useProxyProtocol = true, healthCheckMode = "up" })`,
      'addAction(AllRule(), SetProxyProtocolValuesAction({ [42] = "a value" }))',
      'setSecurityPollSuffix("")',
      '',
    ].join('\n'),
  );
  const child = spawn(program, ['--supervised', '--disable-syslog', '-C', directory.file('dnsdist.conf')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const exited = once(child, 'exit');
  await eventually('dnsdist listens', async () => child.exitCode !== null || (await portAccepts(port)));
  if (child.exitCode !== null) throw new Error(`dnsdist ended: ${said}`);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
      directory[Symbol.dispose]();
    },
  };
}
