/**
 * What an origin is told of an intercepted request (`clientField`), by a real nginx that takes a proxy's word for whose a request is, and by curl,
 * which may say what it likes before: IPv4 and IPv6, several requests of one connection.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, FAMILIES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { startWebOrigin } from './support/web-origin.ts';

const FIELDS = ['none', 'x-forwarded-for', 'forwarded'] as const;
const FORGED = '192.0.2.99';

describeNetwork(['nginx', 'curl'])('clientField', () => {
  const resources = new Resources();
  let network: InlineNetwork;

  beforeAll(async () => {
    network = resources.use(await InlineNetwork.create());
    resources.use(await startWebOrigin(network.machines.origin, Object.values(ADDRESSES.origin)));
    await network.installRules();
  });
  afterAll(async () => await resources.end());

  describe.each(FIELDS)('%s', (clientField) => {
    let filter: ProxyProcess;

    beforeAll(async () => {
      const listeners = ['127.0.0.1', '::1'].map((address, i) => ({
        name: `inline${i}`,
        mode: 'transparent',
        address,
        port: 8080,
        clientField,
      }));
      filter = await startFilter(network, { listeners });
      await network.steer();
    });
    afterAll(async () => {
      await network.unsteer();
      await filter[Symbol.asyncDispose]();
    });

    test.each(FAMILIES)('%s', async (family) => {
      const [client, own, origin] = [ADDRESSES.client, ADDRESSES.filter, ADDRESSES.origin].map((of) => of[family]);
      const target = family === 'ipv4' ? origin : `[${origin}]`;
      const curl = ['-q', '-s', '--noproxy', '*', '-m', '60', '--resolve', `told.example:80:${target}`];
      const url = 'http://told.example/';
      const ask = async (...words: readonly string[]): Promise<readonly string[]> =>
        (await network.machines.client.run('curl', ...curl, ...words, url, url)).replace(/\n$/, '').split('\n');
      const name = family === 'ipv4' ? client : `"[${client}]"`;
      const plain = {
        none: `${own} |  | `,
        'x-forwarded-for': `${client} | ${client} | `,
        forwarded: `${own} |  | for=${name}`,
      }[clientField];
      expect(await ask()).toEqual([plain, plain]);
      const said = ['-H', `X-Forwarded-For: ${FORGED}`, '-H', `Forwarded: for=${FORGED}`];
      // What the client says goes on as it is; whoever takes a proxy's word takes the last one.
      const forged = {
        none: `${FORGED} | ${FORGED} | for=${FORGED}`,
        'x-forwarded-for': `${client} | ${FORGED}, ${client} | for=${FORGED}`,
        forwarded: `${FORGED} | ${FORGED} | for=${FORGED}, for=${name}`,
      }[clientField];
      expect(await ask(...said)).toEqual([forged, forged]);
    });
  });
});
