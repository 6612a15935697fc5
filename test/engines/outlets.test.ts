/** The shipped configuration brings a policy zone into force in each resolver, and keeps it in force whatever becomes of file and primary. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const UPSTREAM = [
  'passed.probe A 198.51.100.1',
  'blocked.probe A 198.51.100.2',
  'listed A 198.51.100.3',
  'listed MX 10 mail.listed',
  'below.listed A 198.51.100.4',
  'next A 198.51.100.5',
];
const FIRST = [...blocked(PROBE.blocked), ...blocked('listed.example')];

describeWith(ENGINES)('a policy zone in the resolvers', () => {
  let at: Distribution;

  beforeAll(async () => {
    at = await Distribution.start({ zone: zoneText(FIRST), upstream: { example: UPSTREAM } });
  });
  afterAll(async () => await at[Symbol.asyncDispose]());

  describe.each(RESOLVERS)('%s', (name) => {
    test('refuses what is blocked, of every type, below it and in mixed case, for a minute at most', async () => {
      for (const question of ['listed.example', 'below.listed.example', 'LiStEd.ExAmPlE'])
        for (const type of ['A', 'AAAA', 'MX', 'TXT', 'HTTPS']) {
          const { status, records, authorityTtl } = await at.ask(name, { name: question, type });
          expect([question, type, status, records, (authorityTtl ?? 0) <= 60]).toEqual([
            question,
            type,
            'NXDOMAIN',
            [],
            true,
          ]);
        }
    });

    test('passes every other name', async () => {
      expect((await at.ask(name, { name: 'next.example' })).records).toEqual(['A 198.51.100.5']);
      expect((await at.ask(name, { name: 'missing.example' })).status).toBe('NXDOMAIN');
    });
  });

  test('a change is in force in all of them after a NOTIFY', async () => {
    expect(await at.publish(zoneText([...blocked(PROBE.blocked), ...blocked('next.example')]))).toBe(true);
    for (const name of RESOLVERS) {
      await eventually(
        `${name} blocks what was added`,
        async () => (await at.ask(name, { name: 'next.example' })).status === 'NXDOMAIN',
      );
      await eventually(
        `${name} frees what was removed`,
        async () => (await at.ask(name, { name: 'below.listed.example' })).records.length === 1,
      );
    }
    expect(at.engine('primary').log()).toMatch(/IXFR, outgoing.*key bind/);
    // What Knot sent when nobody listened yet may have failed; not what it sent for the change.
    const since = at.engine('primary').log().split("'zone-reload'").at(-1);
    expect(since).toMatch(/notify, outgoing/);
    expect(since).not.toMatch(/notify.*failed/);
  });
});
