/**
 * The web behind the filter: a real nginx on the origin's machine, for every host at both of its addresses, in cleartext and with TLS and
 * HTTP/2; and a real Unbound there that knows the hosts, unless the test has name servers of its own.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { OwnAuthority } from '../../support/own-authority.ts';
import { programPath } from '../../support/program-path.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { unboundServer } from '../../support/unbound.ts';
import { ADDRESSES } from './inline-network.ts';
import type { Namespace } from './namespace.ts';
import { connectFrom } from './sockets.ts';

/** `*.example` is theirs too. */
export const HOSTS = [
  'site.example',
  'other.example',
  'listed.example',
  'below.listed.example',
  'vanity.example',
] as const;
export const FILES: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><title>site</title><link rel="icon" href="data:,"><p>the page</p>',
  'listed.html': 'never seen',
  'sibling.html': 'a sibling',
  'listed.html.bak': 'another sibling',
  'below/page.html': 'below',
  'large.bin': 'x'.repeat(5_000_000),
};

export class Sites implements AsyncDisposable {
  /** PEM file of the authority that its certificate is from. */
  readonly authority: string;
  readonly #directory: TemporaryDirectory;
  readonly #ends: (() => Promise<void>)[] = [];

  static async start(machine: Namespace, { hasNames = true } = {}): Promise<Sites> {
    const directory = temporaryDirectory();
    const authority = new OwnAuthority(directory.path);
    const web = new Sites(directory, authority.certificate);
    const { certificate, key } = authority.issue('web', HOSTS.map((host) => `DNS:${host}`).join(','));
    for (const [path, content] of Object.entries(FILES)) {
      mkdirSync(dirname(directory.file(`root/${path}`)), { recursive: true });
      writeFileSync(directory.file(`root/${path}`), content);
    }
    writeFileSync(directory.file('nginx.conf'), nginx(certificate, key));
    writeFileSync(directory.file('unbound.conf'), unbound(directory.path));
    await web.#run(
      machine,
      80,
      programPath('nginx') ?? 'nginx',
      '-p',
      directory.path,
      '-e',
      'error.log',
      '-c',
      'nginx.conf',
    );
    if (hasNames)
      await web.#run(machine, 53, programPath('unbound') ?? 'unbound', '-d', '-c', directory.file('unbound.conf'));
    return web;
  }

  private constructor(directory: TemporaryDirectory, authority: string) {
    this.#directory = directory;
    this.authority = authority;
  }

  /** Client, host and path of each request until now. nginx writes a line after the answer: to be waited for. */
  log(): readonly string[] {
    return readFileSync(this.#directory.file('access.log'), 'utf8').trimEnd().split('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
    this.#directory[Symbol.dispose]();
  }

  async #run(machine: Namespace, port: number, ...words: readonly string[]): Promise<void> {
    const child = machine.spawn(...words);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const exited = once(child, 'exit');
    this.#ends.push(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    await eventually(`${words[0]} listens`, async () => {
      if (child.exitCode !== null) throw new Error(`${words[0]} ended: ${said}`);
      return await accepts(machine, port);
    });
  }
}

async function accepts(machine: Namespace, port: number): Promise<boolean> {
  try {
    (await connectFrom(machine, { address: ADDRESSES.origin.ipv4, port })).destroy();
    return true;
  } catch {
    return false;
  }
}

const ALL = [ADDRESSES.origin, ADDRESSES.origin2].flatMap(({ ipv4, ipv6 }) => [ipv4, `[${ipv6}]`]);

function nginx(certificate: string, key: string): string {
  const listens = ALL.map((address) => `listen ${address}:80; listen ${address}:443 ssl;`).join(' ');
  return `
    daemon off; master_process off; pid nginx.pid; user root;
    events { worker_connections 512; }
    http {
      log_format who '$remote_addr $host $request_uri'; access_log access.log who; default_type text/plain; types { text/html html; }
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
      gzip on; gzip_types *; gzip_min_length 1;
      server { ${listens} http2 on; ssl_certificate ${certificate}; ssl_certificate_key ${key}; root root; add_header X-Host $host; }
    }`;
}

function unbound(directory: string): string {
  const { ipv4, ipv6 } = ADDRESSES.origin;
  return `${unboundServer(directory)}
  interface: ${ipv4}
  access-control: 0.0.0.0/0 allow
  local-zone: "example." redirect
  local-data: "example. 60 IN A ${ipv4}"
  local-data: "example. 60 IN AAAA ${ipv6}"
remote-control:
  control-enable: no
`;
}
