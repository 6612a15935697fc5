/** Who gets the policy zone from the hidden primary, who does not, and what of it when it changes: asked by dig and kdig. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StreamClient } from '../support/dns-peers.ts';
import { queryBytes } from '../support/dns-queries.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/programs.ts';
import { ask, transfer } from './support/dig.ts';
import { Distribution } from './support/distribution.ts';
import { blocked, ZONE, zoneText } from './support/policy-zone.ts';
import { ENGINES, PROBE } from './support/resolvers.ts';

const CNAME = 5;
const STRANGER = ['-b', '127.0.0.99'];

describeWith(ENGINES)('transfers', () => {
  let at: Distribution;
  const key = (name: 'bind' | 'powerdns', secret = at.site.secrets[name]): string =>
    `hmac-sha256:${name}.${ZONE}:${secret}`;

  beforeAll(async () => {
    at = await Distribution.start({
      zone: zoneText([...blocked(PROBE.blocked), ...blocked('listed.example'), ...blocked('gone.example')]),
      upstream: { example: ['passed.probe A 198.51.100.1'] },
      resolvers: ['bind', 'powerdns', 'unbound'],
    });
  });
  afterAll(async () => await at[Symbol.asyncDispose]());

  test.each(['bind', 'powerdns'] as const)('%s gets the whole zone by its key', async (name) => {
    const { names } = await transfer(at.site.ports.primary, ZONE, { key: key(name) });
    expect(names).toHaveLength(6);
    expect(names).toEqual(expect.arrayContaining(['listed.example', '*.listed.example']));
  });

  test('without a key, over TCP: nothing', async () => {
    expect(await transfer(at.site.ports.primary, ZONE, {})).toEqual({ names: [], error: 'NOTAUTH' });
  });

  test('another secret, or a key that Knot does not know: nothing', async () => {
    const { primary } = at.site.ports;
    const wrongSecret = key('bind', randomBytes(32).toString('base64'));
    expect(await transfer(primary, ZONE, { key: wrongSecret })).toEqual({ names: [], error: 'BADSIG' });
    const wrongName = `hmac-sha256:other.${ZONE}:${at.site.secrets.bind}`;
    expect(await transfer(primary, ZONE, { key: wrongName })).toEqual({ names: [], error: 'NOTAUTH' });
  });

  test('a peer that is not listed gets nothing, with the right key too, nor over TLS', async () => {
    for (const options of [STRANGER, [...STRANGER, '+tls']])
      for (const keyed of [{}, { key: key('bind') }]) {
        const port = options.includes('+tls') ? at.site.ports.primaryTls : at.site.ports.primary;
        expect((await transfer(port, ZONE, { ...keyed, options })).names).toEqual([]);
      }
  });

  test('who is listed without a key gets it over TLS', async () => {
    const { names } = await transfer(at.site.ports.primaryTls, ZONE, { options: ['+tls'] });
    expect(names).toHaveLength(6);
  });

  test('a peer that is not listed cannot try names one by one', async () => {
    const { primary } = at.site.ports;
    const name = `listed.example.${ZONE}`;
    expect((await ask(primary, { name, type: 'CNAME' })).records).toEqual(['CNAME .']);
    expect((await ask(primary, { name, type: 'CNAME', options: STRANGER })).status).toBe('NOTAUTH');
    expect((await ask(primary, { name: ZONE, type: 'SOA', options: STRANGER })).status).toBe('NOTAUTH');
  });

  test('no resolver gives the zone away, nor says what is in it', async () => {
    const listed = `listed.example.${ZONE}`;
    for (const name of ['bind', 'powerdns', 'unbound'] as const)
      expect([name, (await transfer(at.engine(name).port, ZONE, {})).names]).toEqual([name, []]);
    for (const name of ['bind', 'powerdns'] as const) {
      const { records } = await at.ask(name, { name: listed, type: 'CNAME' });
      expect([name, records]).toEqual([name, []]);
    }
    // Unbound says nothing at all. What it has itself it would answer at once: before a question that comes later on the same connection.
    await using unbound = await StreamClient.of(at.engine('unbound').port);
    unbound.send(queryBytes({ id: 1, name: listed, qtype: CNAME }), queryBytes({ id: 2, name: PROBE.passed }));
    await eventually('the second question is answered', () =>
      unbound.came.some((answer) => answer.readUInt16BE() === 2),
    );
    const records = unbound.came
      .filter((answer) => answer.readUInt16BE() === 1)
      .map((answer) => answer.readUInt16BE(6));
    expect(records.filter((count) => count > 0)).toEqual([]);
  });

  test('IXFR brings what has changed, and nothing else', async () => {
    expect(
      await at.publish(zoneText([...blocked(PROBE.blocked), ...blocked('listed.example'), ...blocked('new.example')])),
    ).toBe(true);
    const { names } = await transfer(at.site.ports.primary, ZONE, { kind: 'IXFR=1', key: key('bind') });
    expect(names).toEqual(['*.gone.example', '*.new.example', 'gone.example', 'new.example']);
  });
});
