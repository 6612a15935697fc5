/** Apache httpd: files with each way of taking `%2F`, a fallback page, and in front of a program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNode } from './node.ts';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';
import { freePorts } from './free-ports.ts';

export const MODULE_DIRECTORY = '/usr/lib/apache2/modules';
const MODULES = ['mpm_event', 'authz_core', 'dir', 'mime', 'alias', 'rewrite', 'proxy', 'proxy_http'];

/** Bodies of virtual hosts. `backend`: port of a program by its name. */
const HOSTS: Readonly<Record<string, (root: string, backend: (name: string) => number) => string>> = {
  'apache-slashes-off': () => 'AllowEncodedSlashes Off',
  'apache-slashes-on': () => 'AllowEncodedSlashes On',
  'apache-slashes-nodecode': () => 'AllowEncodedSlashes NoDecode',
  'apache-unmerged': () => 'AllowEncodedSlashes On\nMergeSlashes Off',
  'apache-fallback': (root) => `
    AllowEncodedSlashes On
    <Directory "${root}/dir">
      FallbackResource /dir/index.html
    </Directory>
    <Directory "${root}/dir/fine">
      FallbackResource /dir/fine/index.html
    </Directory>`,
  'apache-rewrite': (root) => `
    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteRule ^/dir/fine/ ${root}/dir/fine/index.html [L]
    RewriteRule ^/dir/ ${root}/dir/index.html [L]`,
  'apache-alias': (root) => `AllowEncodedSlashes On\nAlias /dir/ "${root}/dir/"`,
  'apache-proxy-part': (_root, backend) =>
    `AllowEncodedSlashes On\nProxyPass /dir/ http://127.0.0.1:${backend('node-raw-router')}/dir/`,
  'apache-proxy': (_root, backend) =>
    `AllowEncodedSlashes On\nProxyPass / http://127.0.0.1:${backend('node-decoding-router')}/`,
  'apache-proxy-nocanon': (_root, backend) =>
    `AllowEncodedSlashes NoDecode\nProxyPass / http://127.0.0.1:${backend('node-decoding-router')}/ nocanon`,
  'apache-lower-case': (root) => mapped(root, 'tolower'),
};

/** To files, by a map of mod_rewrite. */
function mapped(root: string, map: string): string {
  return `AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteMap map int:${map}
    RewriteRule ^/(.*)$ ${root}/\${map:$1} [L]`;
}

export const apache: Family = {
  name: 'apache',
  needs: ['apache2', MODULE_DIRECTORY],
  configurations: Object.keys(HOSTS).map((name) =>
    configuration(name, { fold: name === 'apache-lower-case' ? ['case'] : [] }),
  ),
  async start(setup) {
    const { root, directory } = setup;
    const backends = await startNode(setup);
    const ports = await freePorts(Object.keys(HOSTS));
    const hosts = Object.entries(HOSTS).map(([name, body]) =>
      virtualHost(
        ports.get(name)!,
        root,
        body(root, (backend) => backends.get(backend)!),
      ),
    );
    writeFileSync(join(directory, 'apache.conf'), apacheConfiguration(directory, root, hosts));
    const program = setup.run('apache2', ['-DFOREGROUND', '-f', join(directory, 'apache.conf')]);
    await program.listens(ports.values());
    return ports;
  },
};

export function virtualHost(port: number, root: string, body: string): string {
  return `Listen 127.0.0.1:${port}\n<VirtualHost 127.0.0.1:${port}>\nDocumentRoot "${root}"\n${body}\n</VirtualHost>`;
}

/** User and Group are taken by root only; httpd does not serve as root. */
export function apacheConfiguration(directory: string, root: string, hosts: readonly string[]): string {
  return `
ServerRoot "${directory}"
ServerName localhost
PidFile apache.pid
DefaultRuntimeDir "${directory}"
ErrorLog error.log
LogLevel crit
${MODULES.map((name) => `LoadModule ${name}_module ${MODULE_DIRECTORY}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
TypesConfig /dev/null
KeepAlive On
MaxKeepAliveRequests 0
LimitRequestLine 65536
StartServers 1
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
<Directory "${root}">
  Require all granted
  AllowOverride None
</Directory>
${hosts.join('\n')}
`;
}
