/** A list in another tool's format is refused under its name and never read as something else: whole processes. */
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cleanfeed, endAll, folderWith } from '../commands/cli-process.ts';
import { FOREIGN_SAMPLES } from '../list/text/foreign-samples.ts';
import { eventually } from '../support/eventually.ts';
import { ListServer } from '../support/list-server.ts';
import { describeWith } from '../support/programs.ts';
import { spawnProxy, startProxy } from '../support/proxy-process.ts';
import type { ProxyProcess } from '../support/proxy-process.ts';

afterEach(endAll);

/** A list of each format. */
const ONE_OF_EACH: readonly string[] = Object.values(Object.groupBy(FOREIGN_SAMPLES, ({ code }) => code)).flatMap(
  (samples) => samples.slice(0, 1).map(({ text }) => text),
);

const REFUSED = 'cleanfeed_list_rejected_total{list="own",reason="bad_lines"}';

async function refusals(proxy: ProxyProcess): Promise<number> {
  return (await proxy.metrics()).get(REFUSED) ?? 0;
}

describe('requirement 63: lists of other tools', () => {
  test('check names every line of every format, with a code for scripts', async () => {
    // One file for each format: a configuration has 32 lists at most.
    const formats = Object.entries(Object.groupBy(FOREIGN_SAMPLES, ({ code }) => code)).map(([code, samples]) => ({
      code,
      text: samples.map(({ text }) => text).join(''),
    }));
    const files = Object.fromEntries(formats.map(({ code, text }) => [`${code}.txt`, text]));
    const lists = formats.map(({ code }) => ({ name: code.replaceAll('_', '-'), source: `./${code}.txt` }));
    const cwd = await folderWith({ ...files, 'f.yaml': JSON.stringify({ lists }) });
    const { code: exit, stdout } = await cleanfeed(['check', '-c', 'f.yaml', '--json'], { cwd });
    const { faults } = JSON.parse(stdout) as { faults: { file: string; line: number; code: string }[] };
    const want = formats.flatMap(({ code, text }) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((_, line) => `${code}.txt:${line + 1} ${code}`),
    );
    expect(faults.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual(want);
    expect(exit).toBe(78);
  });

  test('a running instance takes none as an update: the last good list stays', async () => {
    await using proxy = await startProxy({ lists: { own: 'a.localhost/listed\n' } });
    for (const [i, text] of ONE_OF_EACH.entries()) {
      writeFileSync(proxy.file('own.new'), text);
      renameSync(proxy.file('own.new'), proxy.file('own.txt'));
      await eventually(
        'it is refused',
        async () => await refusals(proxy),
        (count) => count === i + 1,
      );
    }
    expect((await proxy.status()).lists[0]).toMatchObject({
      loaded: true,
      entries: 1,
      lastError: expect.stringContaining('this is an address made unclickable'),
    });
    // That the log names no host and no address is checked when the process is stopped.
    await proxy.told('list.bad_line', ONE_OF_EACH.length + 1);
    expect((await proxy.admin('/readyz')).status).toBe(200);
  });

  test('none at its start: it is not ready, and says why', async () => {
    const proxy = await spawnProxy({ lists: { own: '0.0.0.0 ads.example\n' } });
    const { status, body } = await eventually(
      'the reason',
      async () => await proxy.admin('/readyz'),
      ({ body: text }) => text.includes('hosts file'),
    );
    expect([status, body]).toEqual([503, expect.stringContaining('this is a line of a hosts file')]);
    await proxy.stop();
  });

  describeWith(['nginx'])('from a server', () => {
    test('none is taken or held, whoever accepts it; the last good list stays, over a restart too', async () => {
      await using server = await ListServer.start('a.localhost/listed\n');
      const lists = [{ name: 'own', source: server.url, interval: '1h' }];
      const config = { lists, control: { socket: './control.sock' } };
      const proxy = await startProxy({ config, environment: server.environment });
      const ctl = async (...words: readonly string[]): Promise<object> =>
        await cleanfeed(['ctl', ...words, '-s', proxy.file('control.sock')]);
      await eventually(
        'the copy is kept',
        async () => (await proxy.metrics()).get('cleanfeed_list_cache_current{list="own"}') === 1,
      );
      for (const [i, text] of ONE_OF_EACH.entries()) {
        server.serve(text);
        expect({ text, ...(await ctl('reload')) }).toMatchObject({ text, code: 65 });
        expect([text, await refusals(proxy)]).toEqual([text, i + 1]);
        const label = createHash('sha256').update(text).digest('hex').slice(0, 12);
        expect({ text, ...(await ctl('accept', 'own', label)) }).toMatchObject({ text, code: 65 });
        expect((await proxy.status()).lists[0]).toMatchObject({ entries: 1, versions: { held: null } });
      }
      await using second = await proxy.killAndRestart();
      await second.ready();
      expect((await second.status()).lists[0]).toMatchObject({ entries: 1, loaded: true });
    });
  });
});
