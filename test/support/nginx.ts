/** A real nginx as origin: started on a free port with what a test says about its server, stopped by its pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { portAccepts } from './port-accepts.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export interface Nginx extends AsyncDisposable {
  /** On 127.0.0.1 and, where there is IPv6, on ::1. */
  readonly port: number;
  /** What it serves, to be changed while it runs. */
  readonly root: string;
  stop(): Promise<void>;
}

export interface NginxOptions {
  /** Directives of the server block. */
  readonly server: string;
  /** Directives of the http block; paths are below a folder of its own. */
  readonly http?: string;
  /** Files below its root, by path. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** With TLS; PEM. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export async function startNginx(options: NginxOptions): Promise<Nginx> {
  return await setUpOf('nginx', async (begin) => await nginxOrigin(options, begin));
}

async function nginxOrigin(options: NginxOptions, begin: Begin): Promise<Nginx> {
  const program = programPath('nginx');
  if (program === null) throw new Error('nginx is not installed; .ci/run installs it');
  const directory = temporaryDirectory();
  const root = directory.file('root');
  mkdirSync(root);
  for (const [path, content] of Object.entries(options.files ?? {})) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const port = await freePort();
  if (options.tls !== undefined) {
    writeFileSync(directory.file('certificate.pem'), options.tls.certificate);
    writeFileSync(directory.file('key.pem'), options.tls.key);
  }
  writeFileSync(directory.file('nginx.conf'), configuration(port, options));
  const stop = await run(directory, port, begin(nginxIn(program, directory)));
  return { port, root, stop, [Symbol.asyncDispose]: stop };
}

export interface BareNginx extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

/** What nginx is besides an origin; `configuration` says all. Its stream module is a package of its own. */
export async function runNginx(configuration: (port: number) => string): Promise<BareNginx> {
  return await setUpOf('nginx', async (begin) => await bareNginx(configuration, begin));
}

async function bareNginx(configuration: (port: number) => string, begin: Begin): Promise<BareNginx> {
  const program = programPath('nginx');
  if (program === null) throw new Error('nginx is not installed; .ci/run installs it');
  const directory = temporaryDirectory();
  const port = await freePort();
  writeFileSync(
    directory.file('nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; user root;\n${configuration(port)}`,
  );
  return { port, [Symbol.asyncDispose]: await run(directory, port, begin(nginxIn(program, directory))) };
}

function nginxIn(program: string, directory: TemporaryDirectory) {
  const args = ['-p', directory.path, '-e', 'error.log', '-c', 'nginx.conf'];
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** @returns what stops it and clears up. */
async function run(
  directory: TemporaryDirectory,
  port: number,
  child: ReturnType<typeof nginxIn>,
): Promise<() => Promise<void>> {
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const exited = once(child, 'exit');
  await eventually('nginx listens', async () => child.exitCode !== null || (await portAccepts(port)));
  if (child.exitCode !== null) throw new Error(`nginx ended: ${complaints}`);
  return async () => {
    child.kill('SIGTERM');
    await exited;
    directory[Symbol.dispose]();
  };
}

/** `user root`: started as root it could not read a private directory otherwise; started as anybody else it ignores it. */
function configuration(port: number, { server, http = '', tls }: NginxOptions): string {
  const [ssl, certificate] =
    tls === undefined ? ['', ''] : [' ssl', 'ssl_certificate certificate.pem; ssl_certificate_key key.pem;'];
  return `
    daemon off; master_process off; pid nginx.pid; user root;
    events { worker_connections 512; }
    http {
      access_log off; default_type text/plain; keepalive_requests 100000;
      types { text/html html; application/javascript js; image/png png; text/css css; }
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
      client_max_body_size 64m; ${http}
      server { listen 127.0.0.1:${port}${ssl}; listen [::1]:${port}${ssl}; ${certificate} root root; ${server} }
    }`;
}
