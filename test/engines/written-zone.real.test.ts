/** Names of a list are refused by all four resolvers after `cleanfeed zone write`, with Knot told by the `notify` of the documents. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { NameExplanation } from '../../src/observe/explanation.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, ZONE, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const EXAMPLE = [
  'passed.probe',
  'blocked.probe',
  'listed',
  'below.listed',
  'free.listed',
  'alone',
  'below.alone',
  'page',
  'later',
].map((name, at) => `${name} A 198.51.100.${at + 1}`);

describeWith(ENGINES)('a zone that cleanfeed has written', () => {
  let at: Distribution;

  beforeAll(async () => {
    at = await Distribution.start({ zone: zoneText(blocked(PROBE.blocked)), upstream: { example: EXAMPLE } });
  });
  afterAll(async () => await at[Symbol.asyncDispose]());

  const write = async (list: string): Promise<void> => {
    const { folder } = at.site;
    writeFileSync(join(folder, 'list.txt'), list);
    writeFileSync(join(folder, 'relief.txt'), 'free.listed.example reason="appeal" expires=2090-01-01\n');
    const notify = ['knotc', '-s', join(folder, 'knot', 'knot.sock'), '-b', 'zone-reload', ZONE];
    const zone = { name: ZONE, file: join(at.site.zones, `${ZONE}.zone`), lists: ['own'], notify };
    const lists = [
      { name: 'own', source: './list.txt' },
      { name: 'relief', source: './relief.txt', action: 'allow' },
    ];
    writeFileSync(join(folder, 'cleanfeed.yaml'), JSON.stringify({ lists, resolver: { zones: [zone] } }));
    expect(await cleanfeed(['zone', 'write', '-c', 'cleanfeed.yaml'], { cwd: folder })).toMatchObject({ code: 0 });
  };
  /** What `explain` says of the zone: name, verdict, entry. */
  const explained = async (names: readonly string[]): Promise<unknown> => {
    const { stdout } = await cleanfeed(['explain', '-c', 'cleanfeed.yaml', '--dns', '--json', '-'], {
      cwd: at.site.folder,
      input: names.join('\n'),
    });
    const lines = stdout.trimEnd().split('\n');
    return lines.map((line) => {
      const { name, zones } = JSON.parse(line) as NameExplanation;
      return [name, zones?.[0]?.verdict, zones?.[0]?.entry];
    });
  };
  /** The statuses that the resolvers have come to. */
  const statusOf = async (name: string, status: string): Promise<readonly string[]> =>
    await Promise.all(
      RESOLVERS.map(
        async (resolver) =>
          await eventually(
            `${resolver}: ${name} is ${status}`,
            async () => (await at.ask(resolver, { name })).status,
            (found) => found === status,
          ),
      ),
    );
  const all = (status: string): readonly string[] => RESOLVERS.map(() => status);

  test('is in force in all four: what it covers is refused, and nothing else; explain says so', async () => {
    await write(`${PROBE.blocked} dns\n*.listed.example dns\nalone.example dns\npage.example/one dns\n`);
    const refused = ['listed.example', 'below.listed.example', 'alone.example'];
    const free = ['free.listed.example', 'below.alone.example', 'page.example', 'later.example'];
    for (const name of refused) expect(await statusOf(name, 'NXDOMAIN')).toEqual(all('NXDOMAIN'));
    for (const name of free) expect(await statusOf(name, 'NOERROR')).toEqual(all('NOERROR'));
    expect(await explained([...refused, ...free])).toEqual([
      ['listed.example', 'block', 'own:2'],
      ['below.listed.example', 'block', 'own:2'],
      ['alone.example', 'block', 'own:3'],
      ['free.listed.example', 'pass', 'relief:1'],
      ['below.alone.example', 'pass', null],
      ['page.example', 'pass', null],
      ['later.example', 'pass', null],
    ]);
  });

  test('a change of the list is in force in all four', async () => {
    await write(`${PROBE.blocked} dns\nlater.example dns\n`);
    expect(await statusOf('later.example', 'NXDOMAIN')).toEqual(all('NXDOMAIN'));
    for (const name of ['below.listed.example', 'alone.example'])
      expect(await statusOf(name, 'NOERROR')).toEqual(all('NOERROR'));
  });
});
