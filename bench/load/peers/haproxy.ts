/**
 * HAProxy as forward proxy, one thread unless told: the destination address is the one in Host, the list a file of exact `base`
 * strings (host, port and path), upstream connections are always reused, splice is off (its default).
 *
 * It passes the absolute-form on as it came, which origins must accept (RFC 9112 §3.2.2); rewriting it would cost more.
 */
import { findProgram, installedVersion } from '../programs.ts';
import { fileName, type Launch, type Peer, type Site } from './peer.ts';

export const haproxy: Peer = haproxyPeer({
  name: 'haproxy',
  note: 'acl file of exact `host:port/path`; http-reuse always with up to 4,096 idle connections, one thread, no splice, absolute-form passed on',
  threads: 1,
});

interface SetUp {
  readonly name: string;
  readonly threads: number;
}

export function haproxyPeer({ note, ...setUp }: SetUp & { readonly note: string }): Peer {
  return {
    name: setUp.name,
    family: 'haproxy',
    note,
    holdsList: true,
    version,
    prepare: (site) => prepare(site, setUp),
  };
}

function version(): string | null {
  return installedVersion('haproxy', ['-v'], /version (\S+)/);
}

function prepare(site: Site, { name, threads }: SetUp): Launch {
  const { workspace, originPort } = site;
  const lines = site.list.map(({ host, path }) => `${host}:${originPort}${path}\n`).join('');
  const listFile = workspace.write(`${fileName(name)}-list.txt`, lines);
  const file = workspace.write(`${fileName(name)}.cfg`, configuration(site, listFile, threads));
  return { command: [findProgram('haproxy')!, '-db', '-f', file] };
}

function configuration({ port, originPort }: Site, listFile: string, threads: number): string {
  return `
global
  nbthread ${threads}
  maxconn 4096
  # Idle connections to 2,000 origins are wanted: do not close them for the sake of descriptors.
  tune.pool-low-fd-ratio 70
  tune.pool-high-fd-ratio 80
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  acl listed base -m str -f ${listFile}
  http-request deny deny_status 403 if listed
  http-request set-dst req.hdr(host),host_only
  default_backend origins
backend origins
  # 0.0.0.0: connect to the address that set-dst chose. pool-low-conn: keep idle connections to all of them, not only as many
  # as were in use at once (all origins are one server to HAProxy).
  server origin 0.0.0.0:${originPort} pool-low-conn 4096
`;
}
