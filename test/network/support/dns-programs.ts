/**
 * Name servers of an ISP's network in a test: a real Knot that has the zone `example.`, and the resolver that customers would ask if nobody
 * stood before it, one real engine of four. Each is on a machine of the network, in a folder of its own, and ends with the test.
 *
 *   client ─▶ DNS front (filter) ─▶ resolver (core, port 53) ─▶ Knot (origin, port 53)
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { eventually } from '../../support/eventually.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { unboundServer } from '../../support/unbound.ts';
import { ADDRESSES } from './inline-network.ts';
import type { Namespace } from './namespace.ts';

export const ENGINES = ['unbound', 'bind', 'kresd', 'powerdns'] as const;
export type Engine = (typeof ENGINES)[number];
/** Of the resolver, on the machine `core`. */
export const RESOLVER = { ipv4: '198.51.100.18', ipv6: '2001:db8:3::2' } as const;
/** What each of them is called on this system. */
export const DNS_PROGRAMS = ['knotd', 'unbound', 'named', 'kresd', 'pdns_recursor', 'dig'];

export interface DnsProgram extends AsyncDisposable {
  readonly isRunning: boolean;
  /** At once, as when the power goes. */
  kill(): Promise<void>;
}

/** @param zone records of `example.` in the form of a zone file. */
export async function startAuthority(machine: Namespace, zone: string): Promise<DnsProgram> {
  const { ipv4, ipv6 } = ADDRESSES.origin;
  const files = {
    'example.zone': `$ORIGIN example.\n$TTL 60\n@ SOA ns hostmaster 1 60 60 600 60\n@ NS ns\nns A ${ipv4}\n${zone}`,
  };
  const configuration = (folder: string): string => `
server:
  listen: ${ipv4}@53
  listen: ${ipv6}@53
  rundir: ${folder}
  user: root
database:
  storage: ${folder}
log:
  - target: stderr
    any: error
zone:
  - domain: example
    file: ${folder}/example.zone
`;
  return await start(machine, { program: 'knotd', configuration, files, args: (file) => ['-c', file], at: ipv4 });
}

/** It asks Knot for `example.` and nobody for anything else. */
export async function startResolver(
  machine: Namespace,
  engine: Engine,
  addresses: readonly string[] = Object.values(RESOLVER),
): Promise<DnsProgram> {
  return await start(machine, { ...RESOLVERS[engine](addresses), at: addresses[0]! });
}

interface Program {
  readonly program: string;
  readonly configuration: (folder: string) => string;
  readonly args: (file: string, folder: string) => readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

const AUTHORITY = ADDRESSES.origin.ipv4;

const RESOLVERS: Readonly<Record<Engine, (addresses: readonly string[]) => Program>> = {
  unbound: (addresses) => ({
    program: 'unbound',
    configuration: (folder) => `
${unboundServer(folder)}
  interface: ${addresses.join('\n  interface: ')}
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  local-zone: "example." nodefault
  outbound-msg-retry: 2
remote-control:
  control-enable: no
stub-zone:
  name: "example."
  stub-addr: ${AUTHORITY}
`,
    args: (file) => ['-d', '-c', file],
  }),
  bind: (addresses) => ({
    program: 'named',
    configuration: (folder) => `
options {
  directory "${folder}"; pid-file none; session-keyfile none; managed-keys-directory "${folder}";
  listen-on { ${addresses.filter(isIPv4).join('; ')}; }; listen-on-v6 { ${['::1', ...addresses.filter(isIPv6)].join('; ')}; };
  allow-query { any; }; allow-recursion { any; }; dnssec-validation no; empty-zones-enable no;
};
controls { };
zone "example" { type static-stub; server-addresses { ${AUTHORITY}; }; };
`,
    args: (file) => ['-g', '-n', '1', '-c', file],
  }),
  kresd: (addresses) => ({
    program: 'kresd',
    configuration: () => `
${addresses.map((address) => `net.listen('${address}', 53, { kind = 'dns' })`).join('\n')}
trust_anchors.remove('.')
cache.size = 10 * MB
modules = { 'policy' }
policy.add(policy.suffix(policy.STUB('${AUTHORITY}'), policy.todnames({ 'example.' })))
`,
    args: (file, folder) => ['-n', '-c', file, folder],
  }),
  powerdns: (addresses) => ({
    program: 'pdns_recursor',
    configuration: (folder) => `
incoming:
  listen: [${addresses.map((address) => `'${address}'`).join(', ')}]
  allow_from: ['0.0.0.0/0', '::/0']
dnssec:
  validation: off
outgoing:
  dont_query: []
recursor:
  forward_zones: [{ zone: example, forwarders: ['${AUTHORITY}'] }]
  socket_dir: ${folder}
  threads: 1
  daemon: false
  security_poll_suffix: ''
webservice:
  webserver: false
`,
    args: (_file, folder) => [`--config-dir=${folder}`],
  }),
};

async function start(
  machine: Namespace,
  { program, configuration, args, files = {}, at }: Program & { readonly at: string },
): Promise<DnsProgram> {
  const directory = temporaryDirectory();
  chmodSync(directory.path, 0o755);
  const file = directory.file(program === 'pdns_recursor' ? 'recursor.yml' : `${program}.conf`);
  writeFileSync(file, configuration(directory.path));
  for (const [name, text] of Object.entries(files)) writeFileSync(directory.file(name), text);
  mkdirSync(directory.file('run'));
  const child = machine.spawn(program, ...args(file, directory.path));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, 'exit');
  const asks = ['dig', `@${at}`, '+tries=1', '+time=1', '+noall', '+answer', 'ns.example.', 'A'];
  await eventually(`${program} answers`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    return (await machine.run(...asks).catch(() => '')).includes(AUTHORITY);
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return {
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: async () => await end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      await end('SIGTERM');
      directory[Symbol.dispose]();
    },
  };
}
