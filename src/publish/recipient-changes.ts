/**
 * Recipients come, get other keys, and go. Each is an event; what follows for their repositories is the publisher's business.
 * It must not write to a repository.
 */
import { CleanfeedError } from '../lib/errors.ts';
import { isAgeRecipient } from './age.ts';
import { isRecipientName } from './folders.ts';
import type { Publisher } from './publisher.ts';
import { newDigestKeys, newRecipient, recipientNamed, writeRecipient } from './state/recipients.ts';
import type { Recipient } from './state/recipients.ts';

/** With the same recipients again, one that was interrupted goes on. Throws CleanfeedError `recipient`. */
export async function addRecipient(
  publisher: Publisher,
  name: string,
  { age, names }: { readonly age: string; readonly names: string | null },
): Promise<void> {
  if (!isRecipientName(name))
    throw fault(`'${name}' is no name for a recipient: lower-case letters, digits, '-' and '.', at most 64`);
  checkAge(age);
  if (names !== null) checkAge(names);
  if (isBegun(publisher, name, { age, names })) return await publisher.bringUpToDate();
  if (publisher.state.recipients.has(name))
    throw fault(
      publisher.state.revoked.has(name)
        ? `there is a recipient '${name}' already, and it was revoked; whoever is to receive the list again is added under another name`
        : `there is a recipient '${name}' already; rekey gives it other keys`,
    );
  const recipient = newRecipient(name, age, names);
  await writeRecipient(publisher.folders, recipient);
  await publisher.addRecipient(recipient);
}

/** Whether it was added with these, and has nothing, or not the version in force. */
function isBegun(
  { active, repositories, late }: Publisher,
  name: string,
  keys: Pick<Recipient, 'age' | 'names'>,
): boolean {
  const found = active.find((one) => one.name === name);
  if (found?.age !== keys.age || found.names !== keys.names) return false;
  return repositories.published(name) === null || late.includes(name);
}

/**
 * Other keys, and a whole new list under them; with the same recipients again, one that was interrupted goes on. @param names of the payload of host
 * names, for one that got none as well; absent: as before. @param overlap for how long the former identities can still read what is published, in
 * milliseconds. @returns the version that it gets.
 */
export async function rekeyRecipient(
  publisher: Publisher,
  name: string,
  { age, names, overlap }: { readonly age: string; readonly names?: string; readonly overlap: number },
): Promise<number> {
  const before = activeNamed(publisher, name);
  checkAge(age);
  if (names !== undefined) checkAge(names);
  const next = { age, names: names ?? before.names };
  // Before its keys are written: without them there would be no version under its new keys.
  await publisher.ring.signers('targets');
  const isKnown = before.age === next.age && before.names === next.names;
  // It may have reached this recipient, and another one not.
  const isMade = isKnown && before.since === publisher.state.version && publisher.late.length > 0;
  await publisher.finishVersion();
  const { version } = publisher.state;
  if (isMade) return version;
  // Nothing was published under keys of an interrupted command: whoever reads what is published is the one before.
  const isUnread = (before.since ?? 0) > version;
  if (isKnown && !isUnread)
    throw fault(`'${name}' has that age recipient already; its operator makes a new identity with age-keygen`);
  const end = { now: publisher.now, until: publisher.now + overlap };
  const replaced = (one: string | null, by: string | null): string | null => (isUnread || one === by ? null : one);
  await replace(publisher, {
    ...before,
    ...next,
    former: formerOf(replaced(before.age, age), before.former, end),
    formerNames: formerOf(replaced(before.names, next.names), before.formerNames ?? null, end),
    ...(isKnown ? {} : newDigestKeys()),
    since: version + 1,
  });
  publisher.append([{ kind: 'recipient', name, change: 'rekeyed' }]);
  return await publisher.commitVersion({ added: [], removed: [], changeSet: null, approvedBy: [] });
}

/** @param replaced null: that recipient stays, and the one before it has no longer than it was told, nor than this overlap. */
function formerOf(
  replaced: string | null,
  former: Recipient['former'],
  { now, until }: { readonly now: number; readonly until: number },
): Recipient['former'] {
  const next = replaced === null ? former : { age: replaced, until };
  const ends = Math.min(next?.until ?? now, until);
  return next === null || ends <= now ? null : { age: next.age, until: ends };
}

/** Nothing more is published to it from the event on, and what is there expires now. One that was interrupted goes on. */
export async function revokeRecipient(publisher: Publisher, name: string): Promise<void> {
  const before = unrevokedNamed(publisher, name);
  if (!publisher.state.revoked.has(name)) publisher.append([{ kind: 'recipient', name, change: 'revoked' }]);
  const revoked: Recipient = { ...before, revoked: new Date(publisher.now).toISOString() };
  await publisher.endRepository(revoked);
  await replace(publisher, revoked);
}

function activeNamed(publisher: Publisher, name: string): Recipient {
  const found = unrevokedNamed(publisher, name);
  if (publisher.state.revoked.has(name))
    throw fault(`'${name}' is revoked, and that was interrupted; 'publish revoke ${name}' ends it`);
  return found;
}

function unrevokedNamed(publisher: Publisher, name: string): Recipient {
  const found = recipientNamed(publisher.recipients, name);
  if (found.revoked !== null) throw fault(`'${name}' was revoked on ${found.revoked.slice(0, 10)}`);
  return found;
}

async function replace(publisher: Publisher, recipient: Recipient): Promise<void> {
  await writeRecipient(publisher.folders, recipient);
  publisher.recipients = publisher.recipients.map((one) => (one.name === recipient.name ? recipient : one));
}

function checkAge(text: string): void {
  // It opens the list, and an error may end in a log: it is not told again.
  if (/^age-secret-key-/i.test(text))
    throw fault(
      'that is a secret identity, which stays with the node; `age-keygen -y FILE` prints its age recipient, age1… If others could see it, its operator makes another',
    );
  if (!isAgeRecipient(text))
    throw fault(`'${text}' is not an age recipient; age-keygen prints one, 'age1' and 58 more characters`);
}

function fault(message: string): CleanfeedError {
  return new CleanfeedError('config', 'recipient', message);
}
