/** A publisher in a folder of its own, at a time that the test says, with recipients whose identities the test has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { build } from '../../src/publish/build.ts';
import { createPublisher } from '../../src/publish/create.ts';
import type { Folders } from '../../src/publish/folders.ts';
import { Publisher } from '../../src/publish/publisher.ts';
import type { PublisherOptions } from '../../src/publish/publisher.ts';
import { addRecipient } from '../../src/publish/recipient-changes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { verifiedRepository } from './verified-repository.ts';
import type { VerifiedRepository } from './verified-repository.ts';

export const START = Date.UTC(2026, 10, 26, 12);
export const DAY = 86_400_000;

export class Publishing implements Disposable {
  readonly folders: Folders;
  now: number;
  readonly #directory = temporaryDirectory();
  readonly #identities = new Map<string, string[]>();

  /** @param options `now`: that of the clock where another program checks what has expired. */
  static async begin(
    options: { readonly threshold?: number; readonly approvals?: number; readonly now?: number } = {},
  ): Promise<Publishing> {
    const publishing = new Publishing(options.now);
    await createPublisher(publishing.folders, { threshold: 1, approvals: 1, ...options, now: publishing.now });
    return publishing;
  }

  constructor(now = START) {
    this.now = now;
    this.folders = { repo: this.#directory.file('repo'), keys: this.#directory.file('keys') };
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }

  file(name: string): string {
    return this.#directory.file(name);
  }

  async open<T>(act: (publisher: Publisher) => Promise<T> | T, options: Partial<PublisherOptions> = {}): Promise<T> {
    await using publisher = await Publisher.open(this.folders, { now: this.now, ...options });
    return await act(publisher);
  }

  async recipient(name: string, options: Partial<PublisherOptions> = {}): Promise<void> {
    const age = await this.newIdentity(name);
    await this.open(async (publisher) => await addRecipient(publisher, name, { age, names: null }), options);
  }

  /** @returns its recipient. */
  async newIdentity(name: string): Promise<string> {
    const identity = await generateX25519Identity();
    this.#identities.set(name, [...this.identities(name), identity]);
    return await identityToRecipient(identity);
  }

  identity(name: string): string {
    return this.identities(name).at(-1)!;
  }

  /** All that it has had, in order. */
  identities(name: string): readonly string[] {
    return this.#identities.get(name) ?? [];
  }

  /** The list becomes these lines. @returns the version. */
  async commit(
    lines: readonly string[],
    options: Partial<PublisherOptions> & { readonly relist?: boolean } = {},
  ): Promise<number> {
    return await this.open(async (publisher) => {
      const built = build(Buffer.from(`# A list.\n${lines.map((line) => `${line}\n`).join('')}`), publisher.state, {
        today: Math.floor(this.now / DAY),
        suffixes: 'refuse',
        isRelisted: options.relist === true,
      });
      if (!built.ok) throw new Error(JSON.stringify(built.errors));
      const { additions, removals } = built.changeSet;
      return await publisher.commitVersion({
        added: additions,
        removed: removals,
        changeSet: 'digest',
        approvedBy: [],
      });
    }, options);
  }

  root(version = 1): string {
    return readFileSync(join(this.folders.keys, 'state', 'root', `${version}.root.json`), 'utf8');
  }

  /** As a reader with the first root sees it. */
  repository(name: string): VerifiedRepository {
    return verifiedRepository(join(this.folders.repo, name), this.root());
  }
}
