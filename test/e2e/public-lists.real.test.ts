/**
 * Twelve lists as their makers hand them out, by URL in one configuration, from a real nginx: loaded, refused by what each lists and by nothing beside it,
 * refreshed while the process runs, kept for a start without the server; what is left out is told wherever the list is. Names by which a line is told are
 * those of the list as it is written there.
 */
import { join } from 'node:path';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanfeed } from '../commands/cli-process.ts';
import { imported, refuses } from '../list/import/imported.ts';
import { PUBLIC_LISTS } from '../list/import/public-list-samples.ts';
import { eventually } from '../support/eventually.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
import { statusOf } from '../support/ok-origin.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const nameOf = (i: number): string => `list-${i}`;
const GONE_LONG = 1_790_000_000;

describeWith(['nginx'])('twelve public lists by URL', () => {
  const resources = new Resources();
  let nginx: Nginx;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    nginx = resources.use(
      await startNginx({
        server: 'location / { }',
        files: {
          'certificate.pem': CERTIFICATE,
          ...Object.fromEntries(PUBLIC_LISTS.map(({ text }, i) => [nameOf(i), Buffer.from(text, 'latin1')])),
        },
        tls: { certificate: CERTIFICATE, key: PRIVATE_KEY },
      }),
    );
    const lists = PUBLIC_LISTS.map(({ from, options = {} }, i) => ({
      name: nameOf(i),
      source: { url: `https://localhost:${nginx.port}/${nameOf(i)}`, format: from, ...termsOf(options) },
      ca: join(nginx.root, 'certificate.pem'),
      interval: '10s',
    }));
    proxy = await startProxy({ config: { lists, control: { socket: './control.sock' } } });
  });
  afterAll(async () => {
    if (!proxy.hasEnded) await proxy.stop();
    await resources.end();
  });

  test.each(PUBLIC_LISTS.map((list, i) => ({ ...list, i })))(
    '$name: refuses what it lists, and nothing beside it',
    async ({ refused, passed, i }) => {
      for (const url of refused) expect([url, await statusOf(proxy.port, url)]).toEqual([url, 403]);
      // The lists hold together here: what another one refuses is not asked.
      for (const url of passed.filter((each) => !others(i).some((refusesIt) => refusesIt(each))))
        expect([url, await isRefused(proxy, url)]).toEqual([url, false]);
    },
  );

  test('what is left out is told: by metric, status, ctl and log', async () => {
    const i = PUBLIC_LISTS.findIndex(({ name }) => name === 'EasyList');
    const metrics = await proxy.metrics();
    const counted = (reason: string): number | undefined =>
      metrics.get(`cleanfeed_list_conversion_left_out{list="${nameOf(i)}",reason="${reason}"}`);
    expect([counted('cosmetic'), counted('protected_host'), counted('pattern')]).toEqual([2, 1, 1]);
    const { stdout } = await cleanfeed(['ctl', 'status', '--socket', proxy.file('control.sock')]);
    expect(stdout).toMatch(
      new RegExp(`^list ${nameOf(i)}: 4 parts of lines not carried over: cosmetic 2 \\(first: line 5\\)`, 'm'),
    );
    const logged = proxy.logged('list.converted').find(({ list }) => list === nameOf(i));
    expect(logged).toMatchObject({ left: 4, narrower: 0 });
  });

  test('explain names the line of the list as it is written there', async () => {
    const { stdout } = await cleanfeed(['explain', 'http://track.ads.test/x', '-c', proxy.file('cleanfeed.yaml')]);
    expect(stdout).toMatch(/\blist-0:13\b/);
  });

  test('another version comes into force by itself, and what was is kept for a start without the server', async () => {
    const file = join(nginx.root, nameOf(0));
    writeFileSync(file, '0.0.0.0 new.example\n0.0.0.0 ads.example\n');
    utimesSync(file, GONE_LONG, GONE_LONG);
    await eventually('the new version is in force', async () => await isRefused(proxy, 'http://new.example/'));
    expect(await isRefused(proxy, 'http://track.ads.test/x')).toBe(false);
    await eventually(
      'the copy is kept',
      async () => (await proxy.metrics()).get('cleanfeed_list_cache_current{list="list-0"}') === 1,
    );
    for (const i of PUBLIC_LISTS.keys()) rmSync(join(nginx.root, nameOf(i)));
    const again = resources.use(await proxy.killAndRestart());
    await again.ready();
    expect(await isRefused(again, 'http://new.example/')).toBe(true);
    expect(await isRefused(again, 'http://www.google-analytics.com/')).toBe(false);
  });
});

/** What each of the other lists refuses, as an import of it says. */
function others(i: number): ((url: string) => boolean)[] {
  return PUBLIC_LISTS.filter((_, other) => other !== i).map(({ from, options, text }) =>
    refuses(imported(from, text, options)),
  );
}

async function isRefused(proxy: ProxyProcess, url: string): Promise<boolean> {
  return (await statusOf(proxy.port, url)) === 403;
}

function termsOf({ match, column, separator, subdomains }: (typeof PUBLIC_LISTS)[number]['options'] & object): object {
  return {
    ...(match === undefined ? {} : { match }),
    ...(column === undefined ? {} : { column }),
    ...(separator === undefined ? {} : { separator: separator === '\t' ? 'tab' : separator }),
    ...(subdomains === undefined ? {} : { subdomains }),
  };
}
