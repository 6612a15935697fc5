/** The PAC file that the admin side serves, in a real Chromium: what goes through the proxy, what does not, and what becomes of it when no proxy answers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { freePort } from '../support/free-port.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { startOrigin, type Origin } from '../support/origin.ts';
import { programPath } from '../support/program-path.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';

const HEADS: string[] = [];

describeWith(['chromium'])('Chromium with the PAC file', () => {
  const resources = new Resources();
  let origin: Origin;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    origin = resources.use(
      await startOrigin(async (connection) => {
        for (;;) {
          HEADS.push(await connection.head());
          connection.send('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\norigin');
        }
      }),
    );
    proxy = resources.use(await serve('none'));
  });
  afterAll(async () => await resources.end());

  /** A proxy whose PAC file names a port at which nobody is, and then its own, or only the former. */
  async function serve(failOver: 'none' | 'direct', isThere = true): Promise<ProxyProcess> {
    const [nobody, port] = [await freePort(), await freePort()];
    const proxies = [`127.0.0.1:${nobody}`, ...(isThere ? [`127.0.0.1:${port}`] : [])];
    return await startProxy({
      config: {
        listeners: [{ name: 'explicit', address: '127.0.0.1', port }],
        admin: {
          address: '127.0.0.1',
          port: 0,
          pac: { proxies, failOver, direct: ['*.direct.example'] },
        },
      },
      lists: { own: 'listed.example\n*.direct.example\n' },
    });
  }

  async function open(
    instance: ProxyProcess,
    use: (page: Page) => Promise<void>,
    pac = `http://127.0.0.1:${instance.adminPort}/proxy.pac`,
  ): Promise<void> {
    const browser = await chromium.launch({
      timeout: HANG_BOUND_MS,
      executablePath: programPath('chromium') ?? 'chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        `--proxy-pac-url=${pac}`,
        '--host-resolver-rules=MAP *.example 127.0.0.1, MAP *.example. 127.0.0.1, MAP *.invalid 127.0.0.1',
      ],
    });
    try {
      const page = await browser.newPage({ locale: 'en-CA' });
      page.setDefaultTimeout(HANG_BOUND_MS);
      await use(page);
    } finally {
      await browser.close();
    }
  }

  test('what is asked of the second proxy, when the first does not answer, and what goes directly', async () => {
    await open(proxy, async (page) => {
      expect((await page.goto(`http://listed.example:${origin.port}/`))?.status()).toBe(403);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Access to this address is refused');
      expect((await page.goto('http://192.0.2.1/'))?.status()).toBe(403);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('This destination is not allowed');
      HEADS.length = 0;
      expect((await page.goto(`http://www.direct.example:${origin.port}/`))?.status()).toBe(200);
      expect(HEADS[0]).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
      expect(HEADS[0]).not.toMatch(/^Via:/im);
    });
  });

  test('a proxy at an address of IPv6, by two listeners; pages behind TLS, WebSocket and addresses of IPv6 are asked of it, local ones are not', async () => {
    const [one, two] = [await freePort(), await freePort()];
    await using instance = await startProxy({
      config: {
        listeners: [
          { name: 'one', address: '::1', port: one },
          { name: 'two', address: '::1', port: two },
        ],
        admin: {
          address: '127.0.0.1',
          port: 0,
          pac: { proxies: [`[::1]:${one}`, `[::1]:${two}`], failOver: 'none' },
        },
      },
      lists: { own: 'listed.example\n[2001:db8::1]\n' },
    });
    const refused = async (listener: string): Promise<number> =>
      (await instance.metrics()).get(`cleanfeed_requests_total{listener="${listener}",verdict="block"}`) ?? 0;
    await open(instance, async (page) => {
      expect((await page.goto(`http://listed.example:${origin.port}/`))?.status()).toBe(403);
      expect((await page.goto('http://[2001:db8::1]/'))?.status()).toBe(403);
      HEADS.length = 0;
      expect((await page.goto(`http://127.0.0.1:${origin.port}/`))?.status()).toBe(200);
      expect(HEADS[0]).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
      expect(HEADS[0]).not.toMatch(/^Via:/im);
      const known = await refused('one');
      await page.evaluate(`new Promise((resolve) => { new WebSocket('wss://listed.example/').onclose = resolve; })`);
      expect(await refused('one')).toBe(known + 1);
      for (const url of ['https://listed.example/', 'https://[2001:db8::1]/']) {
        // A page of its own: that of an error goes on loading for a while.
        const fresh = await page.context().browser()!.newPage();
        await expect(fresh.goto(url)).rejects.toThrow('ERR_TUNNEL_CONNECTION_FAILED');
      }
      expect(await refused('one')).toBeGreaterThanOrEqual(known + 3);
      expect(await refused('two')).toBe(0);
    });
  });

  test('capital letters and a dot at the end are the same name, and `*.` is what lies below', async () => {
    await open(proxy, async (page) => {
      for (const host of ['LISTED.Example', 'listed.example.', 'direct.example'])
        expect({ host, status: (await page.goto(`http://${host}:${origin.port}/`))?.status() }).toEqual({
          host,
          status: 403,
        });
      expect((await page.goto(`http://WWW.Direct.Example.:${origin.port}/`))?.status()).toBe(200);
    });
  });

  test('a browser that gets no file goes directly, as the page says', async () => {
    const use = async (page: Page): Promise<void> => {
      expect((await page.goto(`http://listed.example:${origin.port}/`))?.status()).toBe(200);
    };
    await open(proxy, use, `http://127.0.0.1:${await freePort()}/proxy.pac`);
    await open(proxy, use, `http://127.0.0.1:${proxy.adminPort}/absent.pac`);
  });

  test.each([
    { failOver: 'none', want: 'ERR_PROXY_CONNECTION_FAILED' },
    { failOver: 'direct', want: null },
  ] as const)('no proxy answers, failOver $failOver', async ({ failOver, want }) => {
    await using alone = await serve(failOver, false);
    await open(alone, async (page) => {
      const going = page.goto(`http://listed.example:${origin.port}/`);
      if (want === null) expect((await going)?.status()).toBe(200);
      else await expect(going).rejects.toThrow(want);
    });
  });
});

test('without admin.pac there is none, and it says how to have one', async () => {
  await using proxy = await startProxy({ lists: { own: 'listed.example\n' } });
  expect(await proxy.admin('/proxy.pac')).toEqual({ status: 404, body: 'set admin.pac in the configuration\n' });
});
