/** Files of ACLs, judged by a real Squid. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { runListening } from '../../support/listening-program.ts';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { ADDRESSES, expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';

const AT_ONCE = 16;
const LISTED = 302;

interface Acl {
  readonly tool: Tool;
  readonly type: string;
}

const ACLS: readonly Acl[] = [
  {
    type: 'dstdomain',
    tool: {
      row: 'Squid `dstdomain`',
      from: 'squid',
      options: { match: 'dstdomain' },
      kinds: [
        (name) => [`.${name}`],
        (name) => [name],
        (name) => [name.toUpperCase()],
        (name) => [`a.${name} # with a comment`],
        (name) => [`${name}.`],
        (name) => [`*.${name}`],
      ],
    },
  },
  {
    type: 'url_regex',
    tool: {
      row: 'Squid `url_regex`',
      from: 'squid',
      options: { match: 'url_regex' },
      kinds: [
        (name) => [`^http://${name.replace('.', '[.]')}/page`],
        (name) => [`^https?://(a|www)[.]${name.replace('.', '[.]')}/`],
      ],
    },
  },
];

/** What no list refuses is refused too, in another way: nothing is asked for beyond. */
function configuration(port: number, file: string, { type }: Acl): string {
  return `acl listed ${type} "${file}"
http_access deny listed
http_access deny all
deny_info ${LISTED}:http://page.invalid/ listed
http_port 127.0.0.1:${port}
pid_filename none
access_log none
cache_log /dev/null
cache_store_log none
cache deny all
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname squid.invalid
workers 1
`;
}

describeWith(['squid'])('Squid', () => {
  test.each(ACLS)('$type', async (acl) => {
    using directory = temporaryDirectory();
    // It reads its files as a user of its own.
    chmodSync(directory.path, 0o755);
    const made = toolFile(acl.tool);
    writeFileSync(directory.file('list'), made.text, { mode: 0o644 });
    writeFileSync(directory.file('squid.conf'), configuration(1, directory.file('list'), acl), { mode: 0o644 });
    execFileSync(programPath('squid')!, ['-k', 'parse', '-f', directory.file('squid.conf')], { stdio: 'pipe' });
    await using squid = await runListening({
      name: 'squid',
      configuration: (port) => configuration(port, directory.file('list'), acl),
      args: (file) => ['-N', '-n', `test${process.pid}${acl.type.replace('_', '')}`, '-f', file],
    });
    const refused = await refusedBy(squid.port);
    expect(refused.includes(true)).toBe(true);
    expectComparison(acl.tool, made, refused);
  });
});

/** By URL, as a proxy is asked; of https Squid would see the name alone, and takes the URL as well. */
async function refusedBy(port: number): Promise<boolean[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const refused: boolean[] = [];
  const queue = ADDRESSES.entries();
  const ask = async (): Promise<void> => {
    for (const [i, { url }] of queue) {
      const asked = request({ port, agent, path: url, headers: { host: new URL(url).host } }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      refused[i] = response.statusCode === LISTED;
      response.resume();
      await once(response, 'end');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  agent.destroy();
  return refused;
}
