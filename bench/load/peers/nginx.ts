/**
 * nginx as forward proxy, one worker unless told. The list is a `map` of host and path.
 *
 * Upstream keep-alive exists only for a named `upstream`, so the one origin of the small scenes has one; the 2,000 origins
 * of the suspect scene are connected to anew for each request (2,000 named upstreams would be searched one by one).
 */
import { findProgram, installedVersion } from '../programs.ts';
import { fileName, type Launch, type Peer, type Site } from './peer.ts';

export const nginx: Peer = nginxPeer({
  name: 'nginx',
  note: 'map of `host/path`; pools upstream connections to the one origin of the small scenes only',
  workers: 1,
});

interface SetUp {
  readonly name: string;
  readonly workers: number;
}

export function nginxPeer({ note, ...setUp }: SetUp & { readonly note: string }): Peer {
  return { name: setUp.name, family: 'nginx', note, holdsList: true, version, prepare: (site) => prepare(site, setUp) };
}

function version(): string | null {
  return installedVersion('nginx', ['-v'], /nginx\/(\S+)/);
}

function prepare(site: Site, { name, workers }: SetUp): Launch {
  const { workspace } = site;
  const map = site.list.map(({ host, path }) => `"${host}${path}" 1;\n`).join('');
  const mapFile = workspace.write(`${fileName(name)}-list.conf`, map);
  const file = workspace.write(`${fileName(name)}.conf`, configuration(site, mapFile, workers));
  return { command: [findProgram('nginx')!, '-p', workspace.root, '-e', 'stderr', '-c', file] };
}

function configuration({ port, originPort, workspace, list }: Site, mapFile: string, workers: number): string {
  return `
daemon off;
worker_processes ${workers};
pid ${workspace.path('nginx.pid')};
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_body_temp_path ${workspace.folder('nginx-body')};
  proxy_temp_path ${workspace.folder('nginx-proxy')};
  fastcgi_temp_path ${workspace.folder('nginx-fastcgi')};
  uwsgi_temp_path ${workspace.folder('nginx-uwsgi')};
  scgi_temp_path ${workspace.folder('nginx-scgi')};
  map_hash_max_size ${Math.max(2048, 2 * list.length)};
  map_hash_bucket_size 256;
  map $host$uri $listed { default 0; include ${mapFile}; }
  map $http_host $destination { default $http_host; "127.0.0.1:${originPort}" origin; }
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096${workers === 1 ? '' : ' reuseport'};
    # Streams: without this a large body goes through a file.
    proxy_max_temp_file_size 0;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    location / {
      if ($listed) { return 403; }
      proxy_pass http://$destination;
    }
  }
}
`;
}
