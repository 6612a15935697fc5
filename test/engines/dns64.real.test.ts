/**
 * Customers who have IPv6 alone, and reach IPv4 by DNS64 (RFC 6147) of BIND or Unbound: what becomes of a steered host where the filter has no IPv6
 * address, by the place of the DNS64. docs/dns.md says so.
 *
 *   dig ─▶ DNS64 ─▶ front ─▶ zones        it asks for A too, and makes an address of the filter's
 *   dig ─▶ front ─▶ DNS64 ─▶ zones        nobody asks it about a steered host
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FREE_PORTS, freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ask } from './support/dig.ts';
import { startEngine, type Engine } from './support/engine.ts';
import { startUpstream } from './support/upstream.ts';

const ZONE = ['www A 198.51.100.10', 'steered A 198.51.100.11', 'steered AAAA 2001:db8::11'];
const WELL_KNOWN = '64:ff9b::';
const ENGINES = { named: bind, unbound } as const;

/** A resolver with DNS64 that finds `example.` at this port. */
async function startDns64(
  program: keyof typeof ENGINES,
  folder: string,
  port: number,
  servers: number,
): Promise<Engine> {
  mkdirSync(folder);
  const file = join(folder, 'configuration');
  const { text, args } = ENGINES[program](folder, port, servers);
  writeFileSync(file, text);
  const isReady = async (): Promise<boolean> =>
    (await ask(port, { name: 'www.example', type: 'AAAA' })).records.length === 1;
  return await startEngine({ program, port, args: [...args, file], folder, isReady });
}

interface Setup {
  readonly text: string;
  readonly args: readonly string[];
}

function bind(folder: string, port: number, servers: number): Setup {
  return {
    text: `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
recursion yes; allow-query { any; }; dnssec-validation no; pid-file none; session-keyfile none; dns64 ${WELL_KNOWN}/96 { }; };
zone "example" { type forward; forward only; forwarders { 127.0.0.1 port ${servers}; }; };
controls {};\n`,
    args: ['-g', '-n', '1', '-c'],
  };
}

function unbound(folder: string, port: number, servers: number): Setup {
  return {
    text: `server:
  interface: 127.0.0.1@${port}
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  outgoing-port-avoid: ${FREE_PORTS.first}-${FREE_PORTS.end - 1}
  domain-insecure: "example"
  module-config: "dns64 iterator"
  dns64-prefix: ${WELL_KNOWN}/96
remote-control:
  control-enable: no
forward-zone:
  name: "example"
  forward-addr: 127.0.0.1@${servers}
`,
    args: ['-d', '-c'],
  };
}

const PROGRAMS = ['named', 'unbound'] as const;

describeWith(['knotd', 'dig', ...PROGRAMS])('DNS64, asked for AAAA', () => {
  const directory = temporaryDirectory();
  const started = new AsyncDisposableStack();
  const ports = { before: { named: 0, unbound: 0 }, behind: { named: 0, unbound: 0 } };
  let front: ProxyProcess;

  beforeAll(async () => {
    const zones = started.use(await startUpstream(directory.path, { example: ZONE }));
    for (const program of PROGRAMS) {
      const port = (ports.behind[program] = await freePort());
      started.use(await startDns64(program, directory.file(`behind-${program}`), port, zones.port));
    }
    const listeners = Object.entries({ zones: zones.port, ...ports.behind }).map(([name, upstream]) => ({
      name,
      mode: 'dns',
      address: '127.0.0.1',
      port: 0,
      upstream: [`127.0.0.1:${upstream}`],
    }));
    front = started.use(
      await startProxy({
        lists: { names: 'steered.example steer\n' },
        config: { listeners, resolver: { answers: { steer: { a: ['203.0.113.1'] } } } },
      }),
    );
    for (const program of PROGRAMS) {
      const port = (ports.before[program] = await freePort());
      started.use(await startDns64(program, directory.file(`before-${program}`), port, front.portOf('zones')));
    }
  });
  afterAll(async () => {
    await started.disposeAsync();
    directory[Symbol.dispose]();
  });

  async function answers(port: number, name: string): Promise<readonly string[]> {
    const { status, records } = await ask(port, { name: `${name}.example`, type: 'AAAA' });
    expect(status).toBe('NOERROR');
    return records;
  }

  test.each(PROGRAMS)('of %s before the listener: it makes an address of the filter’s', async (program) => {
    const port = ports.before[program];
    expect(await answers(port, 'www')).toEqual(['AAAA 64:ff9b::c633:640a']);
    expect(await answers(port, 'steered')).toEqual(['AAAA 64:ff9b::cb00:7101']);
  });

  test.each(PROGRAMS)('of %s behind the listener: a steered host has none', async (program) => {
    const port = front.portOf(program);
    expect(await answers(port, 'www')).toEqual(['AAAA 64:ff9b::c633:640a']);
    expect(await answers(port, 'steered')).toEqual([]);
  });
});
