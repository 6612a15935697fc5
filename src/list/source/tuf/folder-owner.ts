/**
 * Who changes a folder: one at a time in this process. A reload may make another source of a list that lies in the same folder; it takes the folder over
 * when it cannot do without, and whoever had it ends what he has under way first. It must not touch the folder.
 *
 *   free ──take──▶ owned by A ──B takes──▶ A leaves: what is under way ends ──▶ owned by B ──release──▶ free
 */
const owners = new Map<string, FolderOwner>();

export class FolderOwner {
  readonly #folder: string;
  readonly #whenIdle: () => Promise<void> | null;
  #leaving: Promise<void> | null = null;

  /** @param whenIdle ends what changes the folder; resolves when nothing does. Null: nothing does now. */
  constructor(folder: string, whenIdle: () => Promise<void> | null) {
    this.#folder = folder;
    this.#whenIdle = whenIdle;
  }

  get isOwner(): boolean {
    return owners.get(this.#folder) === this && this.#leaving === null;
  }

  /** Nobody else has it. */
  get isFree(): boolean {
    return (owners.get(this.#folder) ?? this) === this;
  }

  /** Resolves when nobody else changes anything there. */
  async take(): Promise<void> {
    // It may have left just now.
    await this.#leaving;
    for (let other = owners.get(this.#folder); other !== undefined && other !== this; other = owners.get(this.#folder))
      await other.#leave();
    owners.set(this.#folder, this);
  }

  release(): void {
    if (this.isOwner) void this.#leave();
  }

  async #leave(): Promise<void> {
    this.#leaving ??= this.#end();
    await this.#leaving;
    this.#leaving = null;
  }

  async #end(): Promise<void> {
    const idle = this.#whenIdle();
    // At once where nothing is under way.
    if (idle !== null) await idle;
    if (owners.get(this.#folder) === this) owners.delete(this.#folder);
  }
}
