/** Servers that choose a site by host: each as it is shipped, and as tolerant as it can be made. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePorts } from '../origins/free-ports.ts';
import { nginxConfiguration } from '../origins/nginx.ts';
import { configuration } from '../origins/origin.ts';
import type { Family, OriginSetup, Ports } from '../origins/origin.ts';
import { LISTED_PAGES, bodyOf } from '../site.ts';
import type { Served } from '../site.ts';
import { LISTED_HOST, PATHS_HOST } from './site.ts';

const PAGES: Readonly<Record<string, Served>> = {
  listed: 'listed page',
  dir: 'listed directory',
  fine: 'allowed',
  neighbour: 'neighbour',
};

/** A file for each kind of content. */
function writePages(root: string): void {
  mkdirSync(root, { recursive: true });
  for (const [name, served] of Object.entries(PAGES)) writeFileSync(join(root, `${name}.html`), bodyOf(served));
}

const NGINX: Readonly<Record<string, string>> = {
  'nginx-hosts': '',
  'nginx-hosts-tolerant': 'ignore_invalid_headers off; underscores_in_headers on; http2 on;',
};

export const nginxHosts: Family = {
  name: 'nginx-hosts',
  needs: ['nginx'],
  configurations: Object.keys(NGINX).map((name) => configuration(name)),
  async start(setup) {
    const { root, directory } = setup;
    const ports = await freePorts(Object.keys(NGINX));
    const servers = Object.entries(NGINX).flatMap(([name, settings]) => nginxSites(ports.get(name)!, settings));
    writeFileSync(join(directory, 'nginx.conf'), nginxConfiguration(root, servers));
    await setup.run('nginx', ['-p', directory, '-e', 'error.log', '-c', 'nginx.conf']).listens(ports.values());
    return ports;
  },
};

function nginxSites(port: number, settings: string): string[] {
  const gives = (served: Served): string => `return 200 "${bodyOf(served).trim()}";`;
  const site = (names: string, body: string): string =>
    `server { listen 127.0.0.1:${port} ${names} ${settings} ${body} }`;
  return [
    site('default_server;', `location / { ${gives('neighbour')} }`),
    site(`; server_name ${LISTED_HOST};`, `location / { ${gives('listed page')} }`),
    site(
      `; server_name ${PATHS_HOST};`,
      `location = /page { ${gives('listed page')} }
       location = /deep/er/page { ${gives('listed page')} }
       location /dir/ { ${gives('listed directory')} }
       location /dir/fine/ { ${gives('allowed')} }
       location / { ${gives('neighbour')} }`,
    ),
  ];
}

const APACHE: Readonly<Record<string, string>> = {
  'apache-hosts': '',
  'apache-hosts-unsafe': 'HttpProtocolOptions Unsafe LenientMethods Allow0.9\nMergeTrailers On',
};
const APACHE_MODULES = ['mpm_event', 'authz_core', 'dir', 'mime', 'rewrite'];
const MODULE_DIRECTORY = '/usr/lib/apache2/modules';

/** One program each: how the protocol is read is decided before the host is known. */
export const apacheHosts: Family = {
  name: 'apache-hosts',
  needs: ['apache2', MODULE_DIRECTORY],
  configurations: Object.keys(APACHE).map((name) => configuration(name)),
  async start(setup) {
    const { directory } = setup;
    const ports = await freePorts(Object.keys(APACHE));
    for (const [name, settings] of Object.entries(APACHE)) {
      const base = join(directory, name);
      writePages(join(base, 'pages'));
      writeFileSync(join(base, 'apache.conf'), apacheText(base, ports.get(name)!, settings));
      await setup.run('apache2', ['-DFOREGROUND', '-f', join(base, 'apache.conf')]).listens([ports.get(name)!]);
    }
    return ports;
  },
};

function apacheText(base: string, port: number, settings: string): string {
  const pages = join(base, 'pages');
  const site = (name: string, rules: readonly string[]): string =>
    `<VirtualHost 127.0.0.1:${port}>\nServerName ${name}\nDocumentRoot "${pages}"\nRewriteEngine On\n${rules.join('\n')}\n</VirtualHost>`;
  const gives = (pattern: string, page: string): string => `RewriteRule ${pattern} ${pages}/${page}.html [L]`;
  return `
ServerRoot "${base}"
PidFile apache.pid
DefaultRuntimeDir "${base}"
ErrorLog error.log
LogLevel crit
${APACHE_MODULES.map((name) => `LoadModule ${name}_module ${MODULE_DIRECTORY}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
TypesConfig /dev/null
KeepAlive On
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
Listen 127.0.0.1:${port}
${settings}
<Directory "${pages}">
  Require all granted
</Directory>
${site('default.invalid', [gives('^', 'neighbour')])}
${site(LISTED_HOST, [gives('^', 'listed')])}
${site(PATHS_HOST, [
  gives('^/(page|deep/er/page)$', 'listed'),
  gives('^/dir/fine/', 'fine'),
  gives('^/dir/', 'dir'),
  gives('^', 'neighbour'),
])}
`;
}

const LIGHTTPD: Readonly<Record<string, string>> = {
  'lighttpd-hosts': '',
  'lighttpd-hosts-tolerant':
    'server.http-parseopts = ( "header-strict" => "disable", "host-strict" => "disable", "host-normalize" => "disable", "url-normalize" => "disable", "method-get-body" => "enable" )',
};

export const lighttpdHosts: Family = {
  name: 'lighttpd-hosts',
  needs: ['lighttpd'],
  configurations: Object.keys(LIGHTTPD).map((name) => configuration(name)),
  async start(setup) {
    const { directory } = setup;
    const ports = await freePorts(Object.keys(LIGHTTPD));
    const pages = join(directory, 'pages');
    writePages(pages);
    await Promise.all(
      Object.entries(LIGHTTPD).map(async ([name, settings]) => {
        const file = join(directory, `${name}.conf`);
        writeFileSync(file, lighttpdText(pages, ports.get(name)!, settings));
        await setup.run('lighttpd', ['-D', '-f', file]).listens([ports.get(name)!]);
      }),
    );
    return ports;
  },
};

/** With or without a port: as deployments write it. */
function lighttpdText(pages: string, port: number, settings: string): string {
  const host = (name: string): string => `^(?i)${name.replaceAll('.', '[.]')}[.]?(:.*)?$`;
  return `
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${pages}"
server.max-keep-alive-requests = 65535
server.modules += ( "mod_rewrite" )
${settings}
$HTTP["host"] =~ "${host(LISTED_HOST)}" {
  url.rewrite-once = ( "^" => "/listed.html" )
} else $HTTP["host"] =~ "${host(PATHS_HOST)}" {
  url.rewrite-once = ( "^/(page|deep/er/page)(\\?.*)?$" => "/listed.html", "^/dir/fine/" => "/fine.html", "^/dir/" => "/dir.html", "^" => "/neighbour.html" )
} else {
  url.rewrite-once = ( "^" => "/neighbour.html" )
}
`;
}

export const caddyHosts: Family = {
  name: 'caddy-hosts',
  needs: ['caddy'],
  configurations: [configuration('caddy-hosts')],
  async start(setup) {
    const { directory } = setup;
    const ports = await freePorts(['caddy-hosts']);
    const port = ports.get('caddy-hosts')!;
    const file = join(directory, 'Caddyfile');
    writeFileSync(file, caddyText(port));
    const program = setup.run('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
      env: { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    });
    await program.listens([port]);
    return ports;
  },
};

function caddyText(port: number): string {
  const gives = (served: Served): string => `respond "${bodyOf(served).trim()}" 200`;
  // Its path matcher has a reading of its own (docs/canonical-form.md), which is not what this is about.
  const handle = (test: string, served: Served): string => `handle ${test} {\n${gives(served)}\n}`;
  const path = (pattern: string): string => `path_regexp ^${pattern}`;
  return `{
admin off
auto_https off
servers {
protocols h1 h2c
}
log {
output discard
}
}
http://${LISTED_HOST}:${port} {
${gives('listed page')}
}
http://${PATHS_HOST}:${port} {
${[
  `@fine ${path('/dir/fine/')}`,
  `@dir ${path('/dir/')}`,
  `@page ${path('/(page|deep/er/page)$')}`,
  handle('@fine', 'allowed'),
  handle('@dir', 'listed directory'),
  handle('@page', 'listed page'),
  handle('', 'neighbour'),
].join('\n')}
}
http://:${port} {
${gives('neighbour')}
}
`;
}

const TOMCAT_HOME = '/usr/share/tomcat10';

export const tomcatHosts: Family = {
  name: 'tomcat-hosts',
  needs: ['java', `${TOMCAT_HOME}/bin/bootstrap.jar`],
  configurations: [configuration('tomcat-hosts')],
  start: startTomcat,
};

/** Applications as in ../origins/tomcat.ts: their error page is what they serve for everything. */
async function startTomcat(setup: OriginSetup): Promise<Ports> {
  const { directory } = setup;
  const ports = await freePorts(['tomcat-hosts']);
  const port = ports.get('tomcat-hosts')!;
  const context = (host: string, path: string, served: Served): string => {
    const base = join(directory, host, `root${path.replaceAll('/', '-')}`);
    write(join(base, 'index.html'), bodyOf(served));
    if (host === 'paths') for (const page of LISTED_PAGES) write(join(base, page), bodyOf('listed page'));
    write(join(base, 'WEB-INF', 'web.xml'), webXml('<error-page><location>/index.html</location></error-page>'));
    return `<Context path="${path}" docBase="${base}"/>`;
  };
  const host = (name: string, contexts: string): string =>
    `<Host name="${name}" appBase="none" deployOnStartup="false" autoDeploy="false" workDir="work/${name}">${contexts}</Host>`;
  const hosts = [
    host('default.invalid', context('default', '', 'neighbour')),
    host(LISTED_HOST, context('listed', '', 'listed page')),
    host(
      PATHS_HOST,
      context('paths', '', 'neighbour') +
        context('paths', '/dir', 'listed directory') +
        context('paths', '/dir/fine', 'allowed'),
    ),
  ];
  write(
    join(directory, 'conf', 'server.xml'),
    `<Server port="-1"><Service name="hosts">
      <Connector address="127.0.0.1" port="${port}" protocol="HTTP/1.1" maxKeepAliveRequests="-1" maxThreads="16" minSpareThreads="2" bindOnInit="false"><UpgradeProtocol className="org.apache.coyote.http2.Http2Protocol"/></Connector>
      <Engine name="hosts" defaultHost="default.invalid">${hosts.join('')}</Engine></Service></Server>`,
  );
  write(
    join(directory, 'conf', 'web.xml'),
    webXml(`<servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
    <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
    <welcome-file-list><welcome-file>index.html</welcome-file></welcome-file-list>`),
  );
  const java = setup.run('java', [
    '-Xmx256m',
    '-cp',
    `${TOMCAT_HOME}/bin/bootstrap.jar:${TOMCAT_HOME}/bin/tomcat-juli.jar`,
    `-Dcatalina.home=${TOMCAT_HOME}`,
    `-Dcatalina.base=${directory}`,
    'org.apache.catalina.startup.Bootstrap',
    'start',
  ]);
  await java.listens([port]);
  return ports;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function webXml(body: string): string {
  return `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">${body}</web-app>`;
}
