/**
 * A clearing house beside the load: it publishes the list of the bench as a protected one by the commands that operators use, and makes versions of it
 * ahead of the load, since a publication takes longer than the update that is measured. What the proxy follows is a folder, to which each version is moved
 * as a copy of the repository would bring it: payload, metadata, timestamp.
 */
import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ListedUrl } from '../../data/url-list.ts';
import type { Workspace } from '../workspace.ts';

const CLI = join(import.meta.dirname, '..', '..', '..', 'src', 'cli.ts');
const ISP = 'isp';
/** As an age identity is made: it takes a moment, and settings are written without one. */
const NEW_IDENTITY = `const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  console.log(JSON.stringify({ identity, recipient: await identityToRecipient(identity) }));`;
/** Entries that a version adds, and as many that it takes away. */
const CHANGES = 500;
/** A node takes a whole list where the differences to it have become long beside it; a hundred of these lists are a gigabyte and a half. */
const MOST_WHOLE_BYTES = 16e6;
/** The last file of a version: it says which the others are. */
const TIMESTAMP = join('metadata', 'timestamp.json');

export class ClearingHouse {
  readonly #folder: string;
  readonly #list: readonly ListedUrl[];

  /** Made, with its first version, where it is not there yet. */
  constructor(workspace: Workspace, list: readonly ListedUrl[]) {
    this.#folder = workspace.path('clearing-house');
    this.#list = list;
    if (existsSync(this.#folder)) return;
    mkdirSync(this.#folder);
    const made = spawnSync(process.execPath, ['--input-type=module', '-e', NEW_IDENTITY], { encoding: 'utf8' });
    const { identity, recipient } = JSON.parse(made.stdout) as Readonly<Record<'identity' | 'recipient', string>>;
    writeFileSync(join(this.#folder, 'isp.age'), identity, { mode: 0o600 });
    this.#now('init');
    this.#now('recipient', 'add', ISP, recipient);
    this.#write(0);
    this.#now('build', join(this.#folder, 'list.txt'), '--commit');
    cpSync(this.#published, this.#served, { recursive: true });
  }

  get #published(): string {
    return join(this.#folder, 'repo', ISP);
  }

  get #served(): string {
    return join(this.#folder, 'served');
  }

  /** Keys of a list in a configuration. */
  get source(): Readonly<Record<string, string>> {
    const file = (...names: readonly string[]): string => join(this.#folder, ...names);
    return {
      source: `tuf+file://${this.#served}/`,
      root: file('keys', 'state', 'root', '1.root.json'),
      identity: file('isp.age'),
    };
  }

  /**
   * Makes versions ahead. Whole lists are left out where they are long: a node that has the version before takes the difference.
   * @param told is called with the count of those made.
   */
  async prepare(count: number, told: (made: number) => void): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      told(made);
      const begunAt = Date.now();
      const version = this.#newest + 1;
      this.#write(version);
      await promisify(execFile)(process.execPath, [
        CLI,
        ...this.#words('build', join(this.#folder, 'list.txt'), '--commit'),
      ]);
      const isNew = (path: string): boolean => {
        const file = statSync(path);
        const isLeftOut = path.endsWith('.full') && file.size > MOST_WHOLE_BYTES;
        return file.isDirectory() || (!isLeftOut && file.mtimeMs >= begunAt);
      };
      cpSync(this.#published, this.#prepared(version), { recursive: true, filter: isNew });
    }
  }

  /** @returns the number of the version that is published now, of those that were made ahead. */
  publishNext(): number {
    const version = Math.min(...readdirSync(join(this.#folder, 'prepared')).map(Number));
    const from = this.#prepared(version);
    const files = readdirSync(from, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(from.length + 1))
      .filter((file) => file !== TIMESTAMP);
    for (const file of [...files, TIMESTAMP]) {
      mkdirSync(dirname(join(this.#served, file)), { recursive: true });
      renameSync(join(from, file), join(this.#served, file));
    }
    rmSync(from, { recursive: true });
    return version;
  }

  #prepared(version: number): string {
    return join(this.#folder, 'prepared', String(version));
  }

  get #newest(): number {
    const payloads = readdirSync(join(this.#published, 'targets', 'match', '1', '1'));
    return Math.max(...payloads.map((name) => Number(name.split('.').at(-2))));
  }

  /** As many entries in each version, so that their sizes are one. */
  #write(version: number): void {
    const kept = this.#list.slice(0, this.#list.length - CHANGES);
    const own = Array.from({ length: CHANGES }, (_, i) => `http://new-${version}-${i}.example/page\n`);
    writeFileSync(
      join(this.#folder, 'list.txt'),
      [...kept.map(({ host, path }) => `http://${host}${path}\n`), ...own].join(''),
    );
  }

  #words(...words: readonly string[]): readonly string[] {
    return ['publish', ...words, '-r', join(this.#folder, 'repo'), '-k', join(this.#folder, 'keys')];
  }

  #now(...words: readonly string[]): void {
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...this.#words(...words)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`nothing can be published: ${stderr}`);
  }
}

/** Of the list that a proxy with this state directory has in force; null: none. */
export function versionIn(stateDirectory: string): number | null {
  const lists = join(stateDirectory, 'lists');
  const [store] = existsSync(lists) ? readdirSync(lists).filter((name) => name.endsWith('.tuf')) : [];
  if (store === undefined || !existsSync(join(lists, store, 'state.json'))) return null;
  const { current } = JSON.parse(readFileSync(join(lists, store, 'state.json'), 'utf8')) as { current: number | null };
  return current;
}
