/**
 * Real TLS servers with two certificates each: one for who asks for a certain name, one for everybody else. Which of them a
 * server shows tells what name it has read. Started on free ports, stopped by their pids.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { portAccepts } from './port-accepts.ts';
import { programPath } from './program-path.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

/** Programs, by name, and files, by path, that each needs beside `openssl`, which makes its certificates. */
const NEEDS = {
  nginx: ['nginx'],
  openssl: [],
  node: [],
  go: ['go'],
  'gnutls-serv': ['gnutls-serv'],
  haproxy: ['haproxy'],
  'jsse-socket': ['java', 'javac'],
  'jsse-engine': ['java', 'javac'],
  tomcat: ['java', '/usr/share/tomcat10/bin/catalina.sh'],
  nss: ['selfserv', 'certutil', 'pk12util'],
  wolfssl: ['gcc', '/usr/include/wolfssl/ssl.h'],
  mbedtls: ['gcc', '/usr/include/mbedtls/ssl.h'],
  rustls: ['cargo', '/usr/share/doc/librust-rustls-dev'],
} as const;
/** It takes part where somebody has installed it: with its compiler it is 350 MB, and it is built for a minute. */
const BY_HAND: ReadonlySet<string> = new Set(['rustls']);

export type TlsServerName = keyof typeof NEEDS;
export const TLS_SERVERS = (Object.keys(NEEDS) as readonly TlsServerName[]).filter(
  (kind) => !BY_HAND.has(kind) || NEEDS[kind].every((name) => programPath(name) !== null),
);

export function needsOf(kind: TlsServerName): readonly string[] {
  return ['openssl', ...NEEDS[kind]];
}

export interface TlsServer extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Of both certificates, PEM. */
  readonly authorities: string;
}

const PROGRAMS = join(import.meta.dirname, 'programs');
const TOMCAT = '/usr/share/tomcat10';
/** Of files that hold nothing secret: some programs take none without. */
const STORE_PASSWORD = 'password';

interface Setting {
  readonly folder: string;
  readonly port: number;
  /** That has a certificate of its own. */
  readonly name: string;
  /** Of the other certificate. */
  readonly other: string;
}

/** Others do not answer a client that has ended; one that has not said enough they end themselves, soon. */
export function answersAfterEnd(kind: TlsServerName): boolean {
  return kind !== 'tomcat';
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
  const setting = { folder: directory.path, port: await freePort(), name, other };
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
    const source = join(PROGRAMS, 'tls-server.go');
    const environment = { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' };
    execFileSync('go', ['build', '-o', join(folder, 'server'), source], { env: environment, stdio: 'pipe' });
    return [join(folder, 'server'), wordsOf({ port, name })];
  },
  node: ({ port, name }) => [process.execPath, [join(PROGRAMS, 'tls-server.mjs'), ...wordsOf({ port, name })]],
  'jsse-socket': (setting) => jsse('socket', setting),
  'jsse-engine': (setting) => jsse('engine', setting),
  tomcat: ({ folder, port, name, other }) => {
    mkdirSync(join(folder, 'conf'));
    const host = (hostName: string, file: string): string =>
      `<SSLHostConfig hostName="${hostName}"><Certificate type="EC" certificateFile="${folder}/${file}.pem" certificateKeyFile="${folder}/${file}.key"/></SSLHostConfig>`;
    const connector = `<Connector port="${port}" address="127.0.0.1" SSLEnabled="true" connectionTimeout="500" defaultSSLHostConfigName="${other}">${host(other, 'other')}${host(name, 'named')}</Connector>`;
    const service = `<Service name="s">${connector}<Engine name="e" defaultHost="h"><Host name="h" appBase="a"/></Engine></Service>`;
    writeFileSync(join(folder, 'conf', 'server.xml'), `<Server port="-1">${service}</Server>`);
    writeFileSync(join(folder, 'conf', 'web.xml'), '<web-app/>');
    const places = [`-Dcatalina.home=${TOMCAT}`, `-Dcatalina.base=${folder}`];
    const classes = `${TOMCAT}/bin/bootstrap.jar:${TOMCAT}/bin/tomcat-juli.jar`;
    return ['java', ['-Xmx256m', '-cp', classes, ...places, 'org.apache.catalina.startup.Bootstrap', 'start']];
  },
  // It knows a certificate by a name in its database, which has to be the host's.
  nss: ({ folder, port, name, other }) => {
    const run = (program: string, words: string): unknown =>
      execFileSync(programPath(program) ?? program, words.split(' '), { cwd: folder, stdio: 'pipe' });
    mkdirSync(join(folder, 'db'));
    run('certutil', '-N -d sql:db --empty-password');
    makeStores({ folder, name, other });
    for (const file of ['named', 'other']) run('pk12util', `-i ${file}.p12 -d sql:db -W ${STORE_PASSWORD}`);
    return ['selfserv', `-d sql:db -p ${port} -n ${other} -a ${name} -t 32`.split(' ')];
  },
  wolfssl: (setting) => ownServer('wolfssl', ['-lwolfssl'], setting),
  mbedtls: (setting) => ownServer('mbedtls', ['-lmbedtls', '-lmbedx509', '-lmbedcrypto'], setting),
  rustls: ({ folder, port, name }) => {
    const source = `[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n`;
    const crate = `rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }`;
    writeFileSync(join(folder, 'config.toml'), source);
    writeFileSync(
      join(folder, 'Cargo.toml'),
      `[package]\nname = "server"\nversion = "0.0.0"\nedition = "2021"\n[[bin]]\nname = "server"\npath = "server.rs"\n[dependencies]\n${crate}\n`,
    );
    copyFileSync(join(PROGRAMS, 'rustls-server.rs'), join(folder, 'server.rs'));
    const environment = { ...process.env, CARGO_HOME: folder };
    execFileSync('cargo', ['build', '--offline'], { cwd: folder, env: environment, stdio: 'pipe' });
    return [join(folder, 'target', 'debug', 'server'), wordsOf({ port, name })];
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

function jsse(mode: 'socket' | 'engine', { folder, port, name, other }: Setting): readonly [string, readonly string[]] {
  makeStores({ folder, name, other });
  execFileSync(programPath('javac') ?? 'javac', ['-d', '.', join(PROGRAMS, 'JsseServer.java')], {
    cwd: folder,
    stdio: 'pipe',
  });
  return ['java', ['-Xmx256m', '-cp', '.', 'JsseServer', mode, `${port}`, '.', name]];
}

/** Of a library that comes without a server that knows names. */
function ownServer(
  library: string,
  links: readonly string[],
  { folder, port, name }: Setting,
): readonly [string, readonly string[]] {
  const source = join(PROGRAMS, `${library}-server.c`);
  execFileSync('gcc', ['-O1', '-o', 'server', source, ...links, '-lpthread'], { cwd: folder, stdio: 'pipe' });
  return [join(folder, 'server'), wordsOf({ port, name })];
}

/** Of the command line of the servers in `programs`. */
function wordsOf({ port, name }: Pick<Setting, 'port' | 'name'>): readonly string[] {
  return [`${port}`, 'other.pem', 'other.key', name, 'named.pem', 'named.key'];
}

/** Both certificates with their keys in PKCS #12, each under its own host's name. */
function makeStores({ folder, name, other }: Pick<Setting, 'folder' | 'name' | 'other'>): void {
  for (const [file, host] of Object.entries({ named: name, other })) {
    const words = `pkcs12 -export -inkey ${file}.key -in ${file}.pem -name ${host} -passout pass:${STORE_PASSWORD} -out ${file}.p12`;
    execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'pipe' });
  }
}

function textOf(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function makeCertificate(folder: string, file: string, name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${file}.key`];
  const words = [`-subj`, `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2', '-out', `${file}.pem`];
  execFileSync('openssl', ['req', '-x509', ...key, ...words], { cwd: folder, stdio: 'pipe' });
}
