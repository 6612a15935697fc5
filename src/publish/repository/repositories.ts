/**
 * The repositories of all recipients: what is published to each, and what REPO has lost of it.
 *
 *   published/NAME.json ─▶ what the metadata names ─┬─ is in REPO ──────▶ whole
 *                                                   ├─ is not there ────▶ lacking: made again with whatever is published next
 *                                                   └─ a timestamp that is not as it was decided ─▶ written again, or tried with the next
 *
 * It must not decide what is due to a recipient: that is the publisher's business.
 */
import { unlessOfSystem } from '../../lib/errors.ts';
import type { EmitResult } from '../emit/emit-job.ts';
import type { Folders } from '../folders.ts';
import { ownersOf } from '../state/recipients.ts';
import type { Recipient } from '../state/recipients.ts';
import { lackingOf, namedFiles, targetFiles } from './named-files.ts';
import type { NamedFile } from './named-files.ts';
import { readPublished } from './published.ts';
import type { Published } from './published.ts';
import { newerTimestamp, publishRepository, publishTimestamp } from './repository.ts';
import type { RepositoryChange, Signing } from './repository.ts';

export class Repositories {
  /** By recipient: the version of a timestamp in REPO that was newer than what KEYS knows of, and is replaced by that. */
  readonly outrun = new Map<string, number>();
  readonly #folders: Folders;
  readonly #published = new Map<string, Published>();
  readonly #lacking = new Map<string, readonly NamedFile[]>();
  /** Recipients whose timestamp was decided, and could not be written when it was read. */
  readonly #unpublished = new Set<string>();

  constructor(folders: Folders) {
    this.#folders = folders;
  }

  get all(): Iterable<Published> {
    return this.#published.values();
  }

  /** @returns null: nothing was published to it yet. */
  published(name: string): Published | null {
    return this.#published.get(name) ?? null;
  }

  /** What its metadata names and REPO has not. Whatever is published next brings it back, as far as its keys are at hand. */
  lacking(name: string): readonly NamedFile[] {
    return this.#lacking.get(name) ?? [];
  }

  /** Whether that version of the list is not published to it yet, or not as a whole any more. */
  isLate(name: string, version: number): boolean {
    const isPartLost = this.lacking(name).some(({ role, kind }) => role === 'targets' && kind === 'target');
    return isPartLost || (this.published(name)?.version ?? 0) < version;
  }

  isWhole(name: string): boolean {
    return this.lacking(name).length === 0 && !this.#unpublished.has(name);
  }

  /** What an interrupted command has decided is public with this. */
  async read(name: string): Promise<void> {
    const published = await readPublished(this.#folders, name);
    if (published === null) return;
    this.#published.set(name, published);
    const newer = await newerTimestamp(this.#folders, name, published);
    if (newer !== null) this.outrun.set(name, newer);
    // Where that fails it is tried once more with whatever is published next, which fails for this recipient alone, or makes its folder.
    await publishTimestamp(this.#folders, name, published).catch((error: unknown) => {
      unlessOfSystem(error);
      this.#unpublished.add(name);
    });
    await this.#look(name, published);
  }

  async publish(signing: Omit<Signing, 'folders'>, recipient: Recipient, change: RepositoryChange): Promise<void> {
    const { name } = recipient;
    const owner = { recipient: name, owners: ownersOf(recipient, signing.now) };
    const whole = { ...signing, folders: this.#folders };
    const published = await publishRepository(whole, owner, this.published(name), change);
    this.#unpublished.delete(name);
    this.#published.set(name, published);
    await this.#look(name, published);
  }

  /** Where nothing is due, a timestamp that was decided may still be. */
  async publishDecided(name: string): Promise<void> {
    const published = this.published(name);
    if (published === null || !this.#unpublished.has(name)) return;
    await publishTimestamp(this.#folders, name, published);
    this.#unpublished.delete(name);
  }

  /** What was written before an interruption may be gone since: no metadata names it, and after 30 days that is deleted. */
  async stillThere(results: readonly EmitResult[]): Promise<readonly EmitResult[]> {
    const there: EmitResult[] = [];
    for (const result of results) {
      const files = targetFiles('targets', result.targets);
      if ((await lackingOf(this.#folders, result.recipient, files)).length === 0) there.push(result);
    }
    return there;
  }

  async #look(name: string, published: Published): Promise<void> {
    this.#lacking.set(name, await lackingOf(this.#folders, name, namedFiles(published)));
  }
}
