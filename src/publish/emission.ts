/** What is to be made for a recipient, from what the publisher knows of it. It must not make it: emit/ does, on threads of its own. */
import type { Lines } from './emit/emit-job.ts';
import type { EmitOptions, RecipientJob } from './emit/emit-pool.ts';
import { statePath, targetsPath } from './folders.ts';
import type { Folders } from './folders.ts';
import type { Published } from './repository/published.ts';
import type { ListState } from './state/list-state.ts';
import { ageRecipients, digestKeys, keysName, namesRecipients } from './state/recipients.ts';
import type { Recipient } from './state/recipients.ts';

export interface Emission {
  readonly version: number;
  readonly change: EmitOptions['change'];
  readonly whole: EmitOptions['whole'];
}

interface Known {
  readonly folders: Folders;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly state: ListState;
  /** To the recipient; null: nothing yet. */
  readonly published: Published | null;
  /** Entries that recipients of names get; null: there are none. */
  readonly named: Lines | null;
}

export function emitJob(
  recipient: Recipient,
  version: number,
  { folders, now, state, published, named }: Known,
): RecipientJob {
  const { name } = recipient;
  const namedTo = namesRecipients(recipient, now);
  const before = Object.entries(state.digests).flatMap(([form, digests]) =>
    digests[name] === undefined ? [] : [[form, digests[name]] as const],
  );
  return {
    recipient: name,
    keys: digestKeys(recipient),
    age: ageRecipients(recipient, now),
    version,
    time: Math.floor(now / 1000),
    records: statePath(folders, 'records', name, keysName(recipient)),
    targets: targetsPath(folders, name),
    names: namedTo.length === 0 || named === null ? null : { age: namedTo, lines: named },
    before: Object.fromEntries(before),
    published: (published?.targets.targets ?? []).filter(({ path }) => path.startsWith('match/')),
  };
}
