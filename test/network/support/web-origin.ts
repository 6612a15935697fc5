/**
 * A real nginx on a machine of a network, which tells each client whom it takes it for; as `told.example` it takes the word of whoever
 * connects for that (X-Forwarded-For), and says what it was told.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { Namespace } from './namespace.ts';

export interface WebOrigin extends AsyncDisposable {
  /** What it has logged: address, port, host and path of each request. It writes a line after the answer: to be waited for. */
  log(): readonly string[];
}

/** @param addresses that it listens on, IPv6 without brackets, at port 80 */
export async function startWebOrigin(machine: Namespace, addresses: readonly string[]): Promise<WebOrigin> {
  const directory = temporaryDirectory();
  const listens = addresses.map((address) => `listen ${address.includes(':') ? `[${address}]` : address}:80;`);
  writeFileSync(
    directory.file('nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; user root;
    events { worker_connections 256; }
    http {
      log_format who '$remote_addr $remote_port $host $request_uri'; access_log access.log who; default_type text/plain;
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
      server { ${listens.join(' ')} location / { return 200 "$remote_addr $remote_port\\n"; } }
      server { ${listens.join(' ')} server_name told.example; set_real_ip_from 0.0.0.0/0; set_real_ip_from ::/0;
        real_ip_header X-Forwarded-For; location / { return 200 "$remote_addr | $http_x_forwarded_for | $http_forwarded\\n"; } }
    }`,
  );
  const child = machine.spawn('nginx', '-p', directory.path, '-e', 'error.log', '-c', 'nginx.conf');
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const exited = once(child, 'exit');
  const listening = async (): Promise<boolean> => (await machine.run('ss', '-Hltn', 'sport', '=', ':80')) !== '';
  await eventually('nginx listens', async () => child.exitCode !== null || (await listening()));
  if (child.exitCode !== null) throw new Error(`nginx ended: ${complaints}`);
  return {
    log: () => readFileSync(directory.file('access.log'), 'utf8').trimEnd().split('\n'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
      directory[Symbol.dispose]();
    },
  };
}
