/**
 * A TUF repository for tests, made with @tufjs/models and not with our publisher, so that each part of it can be made wrong: every role has
 * its own keys, and what it signs is what the test has set.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ownerOf } from '../../../../src/list/protected/owner.ts';
import { encodeWithdrawn } from '../../../../src/list/protected/withdrawn.ts';
import { OWN_FORM } from '../../../../src/list/protected/vectors.ts';
import { listEntries } from '../../../../src/list/text/compile.ts';
import type { NoteKey } from '../../../../src/list/transparency/signed-note.ts';
import type { Entry } from '../../../../src/match/entry.ts';
import { deltaBytes, fullOf, withdrawn } from '../../protected/support.ts';

const DELEGATED = ['withdrawn', 'log'] as const;
const TOP = ['root', 'timestamp', 'snapshot', 'targets'] as const;
const ROLES = [...TOP, ...DELEGATED] as const;
export type TestRole = (typeof ROLES)[number];

export interface TestSigner {
  readonly key: Key;
  readonly secret: KeyObject;
}

/** As a configuration has them. */
interface FollowingList {
  readonly name: string;
  readonly source: string;
  readonly root: string;
  readonly identity: string;
}

interface Target {
  readonly role: 'targets' | 'withdrawn' | 'log';
  readonly bytes: Uint8Array;
  readonly custom: Readonly<Record<string, string | number>>;
}

export function newSigner(): TestSigner {
  const { publicKey, privateKey: secret } = generateKeyPairSync('ed25519');
  const hex = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  const keyID = createHash('sha256').update(hex).digest('hex');
  return { key: new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: hex } }), secret };
}

/** Lines of a text list; an entry's id is of its line, in whatever order they stand. */
export function entriesOf(lines: readonly string[]): readonly Entry[] {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const entries = [...listEntries(text, { list: 0, action: 'block', today: 20_000 })];
  return entries.map((entry, i) => Object.assign(entry, { id: idOf(lines[i] ?? '') }));
}

/** Of an entry with this line. */
export function idOf(line: string): bigint {
  return createHash('sha256').update(line).digest().readBigUInt64LE(0);
}

export class TestRepository {
  readonly folder: string;
  readonly signers: Record<TestRole, TestSigner[]>;
  /** In place of those that the role has. */
  readonly signWith: Partial<Record<TestRole, TestSigner[]>> = {};
  readonly thresholds: Record<TestRole, number> = {
    root: 1,
    timestamp: 1,
    snapshot: 1,
    targets: 1,
    withdrawn: 1,
    log: 1,
  };
  readonly versions: Record<TestRole, number> = {
    root: 1,
    timestamp: 0,
    snapshot: 0,
    targets: 0,
    withdrawn: 0,
    log: 0,
  };
  readonly expires: Record<TestRole, string>;
  readonly targets = new Map<string, Target>();
  /** The targets role does not delegate to them. */
  readonly undelegated = new Set<string>();
  /** Of the list. */
  version = 0;
  /** Also of the role `log`. */
  logKeys: readonly Key[] = [];
  /** Whose it is, as its timestamp says; null: it does not. */
  owners: readonly string[] | null = null;
  /** At which a withdrawn set is signed, seconds since the epoch. */
  time = 1_790_000_000;
  /** Of the last withdrawn set. */
  serial = 0;
  namesIdentity = '';
  #lines: readonly string[] = [];
  #identity = '';
  #recipient = '';

  constructor(folder: string) {
    this.folder = folder;
    const each = <T>(make: () => T): Record<TestRole, T> => ({
      root: make(),
      timestamp: make(),
      snapshot: make(),
      targets: make(),
      withdrawn: make(),
      log: make(),
    });
    this.signers = each(() => [newSigner()]);
    this.expires = each(() => '2126-01-01T00:00:00Z');
  }

  static async create(folder: string): Promise<TestRepository> {
    const repository = new TestRepository(folder);
    repository.#identity = await generateX25519Identity();
    repository.namesIdentity = await generateX25519Identity();
    repository.#recipient = await identityToRecipient(repository.#identity);
    repository.owners = [ownerOf(repository.#recipient)];
    repository.write('metadata/1.root.json', repository.root());
    return repository;
  }

  get identity(): string {
    return this.#identity;
  }

  /** What a node needs to follow it is written into that folder. @returns keys of the list that does. */
  listIn(directory: { file(name: string): string }, name: string): FollowingList {
    const list = { name, root: directory.file('root.json'), identity: directory.file('node.age') };
    writeFileSync(list.root, this.root());
    writeFileSync(list.identity, this.identity, { mode: 0o600 });
    return { ...list, source: `tuf+file://${this.folder}` };
  }

  /** Whose identity payloads are encrypted to from now on; null: nobody's that is known. */
  async addressTo(identity: string | null): Promise<void> {
    this.#recipient = await identityToRecipient(identity ?? (await generateX25519Identity()));
    if (identity !== null) this.owners = [ownerOf(this.#recipient)];
  }

  /** As it is to be pinned; signed by `by`, its own keys unless told. */
  root(by: readonly TestSigner[] = this.signers.root): string {
    const root = new Root({ ...this.#common('root'), keys: {}, consistentSnapshot: true });
    for (const role of TOP) {
      for (const { key } of this.signers[role]) root.addKey(key, role);
      const named = root.roles[role];
      if (named !== undefined) Object.assign(named, { threshold: this.thresholds[role] });
    }
    return this.#signed(root, by);
  }

  /** The next root, signed by the keys of both. */
  rotate(role: TestRole, signers: TestSigner[]): void {
    const before = this.signers.root;
    this.signers[role] = signers;
    this.versions.root += 1;
    this.write(`metadata/${this.versions.root}.root.json`, this.root([...new Set([...before, ...this.signers.root])]));
  }

  /** The next version of the list, whole and as a delta, and all metadata. */
  async publish(lines: readonly string[]): Promise<void> {
    this.version += 1;
    const [before, after] = [entriesOf(this.#lines), entriesOf(lines)];
    this.#lines = lines;
    for (const path of this.targets.keys()) if (path.endsWith('.full')) this.targets.delete(path);
    await this.add(`${this.version}.full`, fullOf(after, this.version));
    if (this.version > 1) await this.add(`${this.version}.delta`, deltaBytes(before, after, this.version));
    this.release();
  }

  /** As `publish`, with a time (seconds since the epoch) that its payload tells. */
  async publishAt(time: number, lines: readonly string[]): Promise<void> {
    this.version += 1;
    const before = entriesOf(this.#lines);
    this.#lines = lines;
    for (const path of this.targets.keys()) if (path.endsWith('.full')) this.targets.delete(path);
    await this.add(`${this.version}.full`, fullOf(entriesOf(lines), this.version, time));
    await this.add(`${this.version}.delta`, deltaBytes(before, entriesOf(lines), this.version, time));
    this.release();
  }

  /** Other records under the number of the last version, as a thief of the keys, or a publisher that begins anew, may publish them. */
  async replace(lines: readonly string[], version = this.version): Promise<void> {
    for (const path of this.targets.keys()) if (path.startsWith('match/')) this.targets.delete(path);
    this.version = version;
    this.#lines = lines;
    await this.add(`${version}.full`, fullOf(entriesOf(lines), version));
    this.release();
  }

  /** A head of the log, which goes into the repository with the next publication. */
  addHead(size: number, bytes: Uint8Array, { key }: NoteKey): void {
    const hex = Buffer.from(key).toString('hex');
    const keyVal = { public: hex };
    this.logKeys = [new Key({ keyID: hex, keyType: 'ed25519', scheme: 'ed25519', keyVal })];
    for (const path of this.targets.keys()) if (path.startsWith('log/')) this.targets.delete(path);
    this.targets.set(`log/${size}.head`, { role: 'log', bytes, custom: {} });
  }

  async withdraw(lines: readonly string[]): Promise<void> {
    this.serial += 1;
    const set = encodeWithdrawn({ ...withdrawn(lines.map(idOf), this.serial), time: this.time });
    await this.withdrawBytes(set);
  }

  /** What is signed as a withdrawn set, whatever it is. */
  async withdrawBytes(plain: Uint8Array): Promise<void> {
    this.targets.set('withdrawn/1.set', { role: 'withdrawn', bytes: await this.#encrypted(plain), custom: {} });
    this.release(['withdrawn']);
  }

  /** A payload of this program's format and form, encrypted. */
  async add(name: string, plain: Uint8Array, form = OWN_FORM.form): Promise<void> {
    const version = Number(name.split('.', 1)[0]);
    this.targets.set(`match/1/${form}/${name}`, {
      role: 'targets',
      bytes: await this.#encrypted(plain),
      custom: { version, format: 1, form, unicode: OWN_FORM.unicode, digest: digestIn(plain) },
    });
  }

  /** Writes new metadata of all roles, with the next versions of those that stand for it. */
  release(changed: readonly TestRole[] = ['targets']): void {
    for (const role of new Set<TestRole>([...changed, 'snapshot', 'timestamp'])) this.versions[role] += 1;
    for (const role of ['targets', ...DELEGATED] as const) this.versions[role] = Math.max(1, this.versions[role]);
    for (const [path, { bytes }] of this.targets) this.write(targetPath(path, bytes), bytes);
    this.writeTargets();
    this.writeSnapshot();
    this.writeTimestamp();
  }

  writeTargets(): void {
    const keys = DELEGATED.flatMap((role) => [...this.signers[role].map(({ key }) => key), ...this.logKeys]);
    const roles = DELEGATED.filter((role) => !this.undelegated.has(role)).map((role) => ({
      name: role,
      keyids: [...this.signers[role].map(({ key }) => key), ...(role === 'log' ? this.logKeys : [])].map(
        ({ keyID }) => keyID,
      ),
      threshold: this.thresholds[role],
      terminating: true,
      paths: [`${role}/*`],
    }));
    const delegations = { keys: Object.fromEntries(keys.map((key) => [key.keyID, key.toJSON()])), roles };
    this.#writeOf('targets', { ...this.#signedData('targets'), delegations });
    for (const role of DELEGATED) this.#writeOf(role, this.#signedData(role));
  }

  writeSnapshot(): void {
    const meta = Object.fromEntries(
      (['targets', ...DELEGATED] as const).map((role) => [`${role}.json`, this.#metaOf(role, this.versions[role])]),
    );
    const snapshot = new Snapshot({ ...this.#common('snapshot'), meta });
    this.write(`metadata/${this.versions.snapshot}.snapshot.json`, this.#signed(snapshot, this.#signersOf('snapshot')));
  }

  writeTimestamp(): void {
    const snapshotMeta = this.#metaOf('snapshot', this.versions.snapshot);
    const unrecognizedFields = this.owners === null ? {} : { owners: [...this.owners] };
    const timestamp = new Timestamp({ ...this.#common('timestamp'), snapshotMeta, unrecognizedFields });
    this.write('metadata/timestamp.json', this.#signed(timestamp, this.#signersOf('timestamp')));
  }

  /** Names of the last version: of these lines, or these bytes. */
  async addNames(given: readonly string[] | Uint8Array, version = this.version): Promise<void> {
    const lines = 'buffer' in given ? [] : given;
    const named = lines.map((line) => `${idOf(line)} ${line}\n`).join('');
    const plain =
      'buffer' in given ? given : Buffer.from(`cleanfeed names 2\nversion ${version}\ntime 1\n${named}\0\0`);
    for (const path of this.targets.keys()) if (path.startsWith('names/')) this.targets.delete(path);
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(this.namesIdentity));
    this.targets.set(`names/2/${version}.full`, {
      role: 'targets',
      bytes: await encrypter.encrypt(plain),
      custom: { version, format: 2 },
    });
    this.release();
  }

  /** What is on the server now. */
  read(path: string): Uint8Array | undefined {
    return this.files.get(path);
  }

  readonly files = new Map<string, Uint8Array>();

  write(path: string, content: string | Uint8Array): void {
    const bytes = Buffer.from(content);
    this.files.set(path, bytes);
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }

  remove(path: string): void {
    this.files.delete(path);
    rmSync(join(this.folder, path));
  }

  #signersOf(role: TestRole): readonly TestSigner[] {
    return this.signWith[role] ?? this.signers[role];
  }

  #writeOf(role: Target['role'], data: Parameters<typeof Targets.fromJSON>[0]): void {
    const signed = this.#signed(Targets.fromJSON(data), this.#signersOf(role));
    this.write(`metadata/${this.versions[role]}.${role}.json`, signed);
  }

  #metaOf(role: TestRole, version: number): MetaFile {
    const bytes = this.files.get(`metadata/${version}.${role}.json`) ?? new Uint8Array(0);
    return new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256(bytes) } });
  }

  #signedData(role: Target['role']) {
    const { version, specVersion: spec_version, expires } = this.#common(role);
    const own = [...this.targets].filter(([, target]) => target.role === role);
    const targets = own.map(([path, { bytes, custom }]) => {
      const file = new TargetFile({
        path,
        length: bytes.length,
        hashes: { sha256: sha256(bytes) },
        unrecognizedFields: { custom: { ...custom } },
      });
      return [path, file.toJSON()] as const;
    });
    return { _type: 'targets', version, spec_version, expires, targets: Object.fromEntries(targets) };
  }

  #common(role: TestRole) {
    return { version: this.versions[role], specVersion: '1.0.31', expires: this.expires[role] };
  }

  #signed(signed: Root | Timestamp | Snapshot | Targets, by: readonly TestSigner[]): string {
    const metadata = new Metadata(signed);
    for (const { key, secret } of by)
      metadata.sign((data) => new Signature({ keyID: key.keyID, sig: sign(null, data, secret).toString('hex') }));
    return JSON.stringify(metadata.toJSON());
  }

  async #encrypted(plain: Uint8Array): Promise<Uint8Array> {
    const encrypter = new Encrypter();
    encrypter.addRecipient(this.#recipient);
    return await encrypter.encrypt(plain);
  }
}

/** Where docs/list-format.md says it is. */
function digestIn(payload: Uint8Array): string {
  return Buffer.from(payload.subarray(80, 112)).toString('hex');
}

function targetPath(path: string, bytes: Uint8Array): string {
  const { dir, base } = posix.parse(path);
  return `targets/${dir}/${sha256(bytes)}.${base}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
