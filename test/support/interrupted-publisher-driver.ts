/**
 * Runs a publisher's commands in this process, again and again, each time with the file system gone from the n-th operation on: what a
 * `kill -9` or a full disk leaves behind. After each it looks at what is public, then lets the next command go on, undisturbed.
 *
 *   template ─▶ copy ─▶ command, dead at operation n ─▶ is the repository valid? ─▶ next command ─▶ valid, and as it should be?
 *
 * Prints one JSON object for each command: how many operations it has. Ends with 1, and says where, at the first fault.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const real = { ...fs, promises: { ...fs.promises } };
const MUTATING_SYNC = ['writeSync', 'fsyncSync', 'ftruncateSync'] as const;
const MUTATING = ['open', 'rename', 'rm', 'link', 'mkdir', 'chmod', 'utimes'] as const;

let budget = Number.POSITIVE_INFINITY;
let used = 0;

class Dead extends Error {}

function spend(): void {
  used += 1;
  if (used > budget) throw new Dead(`dead at operation ${used}`);
}

for (const name of MUTATING_SYNC) {
  const act = real[name] as (...words: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...words: unknown[]) => {
      spend();
      return act(...words);
    },
  });
}
for (const name of MUTATING) {
  const act = real.promises[name] as (...words: unknown[]) => Promise<unknown>;
  Object.assign(fs.promises, {
    [name]: async (...words: unknown[]) => {
      // A file that is opened to be read changes nothing.
      if (name !== 'open' || (words[1] !== undefined && words[1] !== 'r')) spend();
      return await act(...words);
    },
  });
}
syncBuiltinESMExports();

// Only now: what they import is the file system above.
const { Publishing } = await import('../publish/publishing.ts');
const { decrypted, verifiedRepository } = await import('../publish/verified-repository.ts');
const { readPayloadHeader } = await import('../../src/list/protected/payload-header.ts');
const { decodeWithdrawn } = await import('../../src/list/protected/withdrawn.ts');
const { rekeyRecipient, revokeRecipient } = await import('../../src/publish/recipient-changes.ts');
const { rotate } = await import('../../src/publish/rotate.ts');
const { withdraw } = await import('../../src/publish/withdraw.ts');

type PublishingType = InstanceType<typeof Publishing>;

interface Command {
  readonly name: string;
  readonly run: (publishing: PublishingType) => Promise<unknown>;
}

const LINES = ['a.example', 'http://b.example/x', 'c.example dns'];

/** Two recipients, one version, one entry withdrawn. */
async function template(): Promise<PublishingType> {
  const publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  await publishing.recipient('isp-b');
  await publishing.commit(LINES);
  return publishing;
}

const COMMANDS: readonly Command[] = [
  { name: 'commit', run: async (publishing) => await publishing.commit([...LINES, 'd.example']) },
  {
    name: 'withdraw',
    run: async (publishing) => await publishing.open(async (publisher) => await withdraw(publisher, ['a.example'])),
  },
  { name: 'recipient add', run: async (publishing) => await publishing.recipient('isp-c') },
  {
    name: 'rekey',
    run: async (publishing) => {
      const age = await publishing.newIdentity('isp-a');
      await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-a', { age, overlap: 0 }));
    },
  },
  {
    name: 'revoke',
    run: async (publishing) => await publishing.open(async (publisher) => await revokeRecipient(publisher, 'isp-b')),
  },
  ...(['root', 'targets', 'timestamp', 'withdrawn'] as const).map((role) => ({
    name: `rotate ${role}`,
    run: async (publishing: PublishingType) =>
      await publishing.open(async (publisher) => await rotate(publisher, role)),
  })),
];

/** @returns the list as the publisher has it, and each repository, strictly read. */
async function lookAt(
  publishing: PublishingType,
): Promise<Record<string, ReturnType<typeof verifiedRepository> | null>> {
  const names = (await real.promises.readdir(publishing.folders.repo)).sort();
  return Object.fromEntries(names.map((name) => [name, repositoryOf(publishing, name)]));
}

/** @returns null if nothing is published yet: a new recipient's folder may hold files that no timestamp names. */
function repositoryOf(publishing: PublishingType, name: string): ReturnType<typeof verifiedRepository> | null {
  const folder = join(publishing.folders.repo, name);
  return real.existsSync(join(folder, 'metadata', 'timestamp.json'))
    ? verifiedRepository(folder, publishing.root())
    : null;
}

/** Of somebody who keeps all to himself: what is public is public all the same. */
async function runBy(run: Command['run'], publishing: PublishingType): Promise<void> {
  const before = process.umask(0o077);
  try {
    await run(publishing);
  } finally {
    process.umask(before);
  }
}

async function check({ name, run }: Command): Promise<void> {
  using first = await template();
  const copy = first.file('copy');
  for (const folder of ['repo', 'keys'])
    real.cpSync(first.file(folder), join(copy, folder), { recursive: true, preserveTimestamps: true });
  const restore = (): void => {
    for (const folder of ['repo', 'keys']) {
      real.rmSync(first.file(folder), { recursive: true });
      real.cpSync(join(copy, folder), first.file(folder), { recursive: true, preserveTimestamps: true });
    }
  };
  const before = await lookAt(first);
  used = 0;
  await runBy(run, first);
  const operations = used;
  for (let at = 0; at < operations; at += 1) {
    restore();
    used = 0;
    budget = at;
    await runBy(run, first).then(
      () => {
        throw new Error(`${name} did not die at operation ${at} of ${operations}`);
      },
      (error: unknown) => {
        // Clearing up fails too, as it would.
        const isDead = error instanceof Error && (error instanceof Dead || error.cause instanceof Dead);
        if (!isDead && !(error instanceof SuppressedError)) throw error;
      },
    );
    budget = Number.POSITIVE_INFINITY;
    // Its process is gone; here it lives on.
    real.rmSync(join(first.folders.keys, 'state', 'lock'), { force: true });
    try {
      await goesOn(first, before);
    } catch (error) {
      throw new Error(`${name}, dead at operation ${at} of ${operations}: ${String(error)}`, { cause: error });
    }
  }
  process.stdout.write(`${JSON.stringify({ name, operations })}\n`);
}

/** What is public is valid and no older than before; then the next command makes it whole. */
async function goesOn(publishing: PublishingType, before: Awaited<ReturnType<typeof lookAt>>): Promise<void> {
  for (const [name, now] of Object.entries(await lookAt(publishing))) {
    const old = before[name];
    if (now === null || old === null || old === undefined) continue;
    for (const [role, version] of Object.entries(old.versions))
      if ((now.versions as Record<string, number>)[role]! < version) throw new Error(`${name}: ${role} went back`);
  }
  await publishing.commit([...LINES, 'e.example']);
  const { version, withdrawn, names } = await publishing.open((publisher) => ({
    version: publisher.state.version,
    withdrawn: publisher.state.withdrawn.size,
    names: publisher.active.map((recipient) => recipient.name),
  }));
  checkModes(publishing.folders.repo);
  const now = await lookAt(publishing);
  for (const name of names) {
    const repository = now[name];
    if (repository?.targets.has(`match/1/1/${version}.full`) !== true)
      throw new Error(`${name} has no version ${version}`);
    const open = async (path: string): Promise<Uint8Array> =>
      await Promise.any(
        publishing
          .identities(name)
          .map(async (identity) => await decrypted(identity, repository.targets.get(path)!.bytes)),
      );
    const header = readPayloadHeader(await open(`match/1/1/${version}.full`));
    const entries = LINES.length + 1 - withdrawn;
    if (header.addedHosts + header.addedExpressions !== entries) throw new Error(`${name} has not ${entries} entries`);
    const set = decodeWithdrawn(await open('withdrawn/1.set'));
    if (set.ids.length !== withdrawn) throw new Error(`${name} has ${set.ids.length} withdrawn`);
  }
}

/** A folder that was made and not opened to readers would keep them away for good. */
function checkModes(folder: string): void {
  for (const entry of real.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = real.statSync(path).mode & 0o777;
    if (entry.isDirectory() && !entry.name.endsWith('.tmp') && mode !== 0o755)
      throw new Error(`${path} has mode ${mode.toString(8)}`);
  }
}

for (const command of COMMANDS.filter(({ name }) => process.argv.length < 3 || process.argv.includes(name)))
  await check(command);
