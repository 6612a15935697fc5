/** The lint and whoever publishes name the entry that covers a protected host; the gate, which asks a built index, finds the same ones. */
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RelatedEntries } from '../../../src/list/sanity/findings.ts';
import { protectedHosts } from '../../../src/list/sanity/read-guarded.ts';
import { UNGUARDED } from '../../../src/list/sanity/guarded.ts';
import { ProtectedHosts } from '../../../src/list/sanity/protected-hosts.ts';
import { listEntries } from '../../../src/list/text/compile.ts';
import { canonicalHost } from '../../../src/url/host.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const TODAY = 20_000;
const guarded = (...hosts: readonly string[]) =>
  hosts.map((host, i) => ({ host: canonicalHost(host)!, where: `line ${i + 1} of hosts.txt` }));
const entriesOf = (text: string) => [...listEntries(Buffer.from(text), { list: 0, action: 'block', today: TODAY })];

describe('an entry', () => {
  const hosts = new ProtectedHosts(guarded('www.bank.example', 'bank.example', '192.0.2.1', 'xn--bcher-kva.example'));
  test.each([
    { line: 'bank.example', covers: [2] },
    { line: 'bank.example:8080 count', covers: [2] },
    { line: '*.bank.example', covers: [1, 2] },
    { line: '*.example', covers: [1, 2, 4] },
    { line: 'bücher.example', covers: [4] },
    { line: '192.0.2.1', covers: [3] },
    { line: 'http://bank.example/', covers: [] },
    { line: 'bank.example:81/*', covers: [2] },
    { line: '*.bank.example/*', covers: [1, 2] },
    { line: '*.bank.example/login/*', covers: [] },
    { line: 'm.bank.example', covers: [] },
    { line: 'example', covers: [] },
  ])('$line', ({ line, covers }) => {
    const [entry] = entriesOf(`${line}\n`);
    expect(hosts.coveredBy(entry!).map(({ where }) => where)).toEqual(covers.map((at) => `line ${at} of hosts.txt`));
  });
});

test('the gate finds as many, and the same first one', () => {
  const label = fc.constantFrom('a', 'b', 'c');
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, 'example'].join('.'));
  const line = fc
    .tuple(fc.constantFrom('', '*.'), host, fc.constantFrom('', '', ':81', '/x', '/', '/?*', '/*', ':81/*', '/x/*'))
    .map((parts) => `${parts.join('')}\n`);
  fc.assert(
    fc.property(fc.uniqueArray(host, { minLength: 1, maxLength: 8 }), line, (names, text) => {
      const all = guarded(...names);
      const related = new RelatedEntries({ ...UNGUARDED, hosts: all });
      const entries = entriesOf(text);
      for (const entry of entries) related.add(entry);
      const found = related.findings(TODAY).protectedHosts;
      const covered = new ProtectedHosts(all).coveredBy(entries[0]!);
      expect({ count: covered.length, first: covered[0]?.where }).toEqual({
        count: found?.count ?? 0,
        first: found?.first.replace(/, by entry 1$/, ''),
      });
    }),
  );
});

test('a file of one’s own adds hosts and excepts others; what cannot be read is named', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('own.txt'), 'bank.example\n!example.net\n');
  const shipped = await protectedHosts(null, '--protected');
  expect(shipped.length).toBeGreaterThanOrEqual(1000);
  expect((await protectedHosts(directory.file('own.txt'), '--protected')).map(({ where }) => where)).toEqual([
    ...shipped.map(({ where }) => where),
    'line 1 of own.txt',
  ]);
  await expect(protectedHosts(directory.file('none.txt'), '--protected')).rejects.toThrow(
    `--protected: ${directory.file('none.txt')} cannot be read: `,
  );
});

// Was a fault: such a comment was read as a part of the host, and every list with that gate was refused.
test('a file that was written under Windows, with comments', async () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('own.txt'), '\ufeff# ours\r\nbank.example # a bank\r\n!example.net\t# not a bank\r\n');
  const shipped = await protectedHosts(null, 'gate.protected');
  const all = await protectedHosts(directory.file('own.txt'), 'gate.protected');
  expect(all.slice(shipped.length)).toEqual([{ host: 'bank.example', where: 'line 2 of own.txt' }]);
});
