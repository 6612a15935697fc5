/** Local zones and local data, judged by a real Unbound. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startUnbound } from '../../support/unbound.ts';
import { expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';
import { refusedByName, startWorld } from './verdicts-dns.ts';

/** Types that answer; `deny` says nothing, and whoever asks waits. */
const TYPES = ['static', 'refuse', 'redirect', 'always_refuse', 'always_nxdomain', 'always_nodata', 'always_null'];

const UNBOUND: Tool = {
  row: 'Unbound',
  from: 'unbound',
  head: ['server:'],
  kinds: [
    ...TYPES.map((type) => (name: string) => [`  local-zone: "${name}." ${type}`]),
    (name) => [`  local-data: "${name}. 60 IN A 0.0.0.0"`],
    (name) => [`  local-data: "${name} AAAA ::"`],
    (name) => [`  local-zone: "${name}" redirect`, `  local-data: "${name} A 0.0.0.0"`],
    (name) => [`  local-zone: "${name}" redirect`, `  local-data: "${name} A 192.0.2.7"`],
    (name) => [`  local-zone: "${name}" refuse`, `  local-zone: "good.${name}" transparent`],
    (name) => [`  local-zone: "${name}" transparent`],
    (name) => [`  local-data: "${name} A 192.0.2.7"`],
    (name) => [`  local-data: "${name} TXT a"`],
    (name) => [`  local-zone: "${name}" block_a`],
    (name) => [`  local-zone: "${name}" static`, `  local-data: "x.good.${name} A 0.0.0.0"`],
    (name) => [`  local-zone: "${name}" static`, `  local-data: "good.${name} A 192.0.2.7"`],
    (name) => [`  local-zone: "${name}" static`, `  local-data: "good.${name} AAAA 2001:db8::7"`],
    (name) => [`  local-zone: "${name}" refuse`, `  local-zone: "good.${name}" block_aaaa`],
    (name) => [`  local-zone: "${name}" refuse`, `  local-zone: "good.${name}" inform`],
  ],
};

describeWith(['unbound', 'unbound-checkconf'])('Unbound', () => {
  test('does what the list does, or more for a named reason', async () => {
    using directory = temporaryDirectory();
    const made = toolFile(UNBOUND);
    writeFileSync(directory.file('list'), made.text);
    const check = (): unknown =>
      execFileSync(programPath('unbound-checkconf')!, [directory.file('list')], { stdio: 'pipe' });
    expect(check).not.toThrow();
    await using world = await startWorld();
    // Names below test are Unbound's own, unless it is told.
    const lines = ['local-zone: "test." nodefault', ...made.text.split('\n').slice(1)];
    await using unbound = await startUnbound({ lines, forward: { '': `127.0.0.1@${world.port}` } });
    expectComparison(UNBOUND, made, await refusedByName(Number(unbound.server.split(':')[1])));
  });
});
