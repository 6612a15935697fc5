/**
 * Makes `client-hellos.json` anew: starts each client of the table, which connects to a listener that only listens, and writes down
 * the first bytes it sends. A client that is not installed keeps the line that it had.
 *
 *   node_modules/.bin/node test/wire/vectors/capture.ts
 *
 * It must not read what it writes down: that is for the parsers, which are compared by it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One client's hello: how it was made, what it has to name, and its bytes. */
export interface ClientHelloVector {
  readonly client: string;
  readonly command: string;
  readonly names: readonly string[];
  readonly hex: string;
}

const HERE = import.meta.dirname;
const FILE = join(HERE, 'client-hellos.json');
const NAME = 'www.a.example';
/** A hello that goes out in several pieces is whole when nothing more has come for so long. */
const QUIET_MS = 300;
const GIVE_UP_MS = 30_000;

const OPENSSL = 'openssl s_client -connect 127.0.0.1:PORT';
const CHROMIUM = 'chromium --headless --no-sandbox --user-data-dir=FOLDER/chromium';
const PYTHON = `import ssl, socket; ssl.create_default_context().wrap_socket(socket.create_connection(('127.0.0.1', PORT)), server_hostname='${NAME}')`;
const GO = 'go run test/wire/vectors/clients/hello.go 127.0.0.1:PORT';
const JAVA = 'keytool -J-Djdk.net.hosts.file=FOLDER/hosts';

/** `PORT`: of the listener; `FOLDER`: a temporary one, with a file `hosts`. Without a name in front: the one above is asked for. */
const CLIENTS: readonly (readonly [client: string, command: string, names?: readonly string[]])[] = [
  ['OpenSSL', `${OPENSSL} -servername ${NAME}`],
  ['OpenSSL, TLS 1.3', `${OPENSSL} -tls1_3 -servername ${NAME} -alpn h2,http/1.1`],
  ['OpenSSL, TLS 1.2', `${OPENSSL} -tls1_2 -servername ${NAME}`],
  ['OpenSSL, TLS 1.1', `${OPENSSL} -tls1_1 -cipher DEFAULT@SECLEVEL=0 -servername ${NAME}`],
  ['OpenSSL, TLS 1.0', `${OPENSSL} -tls1 -cipher DEFAULT@SECLEVEL=0 -servername ${NAME}`],
  ['OpenSSL, no name', `${OPENSSL} -noservername`, []],
  ['OpenSSL, large keys', `${OPENSSL} -servername ${NAME} -groups '*SecP384r1MLKEM1024:*X25519MLKEM768'`],
  ['OpenSSL, records of 512 bytes', `${OPENSSL} -servername ${NAME} -groups '*SecP384r1MLKEM1024' -max_send_frag 512`],
  ['OpenSSL, upper case and a dot', `${OPENSSL} -servername WWW.A.Example.`, ['WWW.A.Example.']],
  [
    'OpenSSL, no tickets, fixed suite',
    `${OPENSSL} -no_ticket -ciphersuites TLS_AES_128_GCM_SHA256 -servername ${NAME}`,
  ],
  ['GnuTLS', `gnutls-cli --insecure --sni-hostname ${NAME} -p PORT 127.0.0.1`],
  [
    'GnuTLS, TLS 1.2',
    `gnutls-cli --insecure --priority NORMAL:-VERS-ALL:+VERS-TLS1.2 --sni-hostname ${NAME} -p PORT 127.0.0.1`,
  ],
  ['GnuTLS, no name', `gnutls-cli --insecure --disable-sni -p PORT 127.0.0.1`, []],
  ['curl', `curl -sk --resolve ${NAME}:PORT:127.0.0.1 https://${NAME}:PORT/`],
  [
    'curl, TLS 1.2, HTTP/1.1',
    `curl -sk --http1.1 --tls-max 1.2 --resolve ${NAME}:PORT:127.0.0.1 https://${NAME}:PORT/`,
  ],
  ['curl, an address', 'curl -sk https://127.0.0.1:PORT/', []],
  [
    'Node',
    `node_modules/.bin/node -e "tls.connect({ port: PORT, servername: '${NAME}', ALPNProtocols: ['http/1.1'] })"`,
  ],
  ['Chromium', `${CHROMIUM} --host-resolver-rules="MAP ${NAME} 127.0.0.1:PORT, MAP * ~NOTFOUND" https://${NAME}/`],
  ['Python', `python3 -c "${PYTHON}"`],
  ['Go', `${GO} ${NAME}`],
  ['Go, ECH', `${GO} secret.a.example ech`, ['public.a.example']],
  ['Java', `${JAVA} -printcert -sslserver ${NAME}:PORT`],
];

await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-hellos-'));
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 ${NAME}\n`);
  const before = JSON.parse(readFileSync(FILE, 'utf8')) as readonly ClientHelloVector[];
  const vectors: ClientHelloVector[] = [];
  for (const [client, command, names = [NAME]] of CLIENTS) {
    const hello = await helloOf(command, folder);
    const old = before.find((vector) => vector.client === client);
    if (hello !== null) vectors.push({ client, command, names, hex: hello.toString('hex') });
    else if (old !== undefined) vectors.push(old);
    process.stderr.write(`${client}: ${hello === null ? 'nothing came' : `${hello.length} bytes`}\n`);
  }
  writeFileSync(FILE, `[\n${vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n')}\n]\n`);
  rmSync(folder, { recursive: true, force: true });
}

/** @returns null if the client is not there, or connects to nobody. */
async function helloOf(command: string, folder: string): Promise<Buffer | null> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const shown = command.replaceAll('PORT', String(port)).replaceAll('FOLDER', folder);
  // The shell waits, so that its process group is there to be killed.
  const child = spawn('sh', ['-c', `${shown}; sleep 60`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  try {
    return await firstBytes(server);
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    server.close();
  }
}

async function firstBytes(server: Server): Promise<Buffer | null> {
  const [socket] = (await Promise.race([once(server, 'connection'), later(GIVE_UP_MS)])) ?? [];
  if (socket === undefined) return null;
  const chunks: Buffer[] = [];
  let came = once(socket as Socket, 'data');
  for (;;) {
    const next = await Promise.race([came, later(chunks.length === 0 ? GIVE_UP_MS : QUIET_MS)]);
    if (next === null) break;
    chunks.push(next[0] as Buffer);
    came = once(socket as Socket, 'data');
  }
  (socket as Socket).destroy();
  return chunks.length === 0 ? null : Buffer.concat(chunks);
}

async function later(milliseconds: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), milliseconds).unref();
  });
}
