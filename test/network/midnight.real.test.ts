/**
 * Entries whose last day ends while the filter runs, in the modes that nobody chose: at midnight UTC a listed host passes, and what was excused is
 * refused, over HTTP and over TLS, whatever the time zone of the unit is. (The clock of the process is set before midnight, and behind it by less than a
 * jump: nobody waits for the day to end.)
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, type InlineNetwork } from './support/inline-network.ts';
import { curlOn } from './support/network-curl.ts';
import { networkWithSites } from './support/network-with-sites.ts';
import { describeNetwork } from './support/programs.ts';
import type { Sites } from './support/sites.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const WAYS = [
  { mode: 'transparent', listeners: undefined, to: ADDRESSES.origin.ipv4 },
  {
    mode: 'steered',
    listeners: [{ name: 'steered', mode: 'steered', addresses: [ADDRESSES.filter.ipv4], ports: [80, 443] }],
    to: ADDRESSES.filter.ipv4,
  },
];

/** Twenty minutes before midnight, and five behind it once the file is there. */
function clockBefore(midnight: number, file: string): string {
  const before = midnight - 20 * MINUTE_MS - Date.now();
  const code = `import { existsSync } from 'node:fs';
    const now = Date.now;
    Date.now = () => now() + ${before} + (existsSync(${JSON.stringify(file)}) ? ${25 * MINUTE_MS} : 0);`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

describeNetwork(['nginx', 'curl', 'unbound'])('midnight', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let web: Sites;

  beforeAll(async () => {
    ({ network, web } = await networkWithSites(resources));
  });
  afterAll(async () => await resources.end());

  describe.each(WAYS)('mode $mode', ({ mode, listeners, to }) => {
    async function outcomes(): Promise<readonly string[]> {
      const urls = ['http://site.example/sibling.html', 'https://site.example/sibling.html', 'http://other.example/'];
      const answers = urls.map(async (url) => {
        const { hostname, protocol } = new URL(url);
        const resolved = `${hostname}:${protocol === 'http:' ? 80 : 443}:${to}`;
        const { exit, status } = await curlOn(
          network.machines.client,
          '--cacert',
          web.authority,
          '--resolve',
          resolved,
          url,
        );
        return exit === 0 ? String(status) : `exit ${exit}`;
      });
      return await Promise.all(answers);
    }

    test.each(['Pacific/Kiritimati', 'America/Los_Angeles'])('with TZ=%s', async (zone) => {
      using directory = temporaryDirectory();
      const file = directory.file('behind-midnight');
      const midnight = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS;
      const last = new Date(midnight - 1).toISOString().slice(0, 10);
      await network.unsteer();
      const proxy = await startFilter(network, {
        lists: {
          own: `site.example expires=${last}\nother.example\n`,
          excused: { text: `other.example reason="until tonight" expires=${last}\n`, action: 'allow' },
        },
        ...(listeners === undefined ? {} : { listeners }),
        upstream: { dns: { servers: [`${ADDRESSES.origin.ipv4}:53`] } },
        config: { clients: { allow: ['192.0.2.0/24', '2001:db8:1::/48'] } },
        environment: { TZ: zone, NODE_OPTIONS: clockBefore(midnight, file) },
      });
      if (mode === 'transparent') await network.steer();
      expect(await outcomes()).toEqual(['403', 'exit 35', '200']);
      writeFileSync(file, '');
      await eventually('the day is over', async () => (await outcomes())[0] === '200');
      expect(await outcomes()).toEqual(['200', '200', '403']);
      await proxy.stop();
    });
  });
});
