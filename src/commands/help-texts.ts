/**
 * What `--help` says of each command beside its options: examples, and what its exit codes mean. A test compares the commands that exist with the rows
 * here and in help-publish.ts, and runs each. It must not hold anything that is decided elsewhere: the codes are those of exit-codes.ts.
 */
import type { CommandHelp } from './command-help.ts';
import { PUBLISH_HELP } from './help-publish.ts';

const FILE = '-c /etc/cleanfeed/cleanfeed.yaml';
const BAD_CONFIG = 'the configuration has errors';
const NEVER_PASSES =
  'refused whatever the lists say: no valid address, or a client or destination that is not permitted';
/** Of commands that speak to a running instance. */
const ASKS = {
  69: 'no running instance of this configuration',
  77: 'this user may not use the control socket',
  78: 'the configuration has errors and does not name the socket',
} as const;

function asks(ok: string, examples: readonly string[], more: Readonly<Record<number, string>> = {}): CommandHelp {
  return { examples, exits: { 0: ok, ...more, ...ASKS } };
}

export const HELP: Readonly<Record<string, CommandHelp>> = {
  serve: {
    examples: [`serve ${FILE}`],
    exits: {
      0: 'stopped when it was told to',
      69: 'an address is in use or not available, or the file system of the configuration does not answer',
      78: BAD_CONFIG,
      143: 'ended by a second SIGTERM (130: SIGINT) before all connections had ended',
    },
  },
  init: {
    examples: [
      'init',
      'init --listen 0.0.0.0:3128 --clients 192.0.2.0/24 --list own.txt',
      'init --list https://lists.example/hosts --yes --for 192.0.2.0/24     # a list of another tool, for those who chose it',
      'init -o /etc/cleanfeed/cleanfeed.yaml --force',
    ],
    exits: { 0: 'written', 73: 'the file exists, or cannot be written' },
  },
  demo: {
    examples: ['demo'],
    exits: { 0: 'stopped when it was told to', 69: 'an address is in use or not available', 78: BAD_CONFIG },
  },
  guard: {
    examples: [`guard ${FILE}`, `guard status ${FILE} --json`],
    exits: {
      0: 'stopped when it was told to; status: shown',
      69: 'an address is in use; status: no guard answers',
      78: BAD_CONFIG,
    },
  },
  relay: {
    examples: ['relay -c relay.yaml', 'relay -c relay.yaml --once', 'relay -c relay.yaml --accept 1a2b3c4d'],
    exits: {
      0: 'stopped when it was told to; with --once: published, or nothing new',
      65: 'with --once: not published',
      78: BAD_CONFIG,
    },
  },
  check: {
    examples: [`check ${FILE}`, `check ${FILE} --json`, 'check -c - < cleanfeed.yaml'],
    exits: {
      0: 'no errors (warnings are possible)',
      78: 'the configuration or a list has errors, each named with file, line and column',
    },
  },
  explain: {
    examples: [
      `explain ${FILE} http://host.example/page`,
      `explain ${FILE} --dns host.example`,
      `explain ${FILE} --client 192.0.2.7 --json https://host.example/`,
    ],
    exits: {
      0: 'passes, or is only counted',
      1: 'is blocked',
      2: 'no verdict: wrong command line, or the configuration or a list has errors',
      3: NEVER_PASSES,
    },
  },
  'list compile': {
    examples: [
      'list compile own.txt -o own.list',
      'list compile own.txt -o own.list --keys-of own.list',
      'list compile - -o own.list < own.txt',
    ],
    exits: { 0: 'written', 65: 'nothing was written: the list has bad lines, or a file cannot be read or written' },
  },
  'list import': {
    examples: [
      'list import --from hosts /etc/hosts.blocked -o own.txt',
      'list import --from squid --match dstdomain blocked.acl -o own.txt --json',
    ],
    exits: {
      0: 'written',
      65: 'nothing was written: nothing can be carried over, or with --strict not all',
      73: 'the list cannot be written',
    },
  },
  'list lint': {
    examples: [
      'list lint own.txt',
      'list lint own.txt --json',
      'list lint - < own.txt',
      'list lint own.txt --resolver 192.0.2.53',
    ],
    exits: {
      0: 'no errors (doubtful entries are possible)',
      65: 'the list has bad lines, or cannot be read',
      69: 'the resolver does not answer',
    },
  },
  'list stats': {
    examples: ['list stats own.txt', 'list stats own.list --json', 'list stats - < own.txt'],
    exits: { 0: 'shown', 65: 'the list has bad lines, or cannot be read' },
  },
  'zone write': {
    examples: [`zone write ${FILE}`, `zone write ${FILE} --zone block.rpz.example -o block.zone`],
    exits: {
      0: 'written, and their engines told',
      65: 'a list cannot be used',
      69: 'an engine was not told',
      73: 'a file cannot be written',
      78: BAD_CONFIG,
    },
  },
  completion: {
    examples: ['completion bash', 'completion zsh', 'completion fish'],
    exits: { 0: 'printed' },
  },
  schema: {
    examples: ['schema', 'schema relay'],
    exits: { 0: 'printed' },
  },
  'verify-release': {
    examples: [
      'verify-release release-0.1.0 -k release.pem',
      'verify-release ./cleanfeed_0.1.0_all.deb -k release.pem',
    ],
    exits: { 0: 'all files are as signed', 1: 'one differs, is missing or not signed, or the signature is another’s' },
  },
  pac: {
    examples: [`pac ${FILE}`, `pac ${FILE} -o proxy.pac`],
    exits: {
      0: 'written',
      64: 'wrong command line, or there is no admin.pac',
      73: 'the file cannot be written',
      78: BAD_CONFIG,
    },
  },
  report: {
    examples: [`report ${FILE}`, `report ${FILE} --from 2026-01-01 --to 2026-01-31 --json`],
    exits: { 0: 'shown', 69: 'nothing is kept', 78: BAD_CONFIG },
  },
  selftest: asks('each list refuses its test address', [`selftest ${FILE}`, `selftest ${FILE} --json`], {
    1: 'a list does not, or no list has one',
  }),
  'ctl status': asks('shown', [
    'ctl status',
    `ctl status ${FILE}`,
    `ctl status ${FILE} --watch`,
    'ctl status -s /var/lib/cleanfeed/control.sock --json',
  ]),
  'ctl reload': asks(
    'configuration and lists are in force',
    [`ctl reload ${FILE}`, `ctl reload ${FILE} --unattended`],
    {
      65: 'a list was rejected',
      78: 'the configuration was rejected',
    },
  ),
  'ctl accept': asks('the version is in force', [`ctl accept ${FILE} national 42`], {
    64: 'no such list',
    65: 'it is not held, or cannot be used',
  }),
  'ctl rollback': asks('the version before is in force', [`ctl rollback ${FILE} national`], {
    64: 'no such list',
    65: 'there is none before',
  }),
  'ctl release': asks('the newest version is taken again', [`ctl release ${FILE} national`], {
    64: 'no such list',
    65: 'it is not rolled back',
  }),
  'ctl drain': asks('the instance drains, and exits', [`ctl drain ${FILE}`, `ctl drain ${FILE} --now`]),
  'ctl explain': {
    examples: [`ctl explain ${FILE} http://host.example/page`, `ctl explain ${FILE} --dns host.example --json`],
    exits: {
      0: 'passes, or is only counted',
      1: 'is blocked',
      2: 'no verdict: wrong command line, no running instance, or it could not tell',
      3: NEVER_PASSES,
    },
  },
  'ctl workers': asks('shown', [`ctl workers ${FILE}`]),
  'ctl limits': asks('shown', [`ctl limits ${FILE}`]),
  'ctl steer held': asks('shown', [`ctl steer held ${FILE}`], { 64: 'there are no routes' }),
  'ctl steer release': asks('the address is announced', [`ctl steer release ${FILE} 192.0.2.7`], {
    64: 'no routes, or no such address',
  }),
  'ctl steer deny': asks('the address is not announced', [`ctl steer deny ${FILE} 192.0.2.7`], {
    64: 'no routes, or no such address',
  }),
  'ctl bundle': {
    examples: [`ctl bundle ${FILE} -o bundle.tar.gz`],
    exits: {
      ...ASKS,
      0: 'written',
      69: 'no running instance and no configuration that names one, or the archive cannot be written',
    },
  },
  'ctl trace on': asks('on; the token is printed', [`ctl trace on ${FILE} --client 192.0.2.7 --for 10m`], {
    64: 'the address is not one of trace.clients, or the time is too long',
  }),
  'ctl trace off': asks('off', [`ctl trace off ${FILE}`]),
  'ctl list off': asks('the list does not apply', [`ctl list off ${FILE} national --for 1h`], {
    64: 'no such list, or the time is too long',
  }),
  'ctl list on': asks('the list applies again', [`ctl list on ${FILE} national`], { 64: 'no such list' }),
  'ctl bypass on': asks('everything passes', [`ctl bypass on ${FILE} --for 30m`]),
  'ctl bypass off': asks('the lists apply again', [`ctl bypass off ${FILE}`]),
  ...PUBLISH_HELP,
};
