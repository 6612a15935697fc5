/** The proxies: ours with two workers, and HAProxy with two threads, which reads the SNI before it connects, as ours does. */
import { join } from 'node:path';
import { findProgram } from '../load/programs.ts';
import type { Workspace } from '../load/workspace.ts';

export interface Peer {
  readonly name: string;
  /** On loopback of the filter. */
  readonly port: number;
  /** @param count tunnels that it must have room for */
  readonly command: (workspace: Workspace, count: number) => readonly string[];
}

const ROOT = join(import.meta.dirname, '..', '..');
const PORT = { cleanfeed: 8080, haproxy: 8081 } as const;
const LISTED = 'listed.example';
/** Of all tunnels, at most so many are one worker's. */
const SHARE = 0.53;

export const PEERS: readonly Peer[] = [
  {
    name: 'cleanfeed',
    port: PORT.cleanfeed,
    command: (workspace, count) => [
      process.execPath,
      join(ROOT, 'src', 'cli.ts'),
      'serve',
      '-c',
      workspace.write('cleanfeed.yaml', JSON.stringify(ourConfiguration(workspace, count))),
    ],
  },
  {
    name: 'haproxy',
    port: PORT.haproxy,
    command: (workspace, count) => [
      findProgram('haproxy')!,
      '-db',
      '-f',
      workspace.write('haproxy.cfg', haproxyConfiguration(count)),
    ],
  },
];

/** JSON is YAML. */
function ourConfiguration(workspace: Workspace, count: number): object {
  workspace.write('own.txt', `${LISTED}\n`);
  return {
    listeners: [{ name: 'inline', mode: 'transparent', address: '127.0.0.1', port: PORT.cleanfeed }],
    admin: { address: '127.0.0.1', port: 9090 },
    lists: [{ name: 'own', source: './own.txt', action: 'block' }],
    upstream: { allow: ['203.0.113.0/24'] },
    // All come from one address, and the kernel spreads them by chance; as many descriptors are left for connections to the origin.
    limits: { connections: Math.ceil(count * SHARE), connectionsPerClient: count },
    state: { directory: workspace.folder('state') },
    workers: 2,
  };
}

function haproxyConfiguration(count: number): string {
  return `
global
  nbthread 2
  maxconn ${count + 500}
defaults
  mode tcp
  timeout connect 5s
  timeout client 2h
  timeout server 2h
frontend tls
  bind 127.0.0.1:${PORT.haproxy} transparent backlog 4096
  maxconn ${count + 500}
  tcp-request inspect-delay 5s
  tcp-request content reject if { req.ssl_sni -i ${LISTED} }
  tcp-request content accept if { req.ssl_hello_type 1 }
  default_backend tls
backend tls
  option transparent
`;
}
