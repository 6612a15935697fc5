/**
 * A clearing house in a folder of a test's own, and the web root to which it copies what it has published:
 *
 *   publisher ─▶ repo/NAME ─▶ deploy() ─▶ web/NAME ◀─ nginx
 *
 * What a test spoils it spoils in the web root; the next `deploy` mends it. The publisher itself is never made to do anything that an
 * operator could not make it do. It is set up, and publishes lists, in the test's own process: a start of the command costs more than what it
 * does, and test/commands/publish.real.test.ts shows the command.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { build } from '../../src/publish/build.ts';
import { createPublisher } from '../../src/publish/create.ts';
import { Publisher } from '../../src/publish/publisher.ts';
import { addRecipient } from '../../src/publish/recipient-changes.ts';
import { cleanfeed } from '../commands/cli-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

const DAY_MS = 86_400_000;
const TIMESTAMP = join('metadata', 'timestamp.json');

export class ClearingHouse implements Disposable {
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  /** Lines that every version has. */
  readonly #filler: string;

  /** @param filler addresses that nobody asks for: where there are thousands, versions are published as deltas too. */
  static async begin(recipients: readonly string[], { filler = 0 } = {}): Promise<ClearingHouse> {
    const house = new ClearingHouse(filler);
    await createPublisher(house.folders, { threshold: 1, approvals: 1, now: Date.now() });
    for (const name of recipients) await house.addRecipient(name);
    return house;
  }

  constructor(filler: number) {
    this.#filler = Array.from({ length: filler }, (_, i) => `http://filler${i}.example/page\n`).join('');
  }

  file(name: string): string {
    return this.#directory.file(name);
  }

  get folders(): { readonly repo: string; readonly keys: string } {
    return { repo: this.file('repo'), keys: this.file('keys') };
  }

  /** What nginx serves: a folder for each recipient. */
  get web(): string {
    return this.file('web');
  }

  get root(): string {
    return this.file('keys/state/root/1.root.json');
  }

  identity(name: string): string {
    return this.file(`${name}.age`);
  }

  /** A `cleanfeed publish` of its own. @returns what it prints. */
  async publish(...words: readonly string[]): Promise<string> {
    const { repo, keys } = this.folders;
    const { code, stdout, stderr } = await cleanfeed(['publish', ...words, '-r', repo, '-k', keys]);
    if (code !== 0) throw new Error(`publish ${words.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async addRecipient(name: string): Promise<void> {
    const identity = await generateX25519Identity();
    writeFileSync(this.identity(name), identity, { mode: 0o600 });
    const age = await identityToRecipient(identity);
    await this.open(Date.now(), async (publisher) => await addRecipient(publisher, name, { age, names: null }));
  }

  /** The list becomes `http://HOST.localhost/listed` for each of them, and the filler. */
  async list(...hosts: readonly string[]): Promise<void> {
    await this.open(Date.now(), async (publisher) => {
      const terms = { today: Math.floor(publisher.now / DAY_MS), suffixes: 'refuse', isRelisted: false } as const;
      const built = build(Buffer.from(this.#text(hosts)), publisher.state, terms);
      if (!built.ok) throw new Error(JSON.stringify(built.errors));
      const { additions: added, removals: removed } = built.changeSet;
      await publisher.commitVersion({ added, removed, changeSet: 'digest', approvedBy: [] });
    });
  }

  async withdraw(host: string): Promise<string> {
    return await this.publish('withdraw', `http://${host}.localhost/listed`);
  }

  /** The publisher in this process, at a time that the test says (milliseconds since the epoch). */
  async open<T>(now: number, act: (publisher: Publisher) => Promise<T>): Promise<T> {
    await using publisher = await Publisher.open(this.folders, { now });
    return await act(publisher);
  }

  /** The same keys, and what was published until now, in other hands. */
  stolen(): ClearingHouse {
    const thief = new ClearingHouse(0);
    for (const folder of ['repo', 'keys'] as const)
      cpSync(this.folders[folder], thief.folders[folder], { recursive: true });
    return thief;
  }

  /** As rsync would with `--delete`, the timestamp last and by rename. */
  deploy(name: string): void {
    const [from, to] = [join(this.folders.repo, name), join(this.web, name)];
    mkdirSync(to, { recursive: true });
    const isOther = (path: string): boolean => !path.endsWith(TIMESTAMP);
    cpSync(from, to, { recursive: true, preserveTimestamps: true, filter: isOther });
    const source = join(from, TIMESTAMP);
    const place = join(to, TIMESTAMP);
    cpSync(source, `${place}.next`, { preserveTimestamps: true });
    renameSync(`${place}.next`, place);
    const known = new Set(filesBelow(from));
    for (const file of filesBelow(to)) if (!known.has(file)) rmSync(join(to, file));
  }

  /** A file in the web root. */
  read(name: string, file: string): Buffer {
    return readFileSync(join(this.web, name, file));
  }

  write(name: string, file: string, content: string | Uint8Array): void {
    writeFileSync(join(this.web, name, file), content);
  }

  /** Files of a recipient in the web root whose path ends like this, the newest first. */
  files(name: string, end: string): readonly string[] {
    const folder = join(this.web, name);
    const age = (file: string): number => statSync(join(folder, file)).mtimeMs;
    // Metadata by its number: what is no longer in force is dated when another takes its place, and may look the newer of the two.
    const version = (file: string): number => Number(/^metadata\/(\d+)\./.exec(file)?.[1] ?? 0);
    return filesBelow(folder)
      .filter((file) => file.endsWith(end))
      .sort((a, b) => version(b) - version(a) || age(b) - age(a));
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }

  #text(hosts: readonly string[]): string {
    return `${hosts.map((host) => `http://${host}.localhost/listed\n`).join('')}${this.#filler}`;
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
