/**
 * The four resolvers with their shipped configuration, Unbound with both of its own. What a test adds is said beside each: where names of `example.` are found, and
 * that nothing is validated against the root of the real tree, which no test can ask.
 */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { FREE_PORTS } from '../../support/free-port.ts';
import { ask } from './dig.ts';
import { startEngine, type Engine } from './engine.ts';
import { ZONE } from './policy-zone.ts';
import { relocated, shippedFile } from './relocate.ts';
import { write, type Site } from './site.ts';

/** Programs that these tests run. */
export const ENGINES = ['knotd', 'named', 'pdns_recursor', 'unbound', 'kresd', 'dig', 'kdig', 'openssl'] as const;

export type ResolverName = 'bind' | 'powerdns' | 'unbound' | 'unbound-file' | 'knot-resolver';

/** In the folder of that Unbound. */
export const UNBOUND_SCRIPT = 'zone.sh';

/** Names below it cannot be resolved by BIND, which has much to say of that. */
export const UNRESOLVED = 'unresolved.test';

/** Ready: the policy zone is in force, and it finds names. A name of the upstream zone and the first of the policy zone say so. */
export const PROBE = { passed: 'passed.probe.example', blocked: 'blocked.probe.example' } as const;

export const STARTS: Readonly<Record<ResolverName, (site: Site) => Promise<Engine>>> = {
  bind: startBind,
  powerdns: startPowerdns,
  unbound: startUnboundRpz,
  'unbound-file': startUnboundFile,
  'knot-resolver': startKnotResolver,
};

async function startBind(site: Site): Promise<Engine> {
  const { ports, secrets } = site;
  const folder = join(site.folder, 'bind');
  const key = `key "bind.${ZONE}" { algorithm hmac-sha256; secret "${secrets.bind}"; };\n`;
  const configuration = relocated(shippedFile('bind-secondary.conf'), [
    ['/etc/bind/cleanfeed.key', write(folder, 'cleanfeed.key', key)],
    ['/var/cache/bind/cleanfeed', folder],
    ['/var/cache/bind', folder],
    ['port 53 { 192.0.2.21; }', `port ${ports.bind} { 127.0.0.1; }`],
    ['192.0.2.10 port 53', `127.0.0.1 port ${ports.primary}`],
    ['192.0.2.10', '127.0.0.1'],
    [' 192.0.2.0/24;', ''],
    // Its own log, which a test reads. With -g it would pass over what the file says of logging.
    ['default_syslog', 'default_stderr'],
    ['dnssec-validation auto;', 'dnssec-validation no; pid-file none; session-keyfile none;'],
    ...(site.changes['bind'] ?? []),
  ]);
  // The primary answers nobody's question.
  const upstream = [
    ['example', ports.upstream],
    [UNRESOLVED, ports.primary],
  ]
    .map(([zone, port]) => `zone "${zone}" { type forward; forward only; forwarders { 127.0.0.1 port ${port}; }; };\n`)
    .join('');
  const file = write(folder, 'named.conf', `${configuration}${upstream}controls {};\n`);
  return await startEngine({
    program: 'named',
    port: ports.bind,
    args: ['-f', '-n', '2', '-c', file],
    folder,
    isReady: ready(ports.bind),
  });
}

async function startPowerdns(site: Site): Promise<Engine> {
  const { ports, secrets } = site;
  const folder = join(site.folder, 'powerdns');
  const configuration = relocated(shippedFile('pdns-recursor.yml'), [
    ['192.0.2.22:53', `127.0.0.1:${ports.powerdns}`],
    [', 192.0.2.0/24', ''],
    ['192.0.2.10:53', `127.0.0.1:${ports.primary}`],
    ['/var/lib/powerdns', folder],
    ['REPLACE+THIS+BY+THE+SECRET+OF+THE+KEY=', secrets.powerdns],
    ...(site.changes['powerdns'] ?? []),
  ]);
  write(folder, 'recursor.yml', configuration);
  const more = `recursor:\n  security_poll_suffix: ''\n  forward_zones:\n    - zone: example\n      forwarders: ['127.0.0.1:${ports.upstream}']
outgoing:\n  dont_query: []\n  udp_source_port_min: ${FREE_PORTS.end}\ndnssec:\n  validation: process-no-validate\n`;
  write(join(folder, 'more'), 'upstream.yml', more);
  return await startEngine({
    program: 'pdns_recursor',
    port: ports.powerdns,
    args: ['--daemon=no', `--config-dir=${folder}`, `--socket-dir=${folder}`, `--include-dir=${join(folder, 'more')}`],
    folder,
    isReady: ready(ports.powerdns),
  });
}

async function startUnboundRpz(site: Site): Promise<Engine> {
  const { ports } = site;
  const folder = join(site.folder, 'unbound');
  const configuration = relocated(shippedFile('unbound-rpz.conf'), [
    ['192.0.2.23@53', `127.0.0.1@${ports.unbound}`],
    ['    access-control: 192.0.2.0/24 allow\n', ''],
    ['192.0.2.10@853', `127.0.0.1@${ports.primaryTls}`],
    ['192.0.2.10@53', `127.0.0.1@${ports.primary}`],
    ['/etc/unbound/primary-ca.pem', join(site.folder, 'certificate.pem')],
    ['/var/lib/unbound/cleanfeed', folder],
    ...(site.changes['unbound'] ?? []),
  ]);
  const file = write(
    folder,
    'unbound.conf',
    `${configuration}${unboundOf(site, folder)}remote-control:\n    control-enable: no\n`,
  );
  return await startUnbound(folder, ports.unbound, file);
}

/** From the file, with the script that the documents have as `notify`. */
async function startUnboundFile(site: Site): Promise<Engine> {
  const { ports } = site;
  const folder = join(site.folder, 'unbound-file');
  const port = ports['unbound-file'];
  const configuration = relocated(shippedFile('unbound-rpz-file.conf'), [
    ['192.0.2.23@53', `127.0.0.1@${port}`],
    ['    access-control: 192.0.2.0/24 allow\n', ''],
    ['/run/unbound.ctl', join(folder, 'control')],
    ['/var/lib/unbound/cleanfeed', folder],
    ...(site.changes['unbound-file'] ?? []),
  ]);
  const file = write(folder, 'unbound.conf', `${configuration}${unboundOf(site, folder)}`);
  const script = relocated(shippedFile('unbound-zone.sh'), [
    ['/var/lib/cleanfeed/zones', site.zones],
    ['/var/lib/unbound/cleanfeed', folder],
    ['/etc/unbound/unbound.conf', file],
  ]);
  write(folder, UNBOUND_SCRIPT, script);
  const name = `${ZONE}.zone`;
  if (!existsSync(join(folder, name))) copyFileSync(join(site.zones, name), join(folder, name));
  return await startUnbound(folder, port, file);
}

function unboundOf({ ports }: Site, folder: string): string {
  return `server:
    directory: "${folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    do-not-query-localhost: no
    domain-insecure: "example"
    outgoing-port-avoid: ${FREE_PORTS.first}-${FREE_PORTS.end - 1}
    verbosity: 1
forward-zone:
    name: "example"
    forward-addr: 127.0.0.1@${ports.upstream}
`;
}

async function startUnbound(folder: string, port: number, file: string): Promise<Engine> {
  return await startEngine({
    program: 'unbound',
    port,
    args: ['-d', '-c', file],
    folder,
    isReady: ready(port),
  });
}

async function startKnotResolver(site: Site): Promise<Engine> {
  const { ports } = site;
  const folder = join(site.folder, 'knot-resolver');
  const loader = write(folder, 'cleanfeed-zone.lua', shippedFile('knot-resolver-zone.lua'));
  const configuration = relocated(shippedFile('knot-resolver.conf'), [
    ["'192.0.2.24', 53", `'127.0.0.1', ${ports['knot-resolver']}`],
    ['/etc/knot-resolver/cleanfeed-zone.lua', loader],
    ['/var/lib/cleanfeed/zones', site.zones],
    ['192.0.2.0/24', '127.0.0.0/24'],
    ...(site.changes['knot-resolver'] ?? []),
  ]);
  const more = `trust_anchors.remove('.')
modules.unload('ta_update')
policy.add(policy.suffix(policy.FORWARD('127.0.0.1@${ports.upstream}'), { todname('example') }))
`;
  const file = write(folder, 'kresd.conf', `${configuration}${more}`);
  return await startEngine({
    program: 'kresd',
    port: ports['knot-resolver'],
    args: ['-n', '-c', file, folder],
    folder,
    isReady: ready(ports['knot-resolver']),
  });
}

function ready(port: number): () => Promise<boolean> {
  return async () =>
    (await ask(port, { name: PROBE.blocked })).status === 'NXDOMAIN' &&
    (await ask(port, { name: PROBE.passed })).records.length === 1;
}
