/**
 * Programs that fetch over port 80 by themselves, with real servers, through a transparent listener: apt, which pipelines and goes on where it has stopped, and
 * OCSP, asked and answered by openssl.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OwnAuthority } from '../support/own-authority.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { within } from '../support/within.ts';
import { startFilter } from './support/inline-filter.ts';
import { ADDRESSES, InlineNetwork } from './support/inline-network.ts';
import { describeNetwork } from './support/programs.ts';
import { FILES, Sites } from './support/sites.ts';

const APT = '/usr/lib/apt/apt-helper';
const ORIGIN = ADDRESSES.origin.ipv4;

describeNetwork(['nginx', 'unbound', 'openssl', APT])('clients on port 80', () => {
  const resources = new Resources();
  let network: InlineNetwork;
  let filter: ProxyProcess;
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = temporaryDirectory();
    resources.use(directory);
    network = resources.use(await InlineNetwork.create());
    await network.installRules();
    filter = resources.use(
      await startFilter(network, { lists: { own: `${ORIGIN}/listed.html\n${ORIGIN}/hidden/*\n` } }),
    );
    await network.steer();
  });
  afterAll(async () => await resources.end());

  async function passed(): Promise<number> {
    return (await filter.metrics()).get('cleanfeed_requests_total{listener="inline",verdict="pass"}') ?? 0;
  }

  describe('apt', () => {
    let web: Sites;
    beforeAll(async () => (web = await Sites.start(network.machines.origin, { hasNames: false })));
    afterAll(async () => await web[Symbol.asyncDispose]());

    async function fetched(...names: readonly string[]): Promise<string> {
      const options = [
        '-o',
        'APT::Sandbox::User=root',
        '-o',
        'Acquire::http::Pipeline-Depth=10',
        '-o',
        'Acquire::Retries=0',
      ];
      const files = names.flatMap((name) => [`http://${ORIGIN}/${name}`, directory.file(name.replace('/', '-')), '']);
      return await network.machines.client.run(APT, ...options, 'download-file', ...files);
    }

    test('several files at once, which it asks for before the first has come', async () => {
      const names = ['sibling.html', 'large.bin', 'listed.html.bak', 'below/page.html', 'index.html'];
      const before = await passed();
      await fetched(...names);
      for (const name of names)
        expect(readFileSync(directory.file(name.replace('/', '-')), 'latin1')).toBe(FILES[name]);
      expect((await passed()) - before).toBe(names.length);
    });

    test('goes on where it has stopped', async () => {
      const [part, whole] = [directory.file('large.bin'), Buffer.from(FILES['large.bin']!)];
      const { mtime } = statSync(part);
      writeFileSync(part, whole.subarray(0, 3_000_000));
      utimesSync(part, mtime, mtime);
      const before = (await filter.metrics()).get('cleanfeed_bytes_total{direction="client_out"}') ?? 0;
      await fetched('large.bin');
      expect(readFileSync(part).equals(whole)).toBe(true);
      const after = (await filter.metrics()).get('cleanfeed_bytes_total{direction="client_out"}') ?? 0;
      expect(after - before).toBeLessThan(2_100_000);
    });

    test('a listed file is refused', async () => {
      await expect(fetched('listed.html')).rejects.toThrow(/403/);
      expect(existsSync(directory.file('listed.html'))).toBe(false);
    });
  });

  test('OCSP: a certificate is good', async () => {
    const { origin, client } = network.machines;
    const authority = new OwnAuthority(directory.path);
    const { certificate } = authority.issue('site');
    const serial =
      (await client.run('openssl', 'x509', '-noout', '-serial', '-in', certificate)).trim().split('=')[1] ?? '';
    writeFileSync(directory.file('index.txt'), `V\t351231000000Z\t\t${serial}\tunknown\t/CN=site\n`);
    const key = authority.certificate.replace(/\.pem$/, '.key');
    const own = ['-CA', authority.certificate, '-rsigner', authority.certificate, '-rkey', key];
    const serve = ['-port', '80', '-index', directory.file('index.txt'), '-ignore_err'];
    const responder = origin.spawn('openssl', 'ocsp', ...serve, ...own);
    resources.defer(async () => {
      const ended = once(responder, 'exit');
      responder.kill();
      await ended;
    });
    // Who looks by a connection that says nothing is waited for.
    await within('it listens', once(responder.stderr, 'data'));
    const before = await passed();
    const about = ['-issuer', authority.certificate, '-cert', certificate, '-CAfile', authority.certificate];
    const said = await client.run('openssl', 'ocsp', ...about, '-url', `http://${ORIGIN}/ocsp`);
    expect(said).toContain(`${certificate}: good`);
    expect(await passed()).toBe(before + 1);
  });
});
