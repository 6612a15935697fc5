/**
 * Apache Tomcat: files, and applications mounted at paths that answer whatever lies below; alone and behind nginx, Apache httpd and a front that
 * takes paths apart as the URL standard does. No pages that would have to be compiled: the compiler wants another Java than Tomcat does.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bodyOf, LISTED_PAGES } from '../site.ts';
import { apacheConfiguration, MODULE_DIRECTORY, virtualHost } from './apache.ts';
import { freePorts } from './free-ports.ts';
import { nginxConfiguration, serverBlock } from './nginx.ts';
import { NODE } from './node.ts';
import { configuration } from './origin.ts';
import type { Family, Ports } from './origin.ts';

const HOME = '/usr/share/tomcat10';
const CLASS_PATH = `${HOME}/bin/bootstrap.jar:${HOME}/bin/tomcat-juli.jar`;
const LENIENT =
  'encodedSolidusHandling="decode" encodedReverseSolidusHandling="decode" allowBackslash="true" relaxedPathChars="[]|&quot;&lt;&gt;^`{}\\"';

/** Attributes of the connector, and what is mounted. */
const SERVICES: Readonly<Record<string, { readonly connector: string; readonly content: 'files' | 'contexts' }>> = {
  'tomcat-files': { connector: '', content: 'files' },
  'tomcat-contexts': { connector: '', content: 'contexts' },
  'tomcat-lenient-files': { connector: LENIENT, content: 'files' },
  'tomcat-lenient-contexts': { connector: LENIENT, content: 'contexts' },
};

/** What nginx passes on: the address as it came, or as nginx writes it anew. */
const FRONTS: Readonly<Record<string, { readonly service: string; readonly uri: string }>> = {
  'nginx-tomcat-raw': { service: 'tomcat-contexts', uri: '' },
  'nginx-tomcat-rewritten': { service: 'tomcat-contexts', uri: '/' },
};

/** What Apache httpd passes on: decoded, with `%2F` as a slash and as a letter. `to`: where the service is. */
const APACHE_FRONTS: Readonly<Record<string, (to: string) => string>> = {
  'apache-tomcat': (to) => `AllowEncodedSlashes On\nProxyPass / ${to}/`,
  'apache-tomcat-nodecode': (to) => `AllowEncodedSlashes NoDecode\nRewriteEngine On\nRewriteRule ^/(.*)$ ${to}/$1 [P]`,
};

const URL_FRONT = 'url-tomcat';
const URL_FRONT_PROGRAM = join(import.meta.dirname, 'programs', 'url-front.ts');

const NAMES = [...Object.keys(SERVICES), ...Object.keys(FRONTS), ...Object.keys(APACHE_FRONTS), URL_FRONT];

export const tomcat: Family = {
  name: 'tomcat',
  needs: ['java', 'nginx', 'apache2', MODULE_DIRECTORY, `${HOME}/bin/bootstrap.jar`],
  configurations: NAMES.map((name) => configuration(name, { fold: ['params'] })),
  async start(setup) {
    const { root, directory } = setup;
    const ports = await freePorts(NAMES);
    writeBase(directory, root, ports);
    const fronts = Object.entries(FRONTS).map(([name, { service, uri }]) =>
      serverBlock(ports.get(name)!, `location / { proxy_pass http://127.0.0.1:${ports.get(service)!}${uri}; }`),
    );
    writeFileSync(join(directory, 'nginx.conf'), nginxConfiguration(root, fronts));
    const java = setup.run('java', [
      '-Xmx256m',
      '-cp',
      CLASS_PATH,
      `-Dcatalina.home=${HOME}`,
      `-Dcatalina.base=${directory}`,
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ]);
    const nginx = setup.run('nginx', ['-p', directory, '-e', 'error.log', '-c', 'nginx.conf']);
    const apache = setup.run('apache2', ['-DFOREGROUND', '-f', writtenApache(directory, root, ports)]);
    const node = setup.run(NODE, [
      URL_FRONT_PROGRAM,
      String(ports.get(URL_FRONT)!),
      String(ports.get('tomcat-contexts')!),
    ]);
    await node.listens([ports.get(URL_FRONT)!]);
    await java.listens(Object.keys(SERVICES).map((name) => ports.get(name)!));
    await nginx.listens(Object.keys(FRONTS).map((name) => ports.get(name)!));
    await apache.listens(Object.keys(APACHE_FRONTS).map((name) => ports.get(name)!));
    return ports;
  },
};

/** @returns the file. */
function writtenApache(base: string, root: string, ports: Ports): string {
  const directory = join(base, 'apache');
  const hosts = Object.entries(APACHE_FRONTS).map(([name, body]) =>
    virtualHost(ports.get(name)!, root, body(`http://127.0.0.1:${ports.get('tomcat-contexts')!}`)),
  );
  const file = join(directory, 'apache.conf');
  write(file, apacheConfiguration(directory, root, hosts));
  return file;
}

function writeBase(base: string, root: string, ports: Ports): void {
  const services = Object.entries(SERVICES).map(([name, { connector, content }]) =>
    serviceText(name, ports.get(name)!, connector, content === 'files' ? [context('', root)] : mounted(base)),
  );
  write(join(base, 'conf', 'server.xml'), `<Server port="-1">${services.join('')}</Server>`);
  write(
    join(base, 'conf', 'web.xml'),
    webXml(`
    <servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
    <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
    <welcome-file-list><welcome-file>index.html</welcome-file></welcome-file-list>`),
  );
}

/** Applications and what they answer to everything: what they have no file for ends at their error page, which is it. */
function mounted(base: string): string[] {
  const places = [
    ['', 'neighbour'],
    ['/dir', 'listed directory'],
    ['/dir/fine', 'allowed'],
  ] as const;
  return places.map(([path, served]) => {
    const docBase = join(base, served.replace(' ', '-'));
    write(join(docBase, 'index.html'), bodyOf(served));
    write(join(docBase, 'WEB-INF', 'web.xml'), webXml('<error-page><location>/index.html</location></error-page>'));
    if (path === '') for (const page of LISTED_PAGES) write(join(docBase, page), bodyOf('listed page'));
    return context(path, docBase);
  });
}

function context(path: string, docBase: string): string {
  return `<Context path="${path}" docBase="${docBase}"/>`;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function serviceText(name: string, port: number, connector: string, contexts: readonly string[]): string {
  return `<Service name="${name}">
    <Connector address="127.0.0.1" port="${port}" protocol="HTTP/1.1" maxKeepAliveRequests="-1" maxThreads="8" minSpareThreads="2" maxHttpRequestHeaderSize="65536" ${connector}/>
    <Engine name="${name}" defaultHost="localhost"><Host name="localhost" appBase="none" deployOnStartup="false" autoDeploy="false" workDir="work/${name}">
      ${contexts.join('')}
    </Host></Engine>
  </Service>`;
}

function webXml(body: string): string {
  return `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">${body}</web-app>`;
}
