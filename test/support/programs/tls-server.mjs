/** A server of Node's `tls`, which is OpenSSL: tls-server.mjs PORT CERT KEY NAME NAME_CERT NAME_KEY. The second certificate is for who asks for NAME. */
import { readFileSync } from 'node:fs';
import { createSecureContext, createServer } from 'node:tls';

const [port, cert, key, name, namedCert, namedKey] = process.argv.slice(2);
const named = createSecureContext({ cert: readFileSync(namedCert), key: readFileSync(namedKey) });
const server = createServer({
  cert: readFileSync(cert),
  key: readFileSync(key),
  SNICallback: (asked, done) => done(null, asked.toLowerCase() === name ? named : undefined),
});
server.on('secureConnection', (socket) => socket.on('error', () => {}).resume());
server.listen(Number(port), '127.0.0.1');
