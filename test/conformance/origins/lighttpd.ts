/** lighttpd: files as it is shipped, with addresses left as they came, and with a page for what is not there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';

const SERVERS: Readonly<Record<string, string>> = {
  'lighttpd-static': '',
  'lighttpd-unnormalised': 'server.http-parseopts = ( "url-normalize" => "disable" )',
  'lighttpd-rewrite': `
    server.modules += ( "mod_rewrite" )
    url.rewrite-if-not-file = ( "^/dir/fine(/|$)" => "/dir/fine/index.html", "^/dir/" => "/dir/index.html" )`,
  'lighttpd-lower-case': 'server.force-lowercase-filenames = "enable"',
};

export const lighttpd: Family = {
  name: 'lighttpd',
  needs: ['lighttpd'],
  // A file is served with anything behind it: `/page/` too (mod_staticfile and path info).
  configurations: Object.keys(SERVERS).map((name) =>
    configuration(name, { fold: name === 'lighttpd-lower-case' ? ['case', 'slash'] : ['slash'] }),
  ),
  async start(setup) {
    const { root, directory } = setup;
    const ports = await freePorts(Object.keys(SERVERS));
    const programs = Object.entries(SERVERS).map(([name, body]) => {
      const file = join(directory, `${name}.conf`);
      writeFileSync(file, configurationText(root, ports.get(name)!, body));
      return setup.run('lighttpd', ['-D', '-f', file]);
    });
    await Promise.all(programs.map(async (program, i) => await program.listens([[...ports.values()][i]!])));
    return ports;
  },
};

function configurationText(root: string, port: number, body: string): string {
  return `
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${root}"
server.max-keep-alive-requests = 65535
index-file.names = ( "index.html" )
${body}
`;
}
