/**
 * Resolvers without any policy, each with as little configuration as it takes to find `example.` at an `Upstream`: what stands behind a DNS front.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FREE_PORTS } from '../../support/free-port.ts';
import { ask } from './dig.ts';
import { startEngine, type Engine } from './engine.ts';

/** A resolver that finds `example.` at the upstream. `proxied`: a second port on which it wants PROXY headers; null: it cannot. */
export type Start = (
  folder: string,
  ports: { readonly plain: number; readonly proxied: number; readonly upstream: number },
) => Promise<Engine>;

export const PLAIN_RESOLVERS: Readonly<
  Record<string, { readonly program: string; readonly start: Start; readonly readsProxy: boolean }>
> = {
  bind: { program: 'named', start: startBind, readsProxy: false },
  powerdns: { program: 'pdns_recursor', start: startPowerdns, readsProxy: true },
  unbound: { program: 'unbound', start: startUnbound, readsProxy: true },
  'knot-resolver': { program: 'kresd', start: startKnotResolver, readsProxy: true },
};

async function startBind(folder: string, { plain, upstream }: Parameters<Start>[1]): Promise<Engine> {
  const configuration = `options { directory "${folder}"; listen-on port ${plain} { 127.0.0.1; }; listen-on-v6 { none; };
recursion yes; allow-query { any; }; dnssec-validation no; pid-file none; session-keyfile none; };
zone "example" { type forward; forward only; forwarders { 127.0.0.1 port ${upstream}; }; };
controls {};\n`;
  return await engine('named', folder, plain, configuration, (file) => ['-g', '-n', '1', '-c', file]);
}

async function startPowerdns(folder: string, { plain, proxied, upstream }: Parameters<Start>[1]): Promise<Engine> {
  writeFileSync(
    join(folder, 'recursor.yml'),
    `incoming:
  listen: ['127.0.0.1:${plain}', '127.0.0.2:${proxied}']
  allow_from: ['127.0.0.0/8', '192.0.2.0/24']
  proxy_protocol_from: ['127.0.0.1/32']
  proxy_protocol_exceptions: ['127.0.0.1:${plain}']
recursor:
  security_poll_suffix: ''
  forward_zones:
    - zone: example
      forwarders: ['127.0.0.1:${upstream}']
outgoing:
  dont_query: []
  udp_source_port_min: ${FREE_PORTS.end}
dnssec:
  validation: process-no-validate
`,
  );
  return await engine('pdns_recursor', folder, plain, '', () => [
    '--daemon=no',
    `--config-dir=${folder}`,
    `--socket-dir=${folder}`,
  ]);
}

async function startUnbound(folder: string, { plain, proxied, upstream }: Parameters<Start>[1]): Promise<Engine> {
  const configuration = `server:
  interface: 127.0.0.1@${plain}
  interface: 127.0.0.2@${proxied}
  proxy-protocol-port: ${proxied}
  access-control: 127.0.0.0/8 allow
  access-control: 192.0.2.0/24 refuse
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  outgoing-port-avoid: ${FREE_PORTS.first}-${FREE_PORTS.end - 1}
  domain-insecure: "example"
  module-config: "iterator"
remote-control:
  control-enable: no
forward-zone:
  name: "example"
  forward-addr: 127.0.0.1@${upstream}
`;
  return await engine('unbound', folder, plain, configuration, (file) => ['-d', '-c', file]);
}

async function startKnotResolver(folder: string, { plain, proxied, upstream }: Parameters<Start>[1]): Promise<Engine> {
  const configuration = `net.listen('127.0.0.1', ${plain})
net.listen('127.0.0.2', ${proxied})
net.proxy_allowed('127.0.0.1')
trust_anchors.remove('.')
modules.unload('ta_update')
policy.add(policy.suffix(policy.FORWARD('127.0.0.1@${upstream}'), { todname('example') }))
`;
  return await engine('kresd', folder, plain, configuration, (file) => ['-n', '-c', file, folder]);
}

async function engine(
  program: string,
  folder: string,
  port: number,
  configuration: string,
  args: (file: string) => readonly string[],
): Promise<Engine> {
  const file = join(folder, 'configuration');
  writeFileSync(file, configuration);
  const isReady = async (): Promise<boolean> => (await ask(port, { name: 'www.example' })).records.length === 1;
  return await startEngine({ program, port, args: args(file), folder, isReady });
}
