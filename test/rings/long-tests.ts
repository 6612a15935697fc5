/**
 * Each long test: what it proves something about, and how long it takes. `npm run test:long -- --changed` picks by this table, the table of
 * test/README.md says the same, and long-tests.test.ts holds both to the files that there are. Seconds are those of the `PASS` lines
 * of a whole `npm run test:long` on two cores, six files side by side (2 December 2026).
 */
import type { LongTests } from './long-selection.ts';

export const LONG_TESTS: LongTests = {
  'test/admin/page-other-browsers.long.test.ts': { folders: ['admin'], seconds: 18 },
  'test/bench/compare-run.long.test.ts': { folders: [], also: ['bench/compare', 'test/bench'], seconds: 55 },
  'test/block/every-page.long.test.ts': { folders: ['block'], also: ['config/languages'], seconds: 27 },
  'test/commands/ctl-many.long.test.ts': { folders: ['admin', 'commands'], seconds: 42 },
  'test/commands/relay-release.long.test.ts': { folders: ['publish', 'republish'], seconds: 46 },
  'test/config/json-schema.long.test.ts': { folders: ['config'], seconds: 10 },
  'test/conformance/whole.long.test.ts': {
    folders: ['accept', 'match', 'policy', 'url', 'verdict', 'wire'],
    also: ['test/conformance'],
    seconds: 525,
  },
  'test/dns-front/harmless-names.long.test.ts': { folders: ['dns-front'], seconds: 53 },
  'test/e2e/alerts-guard.long.test.ts': { folders: ['guard'], also: ['config/prometheus'], seconds: 59 },
  'test/e2e/alerts-instance.long.test.ts': {
    folders: ['observe', 'workers'],
    also: ['config/prometheus'],
    seconds: 140,
  },
  'test/e2e/alerts-lists.long.test.ts': { folders: ['list', 'observe'], also: ['config/prometheus'], seconds: 133 },
  'test/e2e/alerts-memory.long.test.ts': { folders: ['memory', 'observe'], also: ['config/prometheus'], seconds: 20 },
  'test/e2e/alerts-outlets.long.test.ts': {
    folders: ['observe', 'outlets', 'stub-resolver'],
    also: ['config/prometheus'],
    seconds: 62,
  },
  'test/e2e/alerts-protected.long.test.ts': {
    folders: ['list', 'observe', 'publish'],
    also: ['config/prometheus'],
    seconds: 212,
  },
  'test/e2e/alerts-quiet.long.test.ts': {
    folders: ['guard', 'observe', 'workers'],
    also: ['config/prometheus'],
    seconds: 298,
  },
  'test/e2e/alerts-traffic.long.test.ts': {
    folders: ['accept', 'dns-front', 'forward', 'observe'],
    also: ['config/prometheus'],
    seconds: 215,
  },
  'test/e2e/client-programs.long.test.ts': { folders: ['accept', 'forward', 'wire'], seconds: 168 },
  'test/e2e/compiled-lists-memory.long.test.ts': { folders: ['list', 'memory'], seconds: 150 },
  'test/e2e/drain-behind-balancer.long.test.ts': { folders: ['accept', 'workers'], seconds: 41 },
  'test/e2e/help-desk.long.test.ts': { folders: ['accept', 'block'], also: ['docs/help-desk.md'], seconds: 61 },
  'test/e2e/list-secrecy.long.test.ts': { folders: ['list', 'match', 'memory', 'observe'], seconds: 29 },
  'test/e2e/named-lists.long.test.ts': { folders: ['list', 'outlets', 'publish'], seconds: 102 },
  'test/e2e/no-drops-reload.long.test.ts': { folders: ['accept', 'list', 'workers'], seconds: 131 },
  'test/e2e/no-drops-restart.long.test.ts': { folders: ['accept', 'workers'], seconds: 85 },
  'test/e2e/other-browsers.long.test.ts': { folders: ['accept', 'forward', 'wire'], seconds: 32 },
  'test/e2e/pac.long.test.ts': { folders: ['admin', 'commands'], seconds: 44 },
  'test/e2e/protected-list-kills.long.test.ts': { folders: ['list'], seconds: 337 },
  'test/e2e/protected-list-updates.long.test.ts': { folders: ['list', 'match', 'memory'], seconds: 265 },
  'test/e2e/publisher-gone.long.test.ts': { folders: ['list'], seconds: 127 },
  'test/e2e/release-folder.long.test.ts': {
    folders: ['admin', 'list', 'workers'],
    also: ['packaging', 'src/lib/threads.ts'],
    seconds: 118,
  },
  'test/e2e/reload-verdicts.long.test.ts': { folders: ['match', 'verdict', 'workers'], seconds: 70 },
  'test/e2e/slow-reader.long.test.ts': { folders: ['forward', 'memory'], seconds: 73 },
  'test/e2e/stop-meets-reload.long.test.ts': { folders: ['list', 'workers'], seconds: 32 },
  'test/e2e/swap-everywhere.long.test.ts': { folders: ['dns-front', 'match', 'verdict', 'workers'], seconds: 83 },
  'test/engines/harmless.long.test.ts': { folders: ['outlets'], seconds: 545 },
  'test/hostile/37-back-pressure.long.test.ts': { folders: ['forward'], seconds: 37 },
  'test/hostile/41-nothing-left.long.test.ts': { folders: ['forward'], seconds: 23 },
  'test/list/source/tuf/attacks.long.test.ts': { folders: ['list'], seconds: 12 },
  'test/list/source/tuf/repairs.long.test.ts': { folders: ['list'], seconds: 14 },
  'test/network/dns-steering.long.test.ts': { folders: ['accept', 'dns-front'], also: ['config'], seconds: 83 },
  'test/network/fleet.long.test.ts': {
    folders: ['admin', 'outlets', 'workers'],
    also: ['config', 'systemd'],
    seconds: 66,
  },
  'test/network/guard.long.test.ts': { folders: ['guard'], also: ['config'], seconds: 93 },
  'test/network/other-protocols.long.test.ts': { folders: ['accept', 'wire'], also: ['config'], seconds: 110 },
  'test/outlets/routes/harmless-names.long.test.ts': { folders: ['outlets', 'stub-resolver'], seconds: 53 },
  'test/over-blocking/beside-entries.long.test.ts': { folders: ['match', 'policy', 'url'], seconds: 17 },
  'test/over-blocking/million-entries.long.test.ts': { folders: ['list', 'match', 'policy', 'url'], seconds: 75 },
  'test/packaging/container.long.test.ts': { folders: [], also: ['packaging'], seconds: 110 },
  'test/packaging/debian.long.test.ts': { folders: [], also: ['packaging', 'systemd'], seconds: 636 },
  'test/packaging/release.long.test.ts': { folders: [], also: ['packaging'], seconds: 90 },
  'test/packaging/releases.long.test.ts': { folders: [], also: ['packaging', 'systemd'], seconds: 539 },
  'test/publish/interrupted.long.test.ts': { folders: ['publish'], seconds: 246 },
  'test/soak/soak.long.test.ts': {
    folders: ['accept', 'dns-front', 'forward', 'list', 'memory', 'wire', 'workers'],
    seconds: 80,
  },
  'test/support/booted-machine.long.test.ts': { folders: [], also: ['test/support/booted-machine.ts'], seconds: 9 },
  'test/systemd/fifteen-minutes.long.test.ts': { folders: [], also: ['config', 'packaging', 'systemd'], seconds: 74 },
  'test/systemd/guarded-machine.long.test.ts': { folders: ['guard'], also: ['config', 'systemd'], seconds: 242 },
  'test/systemd/installation.long.test.ts': { folders: [], also: ['config', 'systemd'], seconds: 459 },
  'test/systemd/resolvers.long.test.ts': { folders: ['outlets'], also: ['config', 'systemd'], seconds: 189 },
  'test/url/readings.long.test.ts': { folders: ['url'], seconds: 9 },
  'test/wire/text-line.long.test.ts': { folders: ['wire'], seconds: 6 },
};

/** Folders of src without a long test, and why. */
export const WITHOUT_LONG_TESTS: Readonly<Record<string, string>> = {
  explain: 'it answers one question at a time and keeps nothing',
  lib: 'its parts are small; what they do under load the tests of its users show',
  machine: 'it only reads settings of the machine, once for each `check`',
  report: 'it writes small files, a reading each minute; test/commands kills an instance for it',
  selftest: 'it sends one request to the test address of a list, on a schedule that its tests set',
};
