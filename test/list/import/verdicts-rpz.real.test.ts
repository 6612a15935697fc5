/** Response policy zones, judged by a real BIND. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runListening } from '../../support/listening-program.ts';
import { isPolicyZoneInForce } from '../../support/policy-engines.ts';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { expectComparison, toolFile } from './comparison.ts';
import type { Tool } from './comparison.ts';
import { refusedByName, WORLD } from './verdicts-dns.ts';

const RPZ: Tool = {
  row: 'RPZ (BIND)',
  from: 'rpz',
  head: ['$TTL 60', '@ IN SOA ns.invalid. mail.invalid. (', '  1 3600 600 86400 60 ) ; serial', '  IN NS ns.invalid.'],
  kinds: [
    (name) => [`${name} CNAME .`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`],
    (name) => [`*.${name} 60 IN CNAME *.`, `${name} IN CNAME *.`],
    (name) => [`*.${name} CNAME .`],
    (name) => [`${name} A 0.0.0.0`, '  AAAA ::'],
    (name) => [`${name} AAAA ::`],
    (name) => [`${name} A 192.0.2.7`],
    (name) => [`${name} CNAME page.invalid.`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`, `good.${name} CNAME rpz-passthru.`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`, `x.good.${name} CNAME .`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`, `good.${name} TXT "x"`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`, `*.good.${name} CNAME rpz-passthru.`],
    (name) => [`${name} TXT "listed"`],
    (name) => [`${name}.rpz.invalid. CNAME .`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`, `good.${name} CNAME .`, `*.good.${name} CNAME .`],
    (name) => [`${name} CNAME .`, `*.${name} CNAME .`, `good.${name} CNAME .`],
    (name) => [
      `*.good.${name} CNAME *.`,
      ...[`x.good.${name}`, `good.${name}`, name].map((host) => `${host} A 0.0.0.0`),
      `*.${name} CNAME .`,
      `*.x.good.${name} CNAME .`,
    ],
    (name) => [`32.${name.replaceAll(/\D/g, '').slice(0, 2)}.2.0.192.rpz-ip CNAME .`],
  ],
};

function configuration(directory: string, port: number): string {
  return `options {
  directory "${directory}"; pid-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; allow-query { any; }; dnssec-validation no; minimal-responses yes; empty-zones-enable no;
  response-policy { zone "rpz.invalid"; } recursive-only no qname-wait-recurse no;
};
controls {};
${['example', 'test'].map((zone) => `zone "${zone}" { type primary; file "world"; notify no; };`).join('\n')}
zone "rpz.invalid" { type primary; file "list"; notify no; };
`;
}

describeWith(['named', 'named-checkzone'])('BIND with a response policy zone', () => {
  test('does what the list does, or more for a named reason', async () => {
    using directory = temporaryDirectory();
    const made = toolFile({ ...RPZ, head: ['$ORIGIN rpz.invalid.', ...(RPZ.head ?? [])] });
    writeFileSync(directory.file('list'), made.text);
    writeFileSync(
      directory.file('world'),
      `$TTL 60\n@ SOA ns.invalid. mail.invalid. 1 60 60 60 60\n@ NS ns.invalid.\n* A ${WORLD}\n`,
    );
    const check = (): unknown =>
      execFileSync(programPath('named-checkzone')!, ['rpz.invalid', directory.file('list')], { stdio: 'pipe' });
    expect(check).not.toThrow();
    await using named = await runListening({
      name: 'named',
      configuration: (port) => configuration(directory.path, port),
      args: (file) => ['-g', '-n', '1', '-c', file],
      isReady: isPolicyZoneInForce,
    });
    expectComparison(RPZ, made, await refusedByName(named.port));
  });
});
