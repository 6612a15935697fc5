/**
 * Makes the repository of `vectors/` anew, with fresh keys: `node test/publish/vectors/make-repository.ts FOLDER`. Two versions of a list, the second as a delta,
 * two withdrawn entries, a root that has been rotated once. What is signed last until 2126. It must not need the network.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { build } from '../../../src/publish/build.ts';
import { createPublisher } from '../../../src/publish/create.ts';
import { Publisher } from '../../../src/publish/publisher.ts';
import { addRecipient } from '../../../src/publish/recipient-changes.ts';
import { rotate } from '../../../src/publish/rotate.ts';
import { readSettings, writeSettings } from '../../../src/publish/state/settings.ts';
import { withdrawalsOf } from '../../../src/publish/withdraw.ts';

export const RECIPIENT = 'isp-a';

const NOW = Date.UTC(2026, 10, 26, 12);
const DAY_MS = 86_400_000;
/** A hundred years: whoever checks it takes the time of day. */
const DAYS = 36_525;
/** As many as make a delta worth while: a list of three steps of 64 KiB. */
const PAGES = 2700;

const FIRST = [
  'refused.example',
  '*.below.example dns',
  'shop.example/private/* fold=case',
  'news.example:8080/page.html?* count',
  ...Array.from({ length: PAGES }, (_, i) => `http://host${i % 50}.example/page${i}.html`),
];
const SECOND = [
  ...FIRST.slice(0, -3),
  'new.example',
  'http://new.example/page.html?x=1',
  'http://host1.example/more.html',
];
const WITHDRAWN = ['refused.example', 'http://host1.example/page1.html'];

/** Texts of entries (docs/list-format.md), and whether the second version without what is withdrawn has them. */
const LOOKUPS = [
  { text: 'below.example', isListed: true },
  { text: 'host2.example/page2.html', isListed: true },
  { text: 'new.example/page.html?x=1', isListed: true },
  { text: 'host1.example/more.html', isListed: true },
  { text: 'refused.example', isListed: false },
  { text: 'host1.example/page1.html', isListed: false },
  { text: `host${(PAGES - 1) % 50}.example/page${PAGES - 1}.html`, isListed: false },
  { text: 'other.example', isListed: false },
] as const;

/** Writes `repository/`, `root.json`, `node.age` and `expected.json`. */
export async function makeRepository(folder: string): Promise<void> {
  const folders = { repo: join(folder, 'repository'), keys: join(folder, 'keys') };
  await mkdir(folder, { recursive: true });
  await rm(folders.repo, { recursive: true, force: true });
  const { roles } = await createPublisher(folders, { threshold: 2, approvals: 1, now: NOW });
  const settings = await readSettings(folders);
  const days = Object.fromEntries(Object.keys(settings.days).map((role) => [role, DAYS]));
  await writeSettings(folders, { ...settings, days: { ...settings.days, ...days } });
  const identity = await generateX25519Identity();
  const age = await identityToRecipient(identity);
  const opened = async (act: (publisher: Publisher) => Promise<void>, minute: number): Promise<void> => {
    await using publisher = await Publisher.open(folders, { now: NOW + minute * 60_000 });
    await act(publisher);
  };
  await opened(async (publisher) => void (await rotate(publisher, 'root')), 1);
  await opened(async (publisher) => await addRecipient(publisher, RECIPIENT, { age, names: null }), 2);
  const digests: string[] = [];
  for (const [i, lines] of [FIRST, SECOND].entries())
    await opened(async (publisher) => void digests.push(await commit(publisher, lines)), 3 + i);
  await opened(withdraw, 5);
  const heads: string[] = [];
  await opened((publisher) => {
    heads.push(...(publisher.repositories.published(RECIPIENT)?.targets.log ?? []).map(({ path }) => path));
    return Promise.resolve();
  }, 6);
  const root = await copyRoot(folders.keys, folder);
  await writeFile(join(folder, 'node.age'), `# For tests: everybody has it.\n${identity}\n`);
  const expected = {
    about: 'docs/list-distribution.md; root.json is what a node pins, version 1, of which one is in the repository too',
    recipient: age,
    root: createHash('sha256').update(root).digest('hex'),
    newestRoot: (await readSettings(folders)).root,
    targetsThreshold: roles.targets.threshold,
    versions: digests.map((digest, i) => ({ version: i + 1, entries: i === 0 ? FIRST.length : SECOND.length, digest })),
    head: heads.at(-1),
    withdrawn: { serial: 2, ids: WITHDRAWN.length },
    lookups: LOOKUPS,
  };
  await writeFile(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
  await rm(folders.keys, { recursive: true });
}

/** @returns the digest of its records. */
async function commit(publisher: Publisher, lines: readonly string[]): Promise<string> {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const built = build(text, publisher.state, {
    today: Math.floor(NOW / DAY_MS),
    suffixes: 'refuse',
    isRelisted: false,
  });
  if (!built.ok) throw new Error(JSON.stringify(built.errors));
  const { additions: added, removals: removed } = built.changeSet;
  await publisher.commitVersion({ added, removed, changeSet: null, approvedBy: [] });
  return publisher.state.digests['1/1']?.[RECIPIENT] ?? '';
}

async function withdraw(publisher: Publisher): Promise<void> {
  const withdrawn = withdrawalsOf(WITHDRAWN, publisher.state, []);
  publisher.append(withdrawn.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
  await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
}

async function copyRoot(keys: string, folder: string): Promise<string> {
  const text = await readFile(join(keys, 'state', 'root', '1.root.json'), 'utf8');
  await writeFile(join(folder, 'root.json'), text);
  return text;
}

if (import.meta.main) await makeRepository(process.argv[2] ?? import.meta.dirname);
