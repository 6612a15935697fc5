/** Pattern files and maps, checked by haproxy -c and judged by a real HAProxy. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { runHaproxy } from '../../support/haproxy.ts';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { ADDRESSES, expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';

const AT_ONCE = 16;

interface Acl {
  readonly tool: Tool;
  /** With FILE for the file. */
  readonly acl: string;
}

const ACLS: readonly Acl[] = [
  {
    acl: 'hdr(host),map_str(FILE) -m str refuse',
    tool: {
      row: 'HAProxy map, `hdr(host)`, `str`',
      from: 'haproxy',
      options: { match: 'str', sample: 'hdr', values: new Set(['refuse']) },
      kinds: [
        (name) => [`${name} refuse`],
        (name) => [`${name}:8080 refuse`],
        (name) => [`${name} be_static`],
        (name) => [`${name.toUpperCase()} refuse`],
        (name) => [name],
      ],
    },
  },
  {
    acl: 'hdr(host),host_only -i -m str -f FILE',
    tool: {
      row: 'HAProxy, `host_only`, `str -i`',
      from: 'haproxy',
      options: { match: 'str', sample: 'host', ignoreCase: true },
      kinds: [
        (name) => [name],
        (name) => [`  ${name.toUpperCase()}`],
        (name) => [`${name}:8080`],
        (name) => [`${name} `],
      ],
    },
  },
  {
    acl: 'hdr(host),host_only -m dom -f FILE',
    tool: {
      row: 'HAProxy, `host_only`, `dom`',
      from: 'haproxy',
      options: { match: 'dom', sample: 'host' },
      kinds: [(name) => [name], (name) => [`a.${name}`], (name) => [name.split('.')[0] ?? '']],
    },
  },
  {
    acl: 'hdr(host),host_only -m end -f FILE',
    tool: {
      row: 'HAProxy, `host_only`, `end`',
      from: 'haproxy',
      options: { match: 'end', sample: 'host' },
      kinds: [(name) => [name], (name) => [`.${name}`], (name) => [`.${name}`, name]],
    },
  },
  {
    acl: 'hdr(host),host_only -m beg -f FILE',
    tool: {
      row: 'HAProxy, `host_only`, `beg`',
      from: 'haproxy',
      options: { match: 'beg', sample: 'host' },
      kinds: [(name) => [name], (name) => [`a.${name}`], (name) => [`x${name.split('.')[0]}.`]],
    },
  },
  {
    acl: 'base -m beg -f FILE',
    tool: {
      row: 'HAProxy, `base`, `beg`',
      from: 'haproxy',
      options: { match: 'beg', sample: 'base' },
      kinds: [
        (name) => [`${name}/dir/`],
        (name) => [`${name}/page`],
        (name) => [name],
        (name) => [`${name}/Dir/a`],
        (name) => [`${name}:8080/page`],
        (name) => [`${name}/page?x=1`],
        (name) => [`${name}/dir/../page`],
      ],
    },
  },
  {
    acl: 'base -i -m str -f FILE',
    tool: {
      row: 'HAProxy, `base`, `str -i`',
      from: 'haproxy',
      options: { match: 'str', sample: 'base', ignoreCase: true },
      kinds: [
        (name) => [`${name}/page`],
        (name) => [`${name}/Dir/A`],
        (name) => [`${name}/dir/`],
        (name) => [`/${name}`],
      ],
    },
  },
  {
    acl: 'hdr(host) -m reg -f FILE',
    tool: {
      row: 'HAProxy, `reg`',
      from: 'haproxy',
      options: { match: 'reg', sample: 'hdr' },
      kinds: [(name) => [`(^|\\.)${name.replace('.', '\\.')}$`]],
    },
  },
];

function configuration(port: number, file: string, acl: string): string {
  return `global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 60s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:${port}
  http-request return status 403 if { ${acl.replace('FILE', file)} }
  http-request return status 200
`;
}

describeWith(['haproxy'])('HAProxy', () => {
  test.each(ACLS)('$acl', async ({ acl, tool }) => {
    using directory = temporaryDirectory();
    const made = toolFile(tool);
    writeFileSync(directory.file('list'), made.text);
    writeFileSync(directory.file('haproxy.cfg'), configuration(1, directory.file('list'), acl));
    execFileSync(programPath('haproxy')!, ['-c', '-f', directory.file('haproxy.cfg')], { stdio: 'pipe' });
    await using haproxy = await runHaproxy((port) => configuration(port, directory.file('list'), acl));
    const refused = await refusedBy(haproxy.port);
    expect(refused.includes(true)).toBe(true);
    expectComparison(tool, made, refused);
  });
});

/** As a client sends them: the port is named where it is not the scheme's. */
async function refusedBy(port: number): Promise<boolean[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const refused: boolean[] = [];
  const queue = ADDRESSES.entries();
  const ask = async (): Promise<void> => {
    for (const [i, { url }] of queue) {
      const { host, pathname, search } = new URL(url);
      const asked = request({
        port,
        agent,
        path: pathname + search,
        headers: { host },
      }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      refused[i] = response.statusCode === 403;
      response.resume();
      await once(response, 'end');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  agent.destroy();
  return refused;
}
