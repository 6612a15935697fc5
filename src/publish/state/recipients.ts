/**
 * What the publisher knows of each recipient (KEYS/state/recipients/NAME.json): whom payloads are encrypted to, and the keys under which
 * its records are digested. It is as secret as the list itself. It must not be readable by anybody else: mode 0600.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { NUMBER, TEXT } from '../../lib/json-shapes.ts';
import { mapping } from '../../lib/shape.ts';
import type { Output } from '../../lib/shape.ts';
import { BASE64, integer } from './state-values.ts';
import { CleanfeedError } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { ownerOf } from '../../list/protected/owner.ts';
import { statePath } from '../folders.ts';
import type { Folders } from '../folders.ts';
import { readState, writeState } from './state-file.ts';

/** A recipient that was replaced and is still served, until then (milliseconds). */
const FORMER = mapping({ age: TEXT, until: NUMBER }).nullable();

const recipientSchema = mapping(
  {
    name: TEXT,
    /** Recipient of the payload `match`. */
    age: TEXT,
    /** Recipient of the payload `names`; null: it gets none. */
    names: TEXT.nullable(),
    /** Keys of its records, base64: 8 and 32 bytes. */
    fingerprintKey: BASE64,
    proofKey: BASE64,
    /** 32 bytes, base64: an entry has another id with each recipient. It stays when the other keys are renewed. */
    idKey: BASE64,
    /** Of `age`. */
    former: FORMER,
    /** ISO time; null: in force. */
    revoked: TEXT.nullable(),
  },
  {
    /** Version of the list from which on its records are made with these keys; absent: from its first on. */
    since: integer(),
    /** Of `names`. */
    formerNames: FORMER,
  },
);

export type Recipient = Output<typeof recipientSchema>;

export interface DigestKeys {
  readonly fingerprint: Uint8Array;
  readonly proof: Uint8Array;
  readonly id: Uint8Array;
}

/** @param age the public key that payloads are encrypted to. @param names the one for the payloads that hold names; null: it gets none. */
export function newRecipient(name: string, age: string, names: string | null): Recipient {
  return { name, age, names, ...newDigestKeys(), idKey: base64(32), former: null, revoked: null };
}

/** Fresh keys: records under them have nothing in common with those before. */
export function newDigestKeys(): { readonly fingerprintKey: string; readonly proofKey: string } {
  return { fingerprintKey: base64(8), proofKey: base64(32) };
}

export function digestKeys({ fingerprintKey, proofKey, idKey }: Recipient): DigestKeys {
  return {
    fingerprint: Buffer.from(fingerprintKey, 'base64'),
    proof: Buffer.from(proofKey, 'base64'),
    id: Buffer.from(idKey, 'base64'),
  };
}

/** Names the digest keys: what was made under others is not for them. */
export function keysName({ fingerprintKey, proofKey }: Recipient): string {
  return createHash('sha256').update(`${fingerprintKey} ${proofKey}`).digest('hex').slice(0, 16);
}

/** Whom its payloads are encrypted to now, each once. @param now milliseconds since the epoch. */
export function ageRecipients({ age, former }: Recipient, now: number): readonly string[] {
  return served(age, former, now);
}

/** The same of the payload `names`; empty: it gets none. */
export function namesRecipients({ names, formerNames = null }: Recipient, now: number): readonly string[] {
  return names === null ? [] : served(names, formerNames, now);
}

function served(age: string, former: Recipient['former'], now: number): readonly string[] {
  return former === null || former.until <= now ? [age] : [...new Set([age, former.age])];
}

/**
 * What metadata says of whose it is: whoever has the identity can check that the repository is not another recipient's, signed by
 * the same keys; for anybody else it is a random word.
 */
export function ownersOf(recipient: Recipient, now: number): readonly string[] {
  return ageRecipients(recipient, now).map(ownerOf);
}

/** All of them, by name. */
export async function readRecipients(folders: Folders): Promise<readonly Recipient[]> {
  const folder = statePath(folders, 'recipients');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const found: Recipient[] = [];
  for (const file of files) {
    const recipient = await readState(statePath(folders, 'recipients', file), recipientSchema);
    if (recipient !== null) found.push(recipient);
  }
  return found;
}

export async function writeRecipient(folders: Folders, recipient: Recipient): Promise<void> {
  await writeState(statePath(folders, 'recipients', `${recipient.name}.json`), recipient);
}

/** Throws CleanfeedError `recipient` where there is none of that name, or it was revoked. */
export function recipientNamed(recipients: readonly Recipient[], name: string): Recipient {
  const found = recipients.find((recipient) => recipient.name === name);
  if (found === undefined) {
    const near = nearest(
      name,
      recipients.map((recipient) => recipient.name),
    );
    throw new CleanfeedError(
      'config',
      'recipient',
      `there is no recipient '${name}'${near === null ? '' : `; did you mean '${near}'?`}`,
    );
  }
  return found;
}

function base64(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}
