/**
 * Real resolvers that apply a policy zone from its file: BIND, Unbound, PowerDNS Recursor. Behind them a name server that knows every name below
 * `example.` by one address, so that whatever else is answered comes from the zone. Ended by their pids.
 */
import { spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../src/lib/errors.ts';
import { eventually } from './eventually.ts';
import { FREE_PORTS, freePort } from './free-port.ts';
import { programPath } from './program-path.ts';
import { startUnbound } from './unbound.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export const POLICY_ZONE = 'rpz.invalid';
export const POLICY_ENGINES = ['named', 'unbound', 'pdns_recursor'] as const;
type EngineName = (typeof POLICY_ENGINES)[number];

/** Of every name below `example.`. */
export const UPSTREAM_ADDRESS = '198.51.100.7';

export interface PolicyEngine extends AsyncDisposable {
  readonly name: EngineName;
  /** @returns an address, NXDOMAIN, NODATA, or another word for what became of the question. */
  ask(name: string, type?: 'A' | 'AAAA'): Promise<string>;
}

/** BIND answers before it has read its zones, and for a moment after that without the policy. `said`: its log so far. */
export function isPolicyZoneInForce(said: string): boolean {
  return said.includes('all zones loaded') && said.includes(`rpz: ${POLICY_ZONE}: reload done: success`);
}

/** @param file of the zone, named POLICY_ZONE. */
export async function startPolicyEngine(name: EngineName, folder: string, file: string): Promise<PolicyEngine> {
  return await setUpOf(
    name,
    async (begin) => await startOnce({ name, home: mkdtempSync(join(folder, name)), file }, begin),
  );
}

interface EngineSetup {
  readonly name: EngineName;
  readonly home: string;
  readonly file: string;
}

async function startOnce({ name, home, file }: EngineSetup, begin: Begin): Promise<PolicyEngine> {
  const upstream = await startUnbound({
    lines: ['local-zone: "example." redirect', `local-data: "example. 60 IN A ${UPSTREAM_ADDRESS}"`],
  });
  const port = await freePort();
  const [, upstreamPort = ''] = upstream.server.split(':');
  const setup = { home, file, port, upstream: upstreamPort };
  const program = programPath(name);
  if (program === null) throw new Error(`${name} is not installed; .ci/run installs it`);
  const child = begin(spawn(program, COMMANDS[name](setup), { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] }));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()));
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    await upstream.stop();
  };
  const ask = asking(port);
  try {
    await eventually(
      `${name} answers`,
      async () =>
        child.exitCode !== null ||
        ((name !== 'named' || isPolicyZoneInForce(said)) &&
          (await ask('not-listed-at-all.example')) === UPSTREAM_ADDRESS),
    );
    if (child.exitCode !== null) throw new Error('it ended');
  } catch (error) {
    // The engine itself is left to setUpOf: one that we end is none that has ended by itself.
    await upstream.stop();
    throw new Error(`${name} does not serve: ${said}`, { cause: error });
  }
  return { name, ask, [Symbol.asyncDispose]: stop };
}

function asking(port: number): PolicyEngine['ask'] {
  // A datagram may be lost, and is sent again.
  const resolver = new Resolver({ timeout: 10_000, tries: 4 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return async (name, type = 'A') => {
    try {
      const addresses = type === 'A' ? await resolver.resolve4(name) : await resolver.resolve6(name);
      return addresses.toSorted().join(' ');
    } catch (error) {
      const code = errnoOf(error);
      return code === 'ENOTFOUND' ? 'NXDOMAIN' : code === 'ENODATA' ? 'NODATA' : code;
    }
  };
}

interface Setup {
  readonly home: string;
  readonly file: string;
  readonly port: number;
  readonly upstream: string;
}

const COMMANDS: Readonly<Record<EngineName, (setup: Setup) => readonly string[]>> = {
  named: ({ home, file, port, upstream }) => {
    writeFileSync(
      join(home, 'named.conf'),
      `options {
  directory "${home}"; pid-file none; session-keyfile none; managed-keys-directory "${home}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; dnssec-validation no; forward only; forwarders { 127.0.0.1 port ${upstream}; };
  response-policy { zone "${POLICY_ZONE}" log no; } break-dnssec yes qname-wait-recurse no;
};
zone "${POLICY_ZONE}" { type primary; file "${file}"; allow-query { none; }; };
controls {};
`,
    );
    return ['-g', '-n', '1', '-c', join(home, 'named.conf')];
  },
  unbound: ({ home, file, port, upstream }) => {
    writeFileSync(
      join(home, 'unbound.conf'),
      `server:
  directory: "${home}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-daemonize: no
  num-threads: 1
  module-config: "respip iterator"
  do-not-query-localhost: no
  outgoing-port-avoid: ${FREE_PORTS.first}-${FREE_PORTS.end - 1}
  interface: 127.0.0.1@${port}
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
rpz:
  name: "${POLICY_ZONE}"
  zonefile: "${file}"
`,
    );
    return ['-d', '-c', join(home, 'unbound.conf')];
  },
  pdns_recursor: ({ home, file, port, upstream }) => {
    writeFileSync(
      join(home, 'recursor.yml'),
      `incoming:
  listen: ['127.0.0.1:${port}']
  allow_from: [127.0.0.0/8]
recursor:
  security_poll_suffix: ''
  threads: 1
  forward_zones_recurse:
    - zone: '.'
      forwarders: ['127.0.0.1:${upstream}']
  rpzs:
    - name: ${file}
      maxTTL: 60
outgoing:
  dont_query: []
  udp_source_port_min: ${FREE_PORTS.end}
dnssec:
  validation: 'off'
logging:
  disable_syslog: true
`,
    );
    return ['--daemon=no', `--config-dir=${home}`, `--socket-dir=${home}`];
  },
};
