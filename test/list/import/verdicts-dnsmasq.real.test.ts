/** Lists of dnsmasq and hosts files, judged by a real dnsmasq. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runListening } from '../../support/listening-program.ts';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';
import { refusedByName, startWorld } from './verdicts-dns.ts';

const DNSMASQ: Tool = {
  row: 'dnsmasq',
  from: 'dnsmasq',
  kinds: [
    (name) => [`address=/${name}/0.0.0.0`],
    (name) => [`address=/${name}/#`],
    (name) => [`address=/${name}/`],
    (name) => [`server=/${name}/`],
    (name) => [`local=/.${name}/ # ours`],
    (name) => [`host-record=${name},0.0.0.0`],
    (name) => [`address=/${name}/0.0.0.0`, `address=/${name}/::`],
    (name) => [`address=/${name}/::`],
    (name) => [`address=/${name}/#`, `server=/good.${name}/#`],
    (name) => [`address=/${name}/192.0.2.7`],
    (name) => [`address=/*.${name}/#`],
    (name) => [`address=/*${name}/0.0.0.0`],
    (name) => [`server=/${name}/`, `address=/good.${name}/192.0.2.7`],
    (name) => [`address=/${name}/0.0.0.0`, `address=/good.${name}/::`],
    (name) => [`address=/${name}/#`, `host-record=good.${name},::`],
    (name) => [`address=/${name}/#`, `cname=good.${name},a.${name}`],
    (name) => [`address=/${name}/#`, `address=/*.good.${name}/192.0.2.7`],
    // Was a fault: a setting that names nothing.
    (name) => [`address=/${name}/#`, `dynamic-host=good.${name},0.0.0.8,lo`],
  ],
};

const WITH_ALLOW: Tool = {
  ...DNSMASQ,
  row: 'dnsmasq, with `--allow` and `--sink`',
  options: { allowUntil: '2099-12-31', sinks: new Set(['192.0.2.7']) },
};

const HOSTS: Tool = {
  row: 'hosts file',
  from: 'hosts',
  head: ['127.0.0.1 localhost', '::1 ip6-localhost'],
  kinds: [
    (name) => [`0.0.0.0 ${name}`],
    (name) => [`127.0.0.1 ${name} www.${name} # two`],
    (name) => [`0.0.0.0 ${name}`, `:: ${name}`],
    (name) => [`:: ${name}`],
    (name) => [`192.0.2.7 ${name}`],
    (name) => [`0.0.0.0 ${name.toUpperCase()}.`],
    (name) => [`0.0.0.0 *.${name}`],
  ],
};

function configuration(port: number, world: number, more: string): string {
  return `no-resolv
no-hosts
port=${port}
listen-address=127.0.0.1
bind-interfaces
user=
server=127.0.0.1#${world}
cache-size=0
dns-forward-max=2000
${more}
`;
}

describeWith(['dnsmasq'])('dnsmasq', () => {
  test.each([
    { tool: DNSMASQ, line: (file: string) => `conf-file=${file}` },
    { tool: WITH_ALLOW, line: (file: string) => `conf-file=${file}` },
    { tool: HOSTS, line: (file: string) => `addn-hosts=${file}` },
  ])('$tool.row', async ({ tool, line }) => {
    using directory = temporaryDirectory();
    const made = toolFile(tool);
    writeFileSync(directory.file('list'), made.text, { mode: 0o644 });
    if (tool.from === 'dnsmasq')
      expect(() =>
        execFileSync(programPath('dnsmasq')!, ['--test', '-C', directory.file('list')], { stdio: 'pipe' }),
      ).not.toThrow();
    await using world = await startWorld();
    await using dnsmasq = await runListening({
      name: 'dnsmasq',
      configuration: (port) => configuration(port, world.port, line(directory.file('list'))),
      args: (file) => ['--keep-in-foreground', '--user=root', '--conf-file=' + file, '--log-facility=-'],
    });
    expectComparison(tool, made, await refusedByName(dnsmasq.port));
  });
});
