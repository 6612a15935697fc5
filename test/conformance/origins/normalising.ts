/**
 * Servers in front that normalise an address as RFC 3986 §6.2.2 has it, and hand on what they made of it, to nginx with files: nghttpx as it is
 * shipped, and HAProxy told to.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { nginxConfiguration, serverBlock } from './nginx.ts';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';

/** What HAProxy makes of it, one after the other. */
const HAPROXY: Readonly<Record<string, readonly string[]>> = {
  'haproxy-decoding': ['percent-decode-unreserved'],
  'haproxy-normalising': [
    'fragment-strip',
    'percent-decode-unreserved',
    'path-merge-slashes',
    'path-strip-dot',
    'path-strip-dotdot full',
  ],
};
const NAMES = ['nghttpx', ...Object.keys(HAPROXY)];

export const normalising: Family = {
  name: 'normalising',
  needs: ['nghttpx', 'haproxy', 'nginx'],
  configurations: NAMES.map((name) => configuration(name)),
  async start(setup) {
    const { directory, root } = setup;
    const ports = await freePorts([...NAMES, 'files']);
    const files = ports.get('files')!;
    writeFileSync(join(directory, 'nginx.conf'), nginxConfiguration(root, [serverBlock(files, '')]));
    await setup.run('nginx', ['-p', directory, '-e', 'error.log', '-c', 'nginx.conf']).listens([files]);
    const nghttpx = setup.run('nghttpx', nghttpxArguments(ports.get('nghttpx')!, files));
    const file = join(directory, 'haproxy.cfg');
    const fronts = Object.entries(HAPROXY).map(([name, steps]) => frontend(name, ports.get(name)!, steps));
    writeFileSync(file, `${DEFAULTS}${fronts.join('')}\nbackend files\n  server files 127.0.0.1:${files}\n`);
    const haproxy = setup.run('haproxy', ['-db', '-f', file]);
    await nghttpx.listens([ports.get('nghttpx')!]);
    await haproxy.listens(Object.keys(HAPROXY).map((name) => ports.get(name)!));
    return new Map(NAMES.map((name) => [name, ports.get(name)!]));
  },
};

function nghttpxArguments(port: number, backend: number): readonly string[] {
  return [
    '--conf=/dev/null',
    `--frontend=127.0.0.1,${port};no-tls`,
    `--backend=127.0.0.1,${backend}`,
    '--log-level=ERROR',
    '--accesslog-file=/dev/null',
    '--workers=1',
    '--request-header-field-buffer=65536',
  ];
}

const DEFAULTS = `
global
  expose-experimental-directives
  tune.bufsize 65536
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  default_backend files
`;

function frontend(name: string, port: number, steps: readonly string[]): string {
  const rules = steps.map((step) => `  http-request normalize-uri ${step}`);
  return `\nfrontend ${name}\n  bind 127.0.0.1:${port}\n${rules.join('\n')}\n`;
}
