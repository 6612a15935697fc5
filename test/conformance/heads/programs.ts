/** Programs that look at Host themselves: Node, Express, Bun, Deno, Go, Java, C, Python with six servers, Perl with two, PHP. */
import { join } from 'node:path';
import { freePorts } from '../origins/free-ports.ts';
import { configuration } from '../origins/origin.ts';
import type { Family } from '../origins/origin.ts';
import { portsOf } from '../origins/process.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const PROGRAMS = join(import.meta.dirname, '..', 'origins', 'programs');

export const nodeHosts: Family = {
  name: 'node-hosts',
  needs: [],
  configurations: ['node-hosts', 'node-hosts-url', 'node-hosts-tolerant', 'express-hosts'].map((name) =>
    configuration(name),
  ),
  start: async (setup) => portsOf(await setup.run(NODE, [join(PROGRAMS, 'node-hosts.ts')], { cwd: ROOT }).firstLine()),
};

export const bunHosts: Family = {
  name: 'bun-hosts',
  needs: ['bun'],
  npmPackage: '@oven/bun-linux-x64',
  configurations: [configuration('bun-hosts')],
  start: async (setup) => portsOf(await setup.run('bun', ['run', join(PROGRAMS, 'web-hosts.ts')]).firstLine()),
};

export const denoHosts: Family = {
  name: 'deno-hosts',
  needs: ['deno'],
  npmPackage: '@deno/linux-x64-glibc',
  configurations: [configuration('deno-hosts')],
  start: async (setup) =>
    portsOf(
      await setup
        .run('deno', ['run', '-A', '--no-config', join(PROGRAMS, 'web-hosts.ts')], {
          env: { DENO_DIR: setup.directory },
        })
        .firstLine(),
    ),
};

export const goHosts: Family = {
  name: 'go-hosts',
  needs: ['go'],
  configurations: [configuration('go-hosts')],
  async start(setup) {
    const { directory } = setup;
    const binary = join(directory, 'hosts');
    // Nothing but the standard library: no module is asked for anywhere.
    await setup
      .run('go', ['build', '-o', binary, join(PROGRAMS, 'hosts.go')], {
        env: { GOPROXY: 'off', GO111MODULE: 'off', CGO_ENABLED: '0' },
      })
      .finished();
    return portsOf(await setup.run(binary, []).firstLine());
  },
};

export const pythonHosts: Family = {
  name: 'python-hosts',
  needs: ['python3'],
  configurations: ['python-hosts', 'python-hosts-bodies'].map((name) => configuration(name)),
  start: async (setup) =>
    portsOf(await setup.run('python3', ['-I', '-B', join(PROGRAMS, 'python_hosts.py')]).firstLine()),
};

export const phpHosts: Family = {
  name: 'php-hosts',
  needs: ['php'],
  configurations: [configuration('php-hosts')],
  async start(setup) {
    const { root } = setup;
    const ports = await freePorts(['php-hosts']);
    const port = ports.get('php-hosts')!;
    await setup.run('php', ['-n', '-S', `127.0.0.1:${port}`, '-t', root, join(PROGRAMS, 'hosts.php')]).listens([port]);
    return ports;
  },
};

const PYTHON_PACKAGES = '/usr/lib/python3/dist-packages';

/** Debian's own Python has them. */
export const pythonServers: Family = {
  name: 'python-servers',
  needs: [
    '/usr/bin/python3',
    ...['cheroot', 'twisted', 'waitress', 'aiohttp'].map((name) => `${PYTHON_PACKAGES}/${name}`),
  ],
  configurations: ['cheroot-hosts', 'twisted-hosts', 'waitress-hosts', 'aiohttp-hosts'].map((name) =>
    configuration(name),
  ),
  start: async (setup) =>
    portsOf(await setup.run('/usr/bin/python3', ['-I', '-B', join(PROGRAMS, 'python_servers.py')]).firstLine()),
};

export const perlHosts: Family = {
  name: 'perl-hosts',
  needs: ['perl', '/usr/share/perl5/HTTP/Daemon.pm'],
  configurations: [configuration('perl-hosts')],
  start: async (setup) => portsOf(await setup.run('perl', [join(PROGRAMS, 'hosts.pl')]).firstLine()),
};

export const mojoliciousHosts: Family = {
  name: 'mojolicious-hosts',
  needs: ['perl', '/usr/share/perl5/Mojo/Server/Daemon.pm'],
  configurations: [configuration('mojolicious-hosts')],
  start: async (setup) => portsOf(await setup.run('perl', [join(PROGRAMS, 'mojo.pl')]).firstLine()),
};

const UWSGI: Readonly<Record<string, string>> = { 'uwsgi-hosts': '--http-socket', 'uwsgi-hosts-router': '--http' };

/** By itself, and behind its own router. */
export const uwsgiHosts: Family = {
  name: 'uwsgi-hosts',
  needs: ['uwsgi', '/usr/lib/uwsgi/plugins/python3_plugin.so'],
  configurations: Object.keys(UWSGI).map((name) => configuration(name)),
  async start(setup) {
    const ports = await freePorts(Object.keys(UWSGI));
    const application = ['--wsgi-file', join(PROGRAMS, 'uwsgi_hosts.py'), '--threads', '8', '--disable-logging'];
    for (const [name, way] of Object.entries(UWSGI)) {
      const at = `127.0.0.1:${ports.get(name)!}`;
      await setup
        .run('uwsgi', ['--plugins', 'http,python3', way, at, '--die-on-term', '--need-app', ...application])
        .listens([ports.get(name)!]);
    }
    return ports;
  },
};

export const javaHosts: Family = {
  name: 'java-hosts',
  needs: ['javac'],
  configurations: [configuration('java-hosts')],
  start: async (setup) => portsOf(await setup.run('java', ['-Xmx128m', join(PROGRAMS, 'Hosts.java')]).firstLine()),
};

export const libeventHosts: Family = {
  name: 'libevent-hosts',
  needs: ['gcc', '/usr/include/event2/http.h'],
  configurations: [configuration('libevent-hosts')],
  async start(setup) {
    const binary = join(setup.directory, 'hosts');
    await setup.run('gcc', ['-O1', '-o', binary, join(PROGRAMS, 'libevent_hosts.c'), '-levent']).finished();
    return portsOf(await setup.run(binary, []).firstLine());
  },
};
