/** Unbound that reads the policy zone from the file: the shipped script brings a change into force, and keeps what is not whole from it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';
import { Distribution } from './support/distribution.ts';
import { blocked, ZONE, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const UPSTREAM = ['passed.probe', 'blocked.probe', 'listed', 'next', 'later'].map(
  (name, i) => `${name} A 198.51.100.${i + 1}`,
);

describeWith(ENGINES)('Unbound with the zone as a file', () => {
  let at: Distribution;
  let serial = 1000;

  /** As the zone writer has it: the NS at the end. */
  function text(...lines: readonly string[]): string {
    serial += 1;
    const all = zoneText([...blocked(PROBE.blocked), ...lines]).replace(
      'hostmaster.localhost. 1 ',
      `hostmaster.localhost. ${serial} `,
    );
    return `${all.replace('@ NS localhost.\n', '')}@ NS localhost.\n`;
  }
  /** Of the names that may be blocked. */
  async function blockedNow(): Promise<readonly string[]> {
    const names = ['listed.example', 'next.example', 'later.example'];
    const said = await Promise.all(names.map(async (name) => (await at.ask('unbound-file', { name })).status));
    return names.filter((_, i) => said[i] === 'NXDOMAIN');
  }

  beforeAll(async () => {
    at = await Distribution.start({
      zone: text(...blocked('listed.example')),
      upstream: { example: UPSTREAM },
      resolvers: ['unbound-file'],
    });
  });
  afterAll(async () => await at[Symbol.asyncDispose]());

  test('a change is in force when the script ends, and what was known before is answered anew', async () => {
    expect(await blockedNow()).toEqual(['listed.example']);
    at.zones.put(text(...blocked('next.example')));
    expect(await at.tellUnbound()).toBeNull();
    expect(await blockedNow()).toEqual(['next.example']);
  });

  // Was a fault: of a file that Unbound had already it says nothing behind the serial. So each start of the filter, which tells what is in
  // force, and each change while Unbound was away counted as refused, and was told again each ten seconds.
  test('what is in force already is told again, and the script succeeds; so it does behind a start of Unbound', async () => {
    expect([await at.tellUnbound(), await at.tellUnbound()]).toEqual([null, null]);
    await at.engine('unbound-file').stop();
    at.zones.put(text(...blocked('listed.example')));
    expect(await at.tellUnbound()).toMatch(/./);
    await at.startResolver('unbound-file');
    expect(await blockedNow()).toEqual(['listed.example']);
    expect(await at.tellUnbound()).toBeNull();
    at.zones.put(text(...blocked('next.example')));
    expect(await at.tellUnbound()).toBeNull();
    expect(await blockedNow()).toEqual(['next.example']);
  });

  test.each([
    { name: 'cut in a line', damaged: (whole: string) => whole.slice(0, -30) },
    { name: 'cut between two lines', damaged: (whole: string) => whole.replace(/@ NS localhost\.\n$/, '') },
    { name: 'empty', damaged: () => '' },
    {
      name: 'with a line that nobody can read',
      damaged: (whole: string) => whole.replace('later.example CNAME', 'later.example WHAT'),
    },
    { name: 'without a serial', damaged: (whole: string) => whole.replace(/localhost\. \d+ /, 'localhost. many ') },
  ])('a file that is $name changes nothing, and the script fails', async ({ damaged }) => {
    at.zones.put(damaged(text(...blocked('later.example'))));
    expect(await at.tellUnbound()).toMatch(/has no end|has not taken serial/);
    expect(await blockedNow()).toEqual(['next.example']);
  });

  test('after a start the last good one is in force, and the next one comes', async () => {
    await at.engine('unbound-file').stop();
    writeFileSync(join(at.site.zones, `${ZONE}.zone`), '');
    await at.startResolver('unbound-file');
    expect(await blockedNow()).toEqual(['next.example']);
    at.zones.put(text(...blocked('later.example')));
    expect(await at.tellUnbound()).toBeNull();
    expect(await blockedNow()).toEqual(['later.example']);
  });
});
