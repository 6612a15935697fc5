/**
 * Whom a block in a policy zone touches beside the name that is listed: names that are a CNAME of it, and clients that ask for DNSSEC.
 * What is expected here is what docs/dns says, engine by engine.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';
import { Distribution, RESOLVERS } from './support/distribution.ts';
import { blocked, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const EXAMPLE = [
  'passed.probe A 198.51.100.1',
  'blocked.probe A 198.51.100.2',
  'listed A 198.51.100.3',
  'vanity CNAME listed',
  'first CNAME vanity',
  'onward CNAME free.listed',
  'free.listed A 198.51.100.4',
  'steered A 198.51.100.5',
  'steered MX 10 mx.steered',
  'steered TXT "v=spf1 -all"',
  'vanity-of-steered CNAME steered',
  'empty A 198.51.100.6',
  'walled A 198.51.100.7',
  'walled MX 10 mx.walled',
  'vanity-of-walled CNAME walled',
];
const ZONE_LINES = [
  ...blocked(PROBE.blocked),
  ...blocked('listed.example'),
  'free.listed.example CNAME rpz-passthru.',
  '*.free.listed.example CNAME rpz-passthru.',
  ...blocked('empty.example', 'CNAME *.'),
  ...['walled.example', '*.walled.example'].flatMap((name) => [`${name} A 192.0.2.80`, `${name} AAAA 2001:db8::80`]),
  ...blocked('b.signed.example'),
];

describeWith(ENGINES)('names beside a blocked one', () => {
  let at: Distribution;

  beforeAll(async () => {
    at = await Distribution.start({
      zone: zoneText(ZONE_LINES),
      upstream: { example: EXAMPLE, signed: ['a A 198.51.100.30', 'b A 198.51.100.31'] },
    });
  });
  afterAll(async () => await at[Symbol.asyncDispose]());

  const answers = async (name: string, question: string, type = 'A'): Promise<string> => {
    const { status, records } = await at.ask(name, { name: question, type });
    return [status, ...records].join(' | ');
  };

  test.each(['bind', 'powerdns', 'unbound'])(
    '%s blocks a name that is a CNAME of a blocked one, however far',
    async (name) => {
      for (const question of ['vanity.example', 'first.example'])
        for (const type of ['A', 'MX']) expect(await answers(name, question, type)).toMatch(/^NXDOMAIN/);
      expect(await answers(name, 'vanity-of-walled.example')).toContain('A 192.0.2.80');
    },
  );

  test('knot-resolver judges the name that is asked for alone', async () => {
    expect(await answers('knot-resolver', 'vanity.example')).toBe('NOERROR | A 198.51.100.3 | CNAME listed.example.');
    expect(await answers('knot-resolver', 'vanity-of-walled.example')).toBe(
      'NOERROR | A 198.51.100.7 | CNAME walled.example.',
    );
  });

  describe.each(RESOLVERS)('%s', (name) => {
    test('leaves an exception, a CNAME of it, and a CNAME of a name in no zone as they are, without an Extended DNS Error', async () => {
      for (const [question, type, wanted] of [
        ['free.listed.example', 'A', 'A 198.51.100.4'],
        ['onward.example', 'A', 'A 198.51.100.4 | CNAME free.listed.example.'],
        ['vanity-of-steered.example', 'A', 'A 198.51.100.5 | CNAME steered.example.'],
        ['vanity-of-steered.example', 'MX', 'CNAME steered.example. | MX 10 mx.steered.example.'],
        ['steered.example', 'TXT', 'TXT "v=spf1 -all"'],
      ] as const) {
        expect([question, await answers(name, question, type)]).toEqual([question, `NOERROR | ${wanted}`]);
        expect((await at.ask(name, { name: question, type })).extendedError).toBeNull();
      }
    });

    test('an address in the place of a name takes all its other types away, mail too', async () => {
      expect(await answers(name, 'walled.example')).toBe('NOERROR | A 192.0.2.80');
      expect(await answers(name, 'below.walled.example', 'AAAA')).toBe('NOERROR | AAAA 2001:db8::80');
      for (const type of ['MX', 'TXT']) expect(await answers(name, 'walled.example', type)).toBe('NOERROR');
      expect(await answers(name, 'empty.example')).toBe('NOERROR');
    });

    test('a signed name is blocked where the client asks for signatures too', async () => {
      const options = ['+dnssec'];
      expect((await at.ask(name, { name: 'b.signed.example', options })).status).toBe('NXDOMAIN');
      expect((await at.ask(name, { name: 'a.signed.example', options })).records).toHaveLength(2);
    });
  });
});

describeWith(ENGINES)('BIND without break-dnssec', () => {
  test('gives a blocked name away to whoever sets DO', async () => {
    await using at = await Distribution.start({
      zone: zoneText(ZONE_LINES),
      upstream: { example: EXAMPLE, signed: ['a A 198.51.100.30', 'b A 198.51.100.31'] },
      resolvers: ['bind'],
      changes: { bind: [['break-dnssec yes', 'break-dnssec no']] },
    });
    expect((await at.ask('bind', { name: 'b.signed.example' })).status).toBe('NXDOMAIN');
    const { status, records } = await at.ask('bind', { name: 'b.signed.example', options: ['+dnssec'] });
    expect([status, records.length]).toEqual(['NOERROR', 2]);
  });
});
