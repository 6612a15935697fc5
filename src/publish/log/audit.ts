/**
 * The audit: from events and keys, and from nothing else that the publisher keeps, everything is made again and compared with what it
 * published.
 *
 *   events.jsonl ─▶ tree    ─▶ roots  = those of every head that was signed
 *                ─▶ entries ─▶ records ─▶ digest = in the log, in the signed metadata, under the published head
 *                   keys of a recipient ─┘
 *
 * It must not write anything, and must not use the publisher's caches (records/, log.hashes): they are what could be wrong.
 */
import { messageOf } from '../../lib/errors.ts';
import { listError } from '../../list/list-error.ts';
import { recordsDigest, sortRecords } from '../../list/protected/record.ts';
import { checkHead } from '../../list/source/tuf/log-heads.ts';
import { openedLeafHash } from '../../list/transparency/leaf.ts';
import { sameHash } from '../../list/transparency/merkle.ts';
import { makeRecords } from '../emit/emit-job.ts';
import { emittersFor, emittersIn, formName } from '../emit/emitter.ts';
import type { Emitter } from '../emit/emitter.ts';
import { columnsOf } from '../emit/entry-columns.ts';
import type { Folders } from '../folders.ts';
import { MassAudit } from '../mass-withdrawal.ts';
import { eventsPath, readEvents } from '../state/events.ts';
import type { LoggedEvent } from '../state/events.ts';
import { ListState } from '../state/list-state.ts';
import { digestKeys, readRecipients } from '../state/recipients.ts';
import type { Recipient } from '../state/recipients.ts';
import { readSettings } from '../state/settings.ts';
import type { Settings } from '../state/settings.ts';
import { openedLeaf } from './event-tree.ts';
import { readHeads } from './heads.ts';
import { PublishedFiles } from './published-files.ts';
import { Tree } from './tree.ts';

/** One comparison. */
export interface Finding {
  readonly what: string;
  /** What differs, in words; null: it is as it has to be. */
  readonly difference: string | null;
}

/** A version as a recipient was shown it. */
type Published = LoggedEvent & { readonly kind: 'published' };

class Auditor {
  readonly #folders: Folders;
  readonly #settings: Settings;
  readonly #tree = new Tree(() => new Uint8Array(), 0);
  readonly #state = new ListState();
  readonly #mass = new MassAudit(this.#state);
  /** By recipient and form, of its newest version. */
  readonly #published = new Map<string, Published>();
  #saltless = 0;

  constructor(folders: Folders, settings: Settings) {
    this.#folders = folders;
    this.#settings = settings;
  }

  events(): Finding {
    const salts = new Set<string>();
    for (const event of readEvents(eventsPath(this.#folders))) {
      const leaf = openedLeafHash(openedLeaf(event));
      if (leaf === null || salts.has(event.salt)) this.#saltless += 1;
      salts.add(event.salt);
      this.#tree.append(leaf ?? new Uint8Array(32));
      this.#mass.visit(event);
      this.#state.apply(event);
      if (event.kind === 'published') this.#published.set(`${event.recipient} ${formName(event)}`, event);
    }
    return {
      what: `${this.#tree.size} events, each with 32 random bytes of its own`,
      difference: this.#saltless === 0 ? null : `${this.#saltless} have none, or those of another`,
    };
  }

  /** After `events`. */
  massWithdrawals(): Finding {
    this.#mass.end();
    const { unannounced } = this.#mass;
    return {
      what: 'each withdrawal of much of the list was asked for as one (--mass)',
      difference: unannounced === 0 ? null : `${unannounced} entries were withdrawn without that`,
    };
  }

  async heads(): Promise<Finding> {
    const heads = await readHeads(this.#folders);
    const wrong = heads.filter(({ size, root }) => size > this.#tree.size || !sameHash(this.#tree.root(size), root));
    const sizes = wrong.map(({ size }) => size).join(', ');
    return {
      what: `${heads.length} signed heads are heads of these events`,
      difference: wrong.length === 0 ? null : `those of ${sizes} leaves are not`,
    };
  }

  /** Of all that are published to. */
  async recipients(): Promise<readonly Recipient[]> {
    const all = this.#state.version === 0 ? [] : await readRecipients(this.#folders);
    return all.filter(({ name, revoked }) => revoked === null && this.#state.recipients.has(name));
  }

  async *recipient(recipient: Recipient): AsyncGenerator<Finding> {
    const { name } = recipient;
    const { version, inForce } = this.#state;
    for (const emitter of await emittersIn(emittersFor(inForce))) {
      const form = formName(emitter);
      const what = `${name}, version ${version}, format and form ${form}`;
      const columns = columnsOf(inForce, inForce.size, emitter);
      const records = sortRecords(makeRecords(digestKeys(recipient), columns));
      const digest = recordsDigest(records).toString('hex');
      yield { what: `${what}: ${columns.rows} records, digest ${digest}`, difference: null };
      const logged = this.#published.get(`${name} ${form}`);
      yield {
        what: `${what}: the log has this digest`,
        difference: logged?.digest === digest && logged.version === version ? null : has(logged?.digest),
      };
      yield await this.#metadata(recipient, emitter, { what, digest });
    }
    yield* await this.#files(recipient);
  }

  /** @returns nothing where the metadata cannot be read: the finding before tells why. */
  async #files({ name }: Recipient): Promise<readonly Finding[]> {
    const files = await PublishedFiles.read(this.#folders, name, this.#settings).catch(() => null);
    if (files === null) return [];
    const damaged = await files.damaged();
    const what = `${name}: all files that its metadata names are in the repository, as they were signed`;
    return [{ what, difference: damaged.length === 0 ? null : `not ${damaged.join(', ')}` }];
  }

  async #metadata(
    { name }: Recipient,
    emitter: Emitter,
    { what, digest }: { readonly what: string; readonly digest: string },
  ): Promise<Finding> {
    const { version } = this.#state;
    const finding = {
      what: `${what}: the repository has this digest, in signed metadata and under a head of these events`,
    };
    try {
      const files = await PublishedFiles.read(this.#folders, name, this.#settings);
      const stated = files.digestOf(formName(emitter), version);
      if (stated !== digest) return { ...finding, difference: has(stated) };
      const bytes = await files.head();
      if (bytes === null) throw listError('log_head', 'there is no head of the log');
      const logKeys = this.#settings.roles.log.keys.map((key) => Buffer.from(key.public, 'hex'));
      const served = { version, format: emitter.format, form: emitter.form, digest };
      const { size, root } = checkHead(null, bytes, { logKeys, witnesses: [], served }).checkpoint;
      const isOurs = size <= this.#tree.size && sameHash(this.#tree.root(size), root);
      return { ...finding, difference: isOurs ? null : `the head of ${size} leaves is not one of these events` };
    } catch (error) {
      return { ...finding, difference: messageOf(error) };
    }
  }
}

/** @throws CleanfeedError `publisher_state` where there is nothing to be audited. */
export async function* audit(folders: Folders): AsyncGenerator<Finding> {
  const auditor = new Auditor(folders, await readSettings(folders));
  yield auditor.events();
  yield auditor.massWithdrawals();
  yield await auditor.heads();
  for (const recipient of await auditor.recipients()) yield* auditor.recipient(recipient);
}

function has(digest: string | null | undefined): string {
  return digest === null || digest === undefined ? 'it has no such version' : `it has ${digest}`;
}
