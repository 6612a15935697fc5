/** The shipped configuration brings a policy zone into force in each resolver, and keeps it in force whatever becomes of file and primary. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE, UNRESOLVED } from './support/resolvers.ts';

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
    const said = (): string => at.engine('primary').log();
    await eventually('Knot says whom it gave the change', () => /IXFR, outgoing.*key bind/.test(said()));
    // What Knot sent when nobody listened yet may have failed; not what it sent for the change.
    const since = (): string => said().split("'zone-reload'").at(-1) ?? '';
    await eventually('and that it told them', () => since().includes('notify, outgoing'));
    expect(since()).not.toMatch(/notify.*failed/);
  });

  describe('a zone file with a fault leaves the last good zone in force', () => {
    const sound = zoneText([...blocked(PROBE.blocked), ...blocked('listed.example')]);

    beforeAll(async () => {
      expect(await at.publish(sound)).toBe(true);
      for (const name of RESOLVERS) {
        await eventually(
          `${name} has the sound one`,
          async () => (await at.ask(name, { name: 'listed.example' })).status === 'NXDOMAIN',
        );
        // PowerDNS goes on with a cached answer for three seconds (packetcache of the shipped configuration).
        await eventually(
          `${name} frees what the zone before had`,
          async () => (await at.ask(name, { name: 'next.example' })).records.length === 1,
        );
      }
    });

    test.each([
      ['cut in the middle of a line', sound.slice(0, sound.indexOf('*.listed') + 5)],
      ['empty', ''],
      ['with a name that is none', `${sound}bad..name CNAME .\n`],
      ['with a name that is too long', `${sound}${'a.'.repeat(126)}example CNAME .\n`],
      ['with a record beside a CNAME', `${sound}listed.example A 192.0.2.1\n`],
      ['with bytes that are no text', `${sound}\u0000\u0001"`],
    ])('%s', async (_, text) => {
      const refusals = (log: string): number => log.split('policy zone not read').length;
      const before = refusals(at.engine('knot-resolver').log());
      expect(await at.publish(text)).toBe(false);
      await eventually('Knot Resolver has refused it', () => refusals(at.engine('knot-resolver').log()) > before);
      for (const name of RESOLVERS) {
        expect([name, (await at.ask(name, { name: 'listed.example' })).status]).toEqual([name, 'NXDOMAIN']);
        expect([name, (await at.ask(name, { name: 'next.example' })).records]).toEqual([name, ['A 198.51.100.5']]);
      }
    });

    test('the next sound one comes into force', async () => {
      expect(await at.publish(zoneText(blocked(PROBE.blocked)))).toBe(true);
      for (const name of RESOLVERS)
        await eventually(
          `${name} frees the name`,
          async () => (await at.ask(name, { name: 'listed.example' })).records.length === 1,
        );
    });
  });

  test('no log has a name that was asked for, nor who asked', async () => {
    expect((await at.ask('bind', { name: `asked.${UNRESOLVED}` })).status).toBe('SERVFAIL');
    for (const name of RESOLVERS) expect(at.engine(name).log()).not.toMatch(/listed\.example|next\.example|asked\./i);
    expect(at.engine('bind').log()).toMatch(/transfer of '/i);
  });

  test('primary and zone file gone: all of them go on, and start again with the zone', async () => {
    expect(await at.publish(zoneText(FIRST))).toBe(true);
    for (const name of RESOLVERS)
      await eventually(
        `${name} blocks`,
        async () => (await at.ask(name, { name: 'listed.example' })).status === 'NXDOMAIN',
      );
    await at.engine('primary').kill();
    for (const name of RESOLVERS) {
      if (name !== 'knot-resolver') {
        await at.engine(name).stop();
        await at.startResolver(name);
      }
      expect([name, (await at.ask(name, { name: 'listed.example' })).status]).toEqual([name, 'NXDOMAIN']);
      expect([name, (await at.ask(name, { name: 'next.example' })).records]).toEqual([name, ['A 198.51.100.5']]);
    }
  });

  test('the primary comes back, and a change is in force in all of them', async () => {
    await at.startPrimary();
    expect(await at.publish(zoneText([...blocked(PROBE.blocked), ...blocked('next.example')]))).toBe(true);
    for (const name of RESOLVERS)
      await eventually(
        `${name} blocks`,
        async () => (await at.ask(name, { name: 'next.example' })).status === 'NXDOMAIN',
      );
  });
});
