/**
 * The name servers of the world as an engine sees it in a test: a real Knot with the zones `example.`, and `signed.example.` with
 * signatures. It knows nothing of policies.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { ask } from './dig.ts';
import { startEngine, type Engine } from './engine.ts';

const HEAD = '$TTL 300\n@ SOA ns.example. hostmaster.example. 1 3600 900 604800 60\n@ NS ns.example.\n';

export interface UpstreamZones {
  /** Lines of `example.`, names relative to it. */
  readonly example: readonly string[];
  /** Lines of `signed.example.`. */
  readonly signed?: readonly string[];
}

export async function startUpstream(folder: string, zones: UpstreamZones): Promise<Engine> {
  const home = join(folder, 'upstream');
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const signed = zones.signed ?? ['a A 198.51.100.30'];
  writeFileSync(
    join(home, 'example.zone'),
    `$ORIGIN example.\n${HEAD}ns A 127.0.0.1\nsigned NS ns\n${zones.example.join('\n')}\n`,
  );
  writeFileSync(join(home, 'signed.example.zone'), `$ORIGIN signed.example.\n${HEAD}${signed.join('\n')}\n`);
  writeFileSync(join(home, 'knot.conf'), configuration(home, port));
  const isReady = async (log: string): Promise<boolean> =>
    log.includes('server started') &&
    (await ask(port, { name: 'a.signed.example', type: 'SOA', options: ['+dnssec'] })).status === 'NOERROR';
  return await startEngine({
    program: 'knotd',
    port,
    args: ['-c', join(home, 'knot.conf')],
    folder: home,
    isReady,
  });
}

function configuration(home: string, port: number): string {
  return `server:
    listen: 127.0.0.1@${port}
    rundir: "${home}"
database:
    storage: "${home}"
log:
  - target: stderr
    any: info
zone:
  - domain: example
    storage: "${home}"
    file: "example.zone"
    journal-content: none
    zonefile-sync: -1
  - domain: signed.example
    storage: "${home}"
    file: "signed.example.zone"
    zonefile-load: difference-no-serial
    journal-content: all
    zonefile-sync: -1
    dnssec-signing: on
`;
}
