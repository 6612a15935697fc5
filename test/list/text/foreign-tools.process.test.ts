/** The samples of other tools' lists are theirs: each tool's own check takes what stands in foreign-samples.ts. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { FOREIGN_SAMPLES } from './foreign-samples.ts';

interface Check {
  readonly program: string;
  readonly tools: readonly string[];
  /** The file that the tool is given; `list` is where a file with just the samples lies. */
  readonly config: (samples: string, list: string) => string;
  readonly args: (config: string) => readonly string[];
}

const HAPROXY =
  'defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend f\n bind 127.0.0.1:3128\n';

const CHECKS: readonly Check[] = [
  {
    program: 'dnsmasq',
    tools: ['dnsmasq, address', 'dnsmasq, server and local'],
    config: (samples) => samples,
    args: (config) => ['--test', '-C', config],
  },
  {
    program: 'named-checkzone',
    tools: ['RPZ, head', 'RPZ, actions'],
    config: oneRecordEach,
    args: (config) => ['-k', 'ignore', '-i', 'none', 'rpz.example', config],
  },
  {
    program: 'named-checkzone',
    tools: ['RPZ, head', 'RPZ, addresses and data'],
    config: (samples) => samples,
    args: (config) => ['-k', 'ignore', '-i', 'none', 'rpz.example', config],
  },
  {
    program: 'named-checkzone',
    tools: ['RPZ, head in one line'],
    config: (samples) => `$TTL 300\n${samples}`,
    args: (config) => ['-i', 'none', 'rpz.example', config],
  },
  {
    program: 'unbound-checkconf',
    tools: ['Unbound, local-zone'],
    config: (samples) => samples,
    args: (config) => [config],
  },
  {
    program: 'squid',
    tools: ['Squid, acl dstdomain'],
    config: (_, list) => `http_port 127.0.0.1:3128\nacl listed dstdomain "${list}"\nhttp_access deny listed\n`,
    args: (config) => ['-k', 'parse', '-f', config],
  },
  {
    program: 'squid',
    tools: ['Squid, dstdom_regex'],
    config: (_, list) => `http_port 127.0.0.1:3128\nacl listed dstdom_regex "${list}"\nhttp_access deny listed\n`,
    args: (config) => ['-k', 'parse', '-f', config],
  },
  {
    program: 'squid',
    tools: ['Squid, url_regex', 'squidGuard and ufdbGuard, expressionlist'],
    config: (_, list) => `http_port 127.0.0.1:3128\nacl listed url_regex "${list}"\nhttp_access deny listed\n`,
    args: (config) => ['-k', 'parse', '-f', config],
  },
  {
    program: 'haproxy',
    tools: ['HAProxy, map'],
    config: (_, list) => `${HAPROXY} http-request set-var(txn.listed) req.hdr(host),map(${list})\n`,
    args: (config) => ['-c', '-f', config],
  },
  {
    program: 'nginx',
    tools: ['nginx, map', 'nginx, map with a value'],
    config: (_, list) =>
      `events {}\nhttp { map $host $listed { include ${list}; } server { listen 127.0.0.1:3128; } }\n`,
    args: (config) => ['-t', '-c', config],
  },
];

/** Two of the ways to write the same record. */
function oneRecordEach(samples: string): string {
  return samples.replace(
    'ads.example IN CNAME .\nads.example 300 IN CNAME *.\n',
    'a.example IN CNAME .\nb.example 300 IN CNAME *.\n',
  );
}

function runCheck(
  { program, config, args }: Check,
  samples: string,
  directory: TemporaryDirectory,
): { readonly status: number | null; readonly output: string } {
  writeFileSync(directory.file('list'), samples);
  writeFileSync(directory.file('config'), config(samples, directory.file('list')));
  const { status, stdout, stderr } = spawnSync(programPath(program) ?? program, args(directory.file('config')), {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describeWith([...new Set(CHECKS.map(({ program }) => program))])('each tool takes its own', () => {
  test.each(CHECKS.map((check) => ({ name: `${check.program}: ${check.tools.join('; ')}`, check })))(
    '$name',
    ({ check }) => {
      const samples = check.tools.map((tool) => FOREIGN_SAMPLES.find((sample) => sample.tool === tool)?.text ?? '');
      expect(samples).not.toContain('');
      using directory = temporaryDirectory();
      const { status, output } = runCheck(check, samples.join(''), directory);
      expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
      expect(output).not.toMatch(/\b(?:ERROR|FATAL)\b/);
    },
  );
});
