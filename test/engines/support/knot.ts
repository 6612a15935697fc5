/** Knot with the shipped configuration of the hidden primary. */
import { join } from 'node:path';
import { ask } from './dig.ts';
import { startEngine, type Engine } from './engine.ts';
import { ZONE } from './policy-zone.ts';
import { relocated, shippedFile } from './relocate.ts';
import { write, type Site } from './site.ts';

export async function startKnot(site: Site): Promise<Engine> {
  const { ports, secrets } = site;
  const folder = join(site.folder, 'knot');
  const keys = Object.entries(secrets).map(
    ([name, secret]) => `  - id: ${name}.${ZONE}\n    algorithm: hmac-sha256\n    secret: ${secret}\n`,
  );
  const configuration = relocated(shippedFile('knot-primary.conf'), [
    ['/etc/knot/cleanfeed-keys.conf', write(folder, 'keys.conf', `key:\n${keys.join('')}`)],
    ['/etc/knot/primary.crt', join(site.folder, 'certificate.pem')],
    ['/etc/knot/primary.key', join(site.folder, 'certificate.key')],
    ['    user: knot:knot\n', ''],
    ['/run/knot', folder],
    ['/var/lib/knot', folder],
    ['/var/lib/cleanfeed/zones', site.zones],
    ['192.0.2.10@53', `127.0.0.1@${ports.primary}`],
    ['192.0.2.10@853', `127.0.0.1@${ports.primaryTls}`],
    ['192.0.2.21@53', `127.0.0.1@${ports.bind}`],
    ['192.0.2.23@53', `127.0.0.1@${ports.unbound}`],
    ['192.0.2.21', '127.0.0.1'],
    ['192.0.2.22', '127.0.0.1'],
    ['192.0.2.23', '127.0.0.1'],
    ...(site.changes['primary'] ?? []),
  ]);
  return await startEngine({
    program: 'knotd',
    port: ports.primary,
    args: ['-c', write(folder, 'knot.conf', configuration)],
    folder,
    isReady: async (log) =>
      log.includes('server started') && (await ask(ports.primary, { name: ZONE, type: 'SOA' })).status === 'NOERROR',
  });
}
