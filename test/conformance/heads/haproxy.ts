/** HAProxy as a site by itself: as it is shipped, and told to take what is no HTTP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../origins/free-ports.ts';
import { configuration } from '../origins/origin.ts';
import type { Family } from '../origins/origin.ts';
import { bodyOf } from '../site.ts';
import type { Served } from '../site.ts';
import { LISTED_HOST, PATHS_HOST } from './site.ts';

const SETTINGS: Readonly<Record<string, string>> = {
  'haproxy-hosts': '',
  'haproxy-hosts-tolerant': 'option accept-invalid-http-request',
};

export const haproxyHosts: Family = {
  name: 'haproxy-hosts',
  needs: ['haproxy'],
  configurations: Object.keys(SETTINGS).map((name) => configuration(name)),
  async start(setup) {
    const ports = await freePorts(Object.keys(SETTINGS));
    const file = join(setup.directory, 'haproxy.cfg');
    const fronts = Object.entries(SETTINGS).map(([name, settings]) => frontend(name, ports.get(name)!, settings));
    writeFileSync(file, `${DEFAULTS}${fronts.join('')}`);
    await setup.run('haproxy', ['-db', '-f', file]).listens(ports.values());
    return ports;
  },
};

const DEFAULTS = `
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
`;

function frontend(name: string, port: number, settings: string): string {
  const host = (wanted: string): string => `{ hdr(host),lower,field(1,:),regsub([.]$,) ${wanted} }`;
  const gives = (served: Served, conditions: string): string =>
    `  http-request return status 200 content-type text/plain string "${bodyOf(served).trim()}\\n" ${conditions === '' ? '' : `if ${conditions}`}\n`;
  return `
frontend ${name}
  bind 127.0.0.1:${port}
  ${settings}
${gives('listed page', host(LISTED_HOST))}
${gives('listed page', `${host(PATHS_HOST)} { path /page /deep/er/page }`)}
${gives('allowed', `${host(PATHS_HOST)} { path_beg /dir/fine/ }`)}
${gives('listed directory', `${host(PATHS_HOST)} { path_beg /dir/ }`)}
${gives('neighbour', '')}
`;
}
