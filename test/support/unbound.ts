/** A real Unbound as name server: started on loopback with what a test says about its zones, stopped by its pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { eventually } from './eventually.ts';
import { FREE_PORTS, freePort } from './free-port.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export interface Unbound extends AsyncDisposable {
  /** `address:port`, for `upstream.dns.servers`. */
  readonly server: string;
  stop(): Promise<void>;
}

export interface UnboundOptions {
  /** Lines of the `server:` clause. */
  readonly lines: readonly string[];
  /** Zone → `address@port` of the server it asks for names of it. */
  readonly forward?: Readonly<Record<string, string>>;
}

export async function startUnbound(options: UnboundOptions): Promise<Unbound> {
  return await setUpOf('unbound', async (begin) => await startOnce(options, begin));
}

async function startOnce(options: UnboundOptions, begin: Begin): Promise<Unbound> {
  const program = programPath('unbound');
  if (program === null) throw new Error('unbound is not installed; .ci/run installs it');
  const directory = temporaryDirectory();
  const port = await freePort();
  writeFileSync(directory.file('unbound.conf'), configuration(directory.path, port, options));
  const child = begin(
    spawn(program, ['-d', '-c', directory.file('unbound.conf')], { stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = once(child, 'exit');
  await eventually('unbound serves', () => child.exitCode !== null || said.includes('start of service'));
  if (child.exitCode !== null) {
    directory[Symbol.dispose]();
    throw new Error(`unbound ended: ${said}`);
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    directory[Symbol.dispose]();
  };
  return { server: `127.0.0.1:${port}`, stop, [Symbol.asyncDispose]: stop };
}

/** Each Unbound of the tests, which runs in the foreground of its folder as whoever starts it. @returns the beginning of its `server:` clause. */
export function unboundServer(directory: string): string {
  return `server:
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"`;
}

function configuration(directory: string, port: number, { lines, forward = {} }: UnboundOptions): string {
  const zones = Object.entries(forward).map(
    ([zone, address]) => `forward-zone:\n  name: "${zone}."\n  forward-addr: ${address}`,
  );
  return `${unboundServer(directory)}
  logfile: ""
  do-not-query-localhost: no
  interface: 127.0.0.1@${port}
  outgoing-port-avoid: ${FREE_PORTS.first}-${FREE_PORTS.end - 1}
${lines.map((line) => `  ${line}`).join('\n')}
remote-control:
  control-enable: no
${zones.join('\n')}
`;
}
