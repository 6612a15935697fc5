/** nginx: files, locations, and in front of programs that get the address as it came or as nginx wrote it anew. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyOf } from '../site.ts';
import type { Served } from '../site.ts';
import { startNode } from './node.ts';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';
import { freePorts } from './free-ports.ts';

/** Bodies of server blocks. `backend`: port of a program by its name. */
const SERVERS: Readonly<Record<string, (backend: (name: string) => number, root: string) => string>> = {
  'nginx-static': () => '',
  'nginx-unmerged': () => 'merge_slashes off;',
  'nginx-try-files': () => `
    location /dir/fine/ { try_files $uri /dir/fine/index.html; }
    location /dir/ { try_files $uri /dir/index.html; }
    location / { try_files $uri /index.html; }`,
  'nginx-locations': () => `
    location = /page { ${gives('listed page')} }
    location = /deep/er/page { ${gives('listed page')} }
    location /dir/fine/ { ${gives('allowed')} }
    location /dir/ { ${gives('listed directory')} }
    location / { ${gives('neighbour')} }`,
  'nginx-proxy-rewritten': (backend) =>
    `location / { proxy_pass http://127.0.0.1:${backend('node-decoding-router')}/; }`,
  'nginx-proxy-raw': (backend) => `location / { proxy_pass http://127.0.0.1:${backend('node-decoding-router')}; }`,
  // Decoded by nginx, and once more by what is behind it.
  'nginx-proxy-variable': (backend) =>
    `location / { proxy_pass http://127.0.0.1:${backend('node-decoding-router')}$uri; }`,
  'nginx-proxy-rewrite': (backend) =>
    `location / { rewrite ^/(.*)$ /$1 break; proxy_pass http://127.0.0.1:${backend('node-raw-router')}; }`,
  'nginx-regex': () => `
    location ~ ^/dir/fine/ { ${gives('allowed')} }
    location ~ ^/dir/ { ${gives('listed directory')} }
    location ~ ^/(page|deep/er/page)$ { ${gives('listed page')} }
    location / { ${gives('neighbour')} }`,
  'nginx-alias': (_backend, root) => `
    location /dir/ { alias "${root}/dir/"; }`,
  'nginx-unmerged-variable-url': (backend) =>
    `merge_slashes off; location / { proxy_pass http://127.0.0.1:${backend('node-url-router')}$uri; }`,
  'nginx-unmerged-raw-url': (backend) =>
    `merge_slashes off; location / { proxy_pass http://127.0.0.1:${backend('node-url-files')}; }`,
  'nginx-proxy-raw-url': (backend) => `location / { proxy_pass http://127.0.0.1:${backend('node-url-router')}; }`,
  // The program decodes, and nginx decodes once more what it is told to serve.
  'nginx-internal-redirect': (backend, root) => `
    location / { proxy_pass http://127.0.0.1:${backend('node-internal-redirect')}; }
    location /internal/ { internal; alias "${root}/"; }`,
  // Its texts are compared in any case.
  'nginx-map': () => `location / { return 200 "served: $served."; }`,
};
/** What `nginx-map` gives out. */
const MAP = `map $uri $served {
  default neighbour; /page "listed page"; /deep/er/page "listed page"; ~*^/dir/fine/ allowed; ~*^/dir/ "listed directory"; }`;

export const nginx: Family = {
  name: 'nginx',
  needs: ['nginx'],
  configurations: Object.keys(SERVERS).map((name) =>
    configuration(name, { fold: name === 'nginx-map' ? ['case'] : [] }),
  ),
  async start(setup) {
    const { root, directory } = setup;
    const backends = await startNode(setup);
    const ports = await freePorts(Object.keys(SERVERS));
    const servers = Object.entries(SERVERS).map(([name, body]) =>
      serverBlock(
        ports.get(name)!,
        body((backend) => backends.get(backend)!, root),
      ),
    );
    writeFileSync(join(directory, 'nginx.conf'), nginxConfiguration(root, [MAP, ...servers]));
    const program = setup.run('nginx', ['-p', directory, '-e', 'error.log', '-c', 'nginx.conf']);
    await program.listens(ports.values());
    return ports;
  },
};

function gives(served: Served): string {
  return `return 200 "${bodyOf(served).trim()}";`;
}

export function serverBlock(port: number, body: string): string {
  return `server { listen 127.0.0.1:${port}; ${body} }`;
}

/** `user root`: see test/support/nginx.ts. */
export function nginxConfiguration(root: string, servers: readonly string[]): string {
  return `
    daemon off; master_process off; pid nginx.pid; user root;
    events { worker_connections 512; }
    http {
      access_log off; default_type text/plain; keepalive_requests 100000000; large_client_header_buffers 8 32k;
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
      root "${root}";
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      ${servers.join('\n')}
    }`;
}
