/**
 * Real TLS servers with two certificates each: one for who asks for a certain name, one for everybody else. Which of them a
 * server shows tells what name it has read. Started on free ports, stopped by their pids.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { portAccepts } from './port-accepts.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export const TLS_SERVERS = ['nginx', 'openssl', 'go', 'gnutls-serv', 'haproxy'] as const;
export type TlsServerName = (typeof TLS_SERVERS)[number];

export interface TlsServer extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Of both certificates, PEM. */
  readonly authorities: string;
}

interface Setting {
  readonly folder: string;
  readonly port: number;
  /** That has a certificate of its own. */
  readonly name: string;
}

/** @param name has a certificate of its own, in which it stands; the other one is for `other`. @param more words of its command line. */
export async function startTlsServer(
  kind: TlsServerName,
  name: string,
  other: string,
  more: readonly string[] = [],
): Promise<TlsServer> {
  return await setUpOf(kind, async (begin) => await tlsServer({ kind, name, other, more }, begin));
}

interface ServerSetup {
  readonly kind: TlsServerName;
  readonly name: string;
  readonly other: string;
  readonly more: readonly string[];
}

async function tlsServer({ kind, name, other, more }: ServerSetup, begin: Begin): Promise<TlsServer> {
  const directory = temporaryDirectory();
  const setting = { folder: directory.path, port: await freePort(), name };
  makeCertificate(directory.path, 'named', name);
  makeCertificate(directory.path, 'other', other);
  const [program, args] = COMMANDS[kind](setting);
  const child = begin(
    spawn(programPath(program) ?? program, [...args, ...more], {
      cwd: directory.path,
      stdio: ['pipe', 'ignore', 'pipe'],
    }),
  );
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const exited = once(child, 'exit');
  await eventually(`${kind} listens`, async () => child.exitCode !== null || (await portAccepts(setting.port)));
  if (child.exitCode !== null) throw new Error(`${kind} ended: ${complaints}`);
  return {
    port: setting.port,
    authorities: ['named.pem', 'other.pem'].map((file) => readFileSync(directory.file(file), 'utf8')).join(''),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
      directory[Symbol.dispose]();
    },
  };
}

const COMMANDS: Readonly<Record<TlsServerName, (setting: Setting) => readonly [string, readonly string[]]>> = {
  nginx: ({ folder, port, name }) => {
    const server = (file: string, names: string): string =>
      `server { listen 127.0.0.1:${port} ssl; http2 on; ${names} ssl_certificate ${file}.pem; ssl_certificate_key ${file}.key; return 200 "${file} $server_protocol"; }`;
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid nginx.pid; user root; events {}
       http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
         ${server('other', '')} ${server('named', `server_name ${name};`)} }`,
    );
    return ['nginx', ['-p', folder, '-e', 'error.log', '-c', 'nginx.conf']];
  },
  openssl: ({ port, name }) => {
    const words = `s_server -accept 127.0.0.1:${port} -cert other.pem -key other.key -cert2 named.pem -key2 named.key`;
    return ['openssl', [...words.split(' '), '-servername', name, '-www', '-early_data']];
  },
  go: ({ folder, port, name }) => {
    const source = join(import.meta.dirname, 'programs', 'tls-server.go');
    const environment = { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' };
    execFileSync('go', ['build', '-o', join(folder, 'server'), source], { env: environment, stdio: 'pipe' });
    return [join(folder, 'server'), [`${port}`, 'other.pem', 'other.key', name, 'named.pem', 'named.key']];
  },
  'gnutls-serv': ({ port }) => {
    const certificates = ['other', 'named'].map((file) => `--x509certfile ${file}.pem --x509keyfile ${file}.key`);
    return ['gnutls-serv', `--port ${port} --http ${certificates.join(' ')}`.split(' ')];
  },
  haproxy: ({ folder, port, name }) => {
    mkdirSync(join(folder, 'both'));
    for (const file of ['named', 'other'])
      writeFileSync(join(folder, 'both', file), `${textOf(folder, `${file}.pem`)}${textOf(folder, `${file}.key`)}`);
    writeFileSync(join(folder, 'list'), `${join(folder, 'both', 'other')}\n${join(folder, 'both', 'named')} ${name}\n`);
    writeFileSync(
      join(folder, 'haproxy.cfg'),
      `defaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n  timeout connect 60s\n` +
        `frontend all\n  bind 127.0.0.1:${port} ssl crt-list list\n  http-request return status 200\n`,
    );
    return ['haproxy', ['-db', '-f', 'haproxy.cfg']];
  },
};

function textOf(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function makeCertificate(folder: string, file: string, name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${file}.key`];
  const words = [`-subj`, `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2', '-out', `${file}.pem`];
  execFileSync('openssl', ['req', '-x509', ...key, ...words], { cwd: folder, stdio: 'pipe' });
}
