/**
 * The relay as a whole: a real nginx with TLS is the clearing house (token, client certificate), another the server of the repositories, and
 * `serve` a node that never sees the list in plain text.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { filesIn } from '../support/files-in.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { startNginx } from '../support/nginx.ts';
import type { Nginx } from '../support/nginx.ts';
import { startOkOrigin, statusOf } from '../support/ok-origin.ts';
import { describeWith } from '../support/programs.ts';
import { startProxy } from '../support/proxy-process.ts';
import { Resources } from '../support/resources.ts';
import { cleanfeed, endAll, folderWith, start } from './cli-process.ts';
import type { Outcome } from './cli-process.ts';

let folder: string;
const file = (name: string): string => join(folder, name);

const CONFIG = {
  source: './list.csv',
  format: 'csv',
  publish: { repo: './repo', keys: './keys' },
};

beforeEach(async () => {
  folder = await folderWith({ 'ca.pem': CERTIFICATE });
});
afterEach(endAll);

function configure(config: object): void {
  writeFileSync(file('relay.yaml'), JSON.stringify({ ...CONFIG, ...config }));
}

async function relay(...more: string[]): Promise<Outcome & { readonly events: readonly Record<string, unknown>[] }> {
  const outcome = await cleanfeed(['relay', '-c', file('relay.yaml'), ...more], { cwd: folder });
  const lines = outcome.stderr.split('\n').filter((line) => line.startsWith('{'));
  return { ...outcome, events: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

async function publish(...words: string[]): Promise<string> {
  const outcome = await cleanfeed(['publish', ...words, '-r', file('repo'), '-k', file('keys')]);
  expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: '' });
  return outcome.stdout;
}

describe('a file of this machine', () => {
  const csv = (count: number): string =>
    `id,url\n${Array.from({ length: count }, (_, i) => `${i},http://secret.example/${i}\n`).join('')}`;
  beforeEach(async () => {
    await publish('init');
    configure({});
  });

  test('published, unchanged, held, accepted', async () => {
    writeFileSync(file('list.csv'), csv(1000));
    expect(await relay('--once')).toMatchObject({
      code: 0,
      events: [{ event: 'relay.published', version: 1, entries: 1000, additions: 1000, removals: 0 }],
    });
    expect(await relay('--once')).toMatchObject({ code: 0, events: [] });
    writeFileSync(file('list.csv'), csv(400));
    const { code, events, stderr } = await relay('--once');
    expect({ code, events }).toMatchObject({
      code: 65,
      events: [{ event: 'relay.held', version: 2, entries: 400, removals: 600, digits: expect.any(String) }],
    });
    expect(stderr).not.toContain('secret');
    expect(await relay('--accept', '0123456789ab')).toMatchObject({ code: 65, events: [{ event: 'relay.held' }] });
    expect(await relay('--accept', String(events[0]?.['digits']))).toMatchObject({
      code: 0,
      events: [{ event: 'relay.published', version: 2, entries: 400 }],
    });
    expect(await publish('inspect')).toContain('list version 2, 400 entries');
  });

  // Was a fault: it published, and nothing told that no node takes it; nor the pass that failed, which had replaced what showed it.
  test.each([{ isFailing: false }, { isFailing: true }])(
    'KEYS were restored from an older copy ($isFailing)',
    async ({ isFailing }) => {
      execFileSync('age-keygen', ['-o', file('node.age')], { stdio: 'ignore' });
      const recipient = execFileSync('age-keygen', ['-y', file('node.age')], { encoding: 'utf8' }).trim();
      await publish('recipient', 'add', 'node-1', recipient);
      writeFileSync(file('list.csv'), csv(1000));
      await relay('--once');
      cpSync(file('keys'), file('copy'), { recursive: true });
      for (let refresh = 0; refresh < 2; refresh += 1) await publish('refresh');
      rmSync(file('keys'), { recursive: true });
      cpSync(file('copy'), file('keys'), { recursive: true });
      writeFileSync(file('list.csv'), isFailing ? 'id,url\n1,http://secret.*.example/x\n' : csv(1001));
      expect(await relay('--once')).toMatchObject({
        code: isFailing ? 65 : 78,
        events: [
          { level: 'error', event: 'relay.keys_behind', recipient: 'node-1', version: expect.any(Number) },
          isFailing ? { event: 'relay.failed' } : { event: 'relay.published', version: 2 },
        ],
      });
      writeFileSync(file('list.csv'), csv(1001));
      if (isFailing)
        expect(await relay('--once')).toMatchObject({ events: [{ event: 'relay.published', version: 2 }] });
      expect(await relay('--once')).toMatchObject({ code: 0, events: [] });
    },
  );

  test.each([
    {
      csv: 'id,url\n1,http://a.example/x\n2,not an address\n',
      reason: 'line 3, column 3: an address holds no white space',
    },
    {
      csv: 'id,url\n1,http://secret.*.example/x\n',
      reason: '1 address cannot be published; the first is line 2, column ',
    },
    { csv: 'id,url\n1,http://a.example/x', reason: 'line 2, column 21: the last line does not end with a newline' },
  ])('$reason: nothing is published', async ({ csv: text, reason }) => {
    writeFileSync(file('list.csv'), text);
    const { code, events, stderr } = await relay('--once');
    expect({ code, events }).toMatchObject({
      code: 65,
      events: [{ event: 'relay.failed', code: 'bad_lines', reason: expect.stringContaining(reason) }],
    });
    expect(stderr).not.toContain('secret');
  });

  test.each([
    { url: 'co.uk', config: {}, reason: '1 entry covers a public suffix' },
    {
      url: 'canary.example',
      config: { gate: { canaries: './canaries.txt' } },
      reason: 'it covers 1 canary; the first is line 1 of canaries.txt',
    },
    { url: 'google.com', config: {}, reason: 'protected host' },
  ])('$reason: held, until it is accepted', async ({ url, config, reason }) => {
    writeFileSync(file('canaries.txt'), 'http://canary.example/\n');
    configure(config);
    writeFileSync(file('list.csv'), `id,url\n1,${url}\n`);
    const { code, events } = await relay('--once');
    expect({ code, events }).toMatchObject({
      code: 65,
      events: [{ event: 'relay.held', reason: expect.stringContaining(reason) }],
    });
    expect(await relay('--accept', String(events[0]?.['digits']))).toMatchObject({ code: 0 });
  });

  test('a publisher that asks two people has no key for a relay', async () => {
    configure({ publish: { repo: './repo2', keys: './keys2' } });
    writeFileSync(file('list.csv'), csv(1));
    expect(await relay('--once')).toMatchObject({
      code: 78,
      events: [{ event: 'relay.failed', code: 'publisher_state' }],
    });
    const init = ['publish', 'init', '--approvals', '2', '-r', file('repo2'), '-k', file('keys2')];
    expect(await cleanfeed(init)).toMatchObject({ code: 0 });
    expect(await relay('--once')).toMatchObject({
      code: 78,
      events: [{ event: 'relay.failed', code: 'relay_approvals' }],
    });
  });

  test('faults of the configuration', async () => {
    writeFileSync(file('relay.yaml'), 'sourc: ./list.csv\n');
    expect(await relay('--once')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("sourc: unknown key; did you mean 'source'?"),
    });
    configure({ publish: { repo: './keys/repo', keys: './keys' } });
    expect(await relay('--once')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('must not lie in each other'),
    });
  });
});

// Was a fault: it waited for the end of its pass, which a slow server could put off for ten minutes.
test('told to stop while the clearing house is slow: it ends, and nothing is published', async () => {
  await publish('init');
  const begun = Promise.withResolvers<void>();
  const slow = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    const drip = setInterval(() => response.write('h'), 1000);
    response.on('close', () => clearInterval(drip));
    begun.resolve();
  });
  await once(slow.listen(0, '127.0.0.1'), 'listening');
  const { port } = slow.address() as AddressInfo;
  configure({ source: `https://localhost:${port}/list.txt`, format: 'text', ca: './ca.pem' });
  const relaying = start(['relay', '-c', file('relay.yaml')], { cwd: folder });
  await begun.promise;
  relaying.child.kill('SIGTERM');
  const { code, stderr } = await relaying.ended;
  slow.closeAllConnections();
  slow.close();
  expect({ code, events: stderr.match(/"event":"[^"]*"/g) }).toEqual({
    code: 0,
    events: ['"event":"relay.interrupted"'],
  });
  expect(await publish('inspect')).toContain('list version 0, 0 entries');
});

describeWith(['nginx', 'age'])('from clearing house to node', () => {
  const resources = new Resources();
  let clearing: Nginx;
  let mirror: Nginx;
  const offer = (hosts: readonly string[]): void => {
    const lines = hosts.map((host) => `{"added":"2026-11-26","address":"http://${host}.localhost/listed"}\n`);
    writeFileSync(join(clearing.root, 'list.jsonl'), lines.join(''));
  };

  beforeEach(async () => {
    const tls = { certificate: CERTIFICATE, key: PRIVATE_KEY };
    writeFileSync(file('client.pem'), CERTIFICATE);
    writeFileSync(file('client.key'), PRIVATE_KEY, { mode: 0o600 });
    writeFileSync(file('token'), 'a-token-of-the-clearing-house\n', { mode: 0o600 });
    clearing = await startNginx({
      server: `ssl_client_certificate ${file('ca.pem')}; ssl_verify_client on;
        if ($http_authorization != "Bearer a-token-of-the-clearing-house") { return 401; }`,
      tls,
    });
    mirror = await startNginx({ server: `location /lists/ { alias ${folder}/repo/; }`, tls });
  });
  afterEach(async () => {
    await resources.end();
    await clearing.stop();
    await mirror.stop();
  });

  test('what it offers is refused at the node, and what it no longer offers is free; no secret in the log', async () => {
    const origin = resources.use(await startOkOrigin());
    await publish('init');
    execFileSync('age-keygen', ['-o', file('node.age')], { stdio: 'pipe' });
    const recipient = execFileSync('age-keygen', ['-y', file('node.age')], { encoding: 'utf8' }).trim();
    await publish('recipient', 'add', 'node-1', recipient);
    const auth = { bearer: './token', clientCertificate: './client.pem', clientKey: './client.key' };
    const source = `https://localhost:${clearing.port}/list.jsonl`;
    configure({
      source,
      format: 'jsonl',
      jsonl: { key: 'address' },
      ca: './ca.pem',
      auth,
      interval: '10s',
      log: { level: 'debug' },
    });
    offer(['a', 'b']);
    const relaying = start(['relay', '-c', file('relay.yaml')], { cwd: folder });
    expect(await relaying.event('relay.published')).toMatchObject({ version: 1, additions: 2 });
    // Its answer to the same question: nothing new (ETag).
    relaying.child.kill('SIGHUP');
    await relaying.event('relay.unchanged');

    await using node = await startProxy({
      config: {
        lists: [
          {
            name: 'national',
            source: `tuf+https://localhost:${mirror.port}/lists/node-1/`,
            root: file('keys/state/root/1.root.json'),
            identity: file('node.age'),
            ca: file('ca.pem'),
            interval: '10s',
          },
        ],
        control: { socket: './control.sock' },
      },
    });
    const ask = async (host: string): Promise<number> =>
      await statusOf(node.port, `http://${host}.localhost:${origin.port}/listed`);
    expect([await ask('a'), await ask('b'), await ask('c')]).toEqual([403, 403, 200]);

    offer(['b', 'c']);
    relaying.child.kill('SIGHUP');
    await relaying.line((line) => line.includes('"version":2'));
    await cleanfeed(['ctl', 'reload', '-c', node.file('cleanfeed.yaml')]);
    await eventually(
      'the node has it',
      async () => await ask('c'),
      (status) => status === 403,
    );
    expect([await ask('a'), await ask('b')]).toEqual([200, 403]);

    // The next attempt is later; what was published stays.
    writeFileSync(file('token'), 'another-token\n', { mode: 0o600 });
    relaying.child.kill('SIGTERM');
    const { code, stderr } = await relaying.ended;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/a-token-of|PRIVATE KEY|localhost\/listed/);
    expect(await relay('--once')).toMatchObject({
      code: 65,
      events: [{ event: 'relay.failed', code: 'http_status', reason: expect.stringContaining('status 401') }],
    });
    // Nothing at the node holds the list in plain text.
    const kept = filesIn(node.file('state')).map(({ bytes }) => bytes.toString('latin1'));
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.join('')).not.toMatch(/localhost\/listed|\.localhost/);
  });
});
