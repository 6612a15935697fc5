/** Passes of one relay that goes on, over HTTPS: what the server is asked. Whole passes as commands: test/commands/relay.real.test.ts. */
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { loadRelay } from '../../src/config/relay.ts';
import { createPublisher } from '../../src/publish/create.ts';
import type { Folders } from '../../src/publish/folders.ts';
import { inspect } from '../../src/publish/inspect.ts';
import { Publisher } from '../../src/publish/publisher.ts';
import { addRecipient } from '../../src/publish/recipient-changes.ts';
import { Relay } from '../../src/republish/relay.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/localhost-certificate.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';

const HOURS = 3_600_000;
const DAYS = 24 * HOURS;
let resources: Resources;
let directory: TemporaryDirectory;
/** What the server has. */
let served: { readonly etag: string; readonly text: string };
/** Of each question, its condition. */
let asked: (string | undefined)[];
let now: number;
let folders: Folders;
let relay: Relay;
let stopping: AbortController;
/** The server begins an answer and does not end it; told when it has begun. */
let drips: (() => void) | null;

beforeEach(async () => {
  resources = new Resources();
  directory = temporaryDirectory();
  [asked, now] = [[], Date.now()];
  [stopping, drips] = [new AbortController(), null];
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, ({ headers }, response) => {
    const condition = headers['if-none-match'];
    asked.push(condition);
    if (drips !== null) {
      response.writeHead(200, { 'content-length': 1000 }).write('http://listed.example/0\n');
      drips();
    } else if (condition === served.etag) response.writeHead(304).end();
    else response.writeHead(200, { etag: served.etag }).end(served.text);
  });
  resources.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  writeFileSync(directory.file('ca.pem'), CERTIFICATE);
  const config = {
    source: `https://localhost:${port}/list`,
    format: 'text',
    ca: './ca.pem',
    publish: { repo: './repo', keys: './keys' },
  };
  writeFileSync(directory.file('relay.yaml'), JSON.stringify(config));
  const loaded = await loadRelay(directory.file('relay.yaml'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  folders = loaded.config.publish;
  await createPublisher(folders, { threshold: 1, approvals: 1, now });
  relay = new Relay(loaded.config, () => now, stopping.signal);
});
afterEach(async () => {
  relay.close();
  await resources.end();
  directory[Symbol.dispose]();
});

const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `http://listed.example/${i}\n`).join('');
const pass = async (): Promise<string> => (await relay.pass(null)).outcome.kind;

test('what was published is not sent again, and what is held is given with each pass', async () => {
  served = { etag: '"first"', text: lines(1000) };
  expect([await pass(), await pass()]).toEqual(['published', 'unchanged']);
  served = { etag: '"short"', text: lines(400) };
  expect([await pass(), await pass()]).toEqual(['held', 'held']);
  expect(asked).toEqual([undefined, '"first"', '"first"', '"first"']);
});

test('told to stop while the list comes: the pass is over, nothing is published, and the next process begins anew', async () => {
  const begun = Promise.withResolvers<void>();
  drips = begun.resolve;
  const ended = relay.pass(null).then(
    () => 'passed',
    () => 'failed',
  );
  await begun.promise;
  stopping.abort();
  expect(await ended).toBe('failed');
  await expect(relay.pass(null)).rejects.toThrow(/aborted|connect|reached/);
  expect(asked).toEqual([undefined]);
});

// Was a fault: the server said then that what was held had not changed, and nobody was told of it any more.
test('what is held is held again after the server had the list before it for a while, and signatures were renewed', async () => {
  served = { etag: '"first"', text: lines(1000) };
  expect(await pass()).toBe('published');
  const short = { etag: '"short"', text: lines(400) };
  served = short;
  expect(await pass()).toBe('held');
  served = { etag: '"first"', text: lines(1000) };
  now += 7 * HOURS;
  expect(await pass()).toBe('unchanged');
  served = short;
  expect(await pass()).toBe('held');
  expect(asked.slice(1)).toEqual(['"first"', '"first"', '"first"']);
});

async function recipient(name: string): Promise<void> {
  const age = await identityToRecipient(await generateX25519Identity());
  await using publisher = await Publisher.open(folders, { now });
  await addRecipient(publisher, name, { age, names: null });
}

// Was a fault: nobody signed a list again that did not change, and after three months nodes refused all that came, a removal too.
test('a list that does not change is signed again by a version without changes, also while another is held', async () => {
  await recipient('node-1');
  served = { etag: '"first"', text: lines(1000) };
  expect(await pass()).toBe('published');
  now += 40 * DAYS;
  expect(await relay.pass(null)).toEqual({ outcome: { kind: 'unchanged' }, overdue: [] });
  now += 10 * DAYS;
  expect(await relay.pass(null)).toEqual({
    outcome: { kind: 'published', version: 2, entries: 1000, additions: 0, removals: 0, leftOut: 0 },
    overdue: [],
  });
  served = { etag: '"short"', text: lines(400) };
  now += 50 * DAYS;
  const { outcome, overdue } = await relay.pass(null);
  expect({ kind: outcome.kind, overdue }).toEqual({ kind: 'held', overdue: [] });
  {
    await using publisher = await Publisher.open(folders, { now });
    const { version, recipients } = await inspect(publisher);
    expect(version).toBe(3);
    expect(recipients[0]!.roles!.targets.isPastHalf).toBe(false);
  }
  // Was a fault: the digits were those of a change to the version before it was signed again, and nobody could accept it.
  const digits = outcome.kind === 'held' ? outcome.digits : '';
  expect(await relay.pass(digits)).toMatchObject({ outcome: { kind: 'published', version: 4, removals: 600 } });
});

// Was a fault: each pass ended where that recipient could not be written to, and a week later no node took anything.
test.each([
  { what: 'a list that is signed again', days: 50, text: lines(1000) },
  { what: 'a change', days: 1, text: lines(1001) },
])('$what does not reach one recipient: what is signed without a person is renewed for the others', async (one) => {
  await recipient('node-1');
  await recipient('node-2');
  served = { etag: '"first"', text: lines(1000) };
  expect(await pass()).toBe('published');
  served = { etag: one.text === served.text ? '"first"' : '"second"', text: one.text };
  const inTheWay = join(folders.repo, 'node-1', 'metadata', '3.targets.json');
  mkdirSync(join(inTheWay, 'folder'), { recursive: true });
  for (const days of [one.days, 1, 1]) {
    now += days * DAYS;
    await expect(relay.pass(null)).rejects.toMatchObject({ code: 'not_reached' });
    expect(await signedAt('node-2')).toBe(now);
  }
  rmSync(inTheWay, { recursive: true });
  expect(await pass()).toBe('unchanged');
  await using publisher = await Publisher.open(folders, { now });
  expect([publisher.state.version, publisher.late]).toEqual([2, []]);
});

async function signedAt(name: string): Promise<number | undefined> {
  await using publisher = await Publisher.open(folders, { now });
  return publisher.repositories.published(name)?.timestamp.signed;
}
