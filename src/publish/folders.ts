/**
 * Where everything of a publisher lies. REPO is public: whatever is written there may be read by anybody. KEYS is secret, and so is its
 * folder `state`. It must not touch a file.
 *
 *   REPO/NAME/metadata/  N.root.json N.targets.json N.snapshot.json N.withdrawn.json N.log.json timestamp.json
 *   REPO/log_head.json    the head of the log, for witnesses (no recipient has such a name)
 *   REPO/NAME/targets/   match/FORMAT/FORM/SHA256.VERSION.full …
 *   KEYS/                root-1.pem targets-1.pem … approval-1.pem
 *   KEYS/state/          publisher.json events.jsonl log.hashes heads.jsonl cosignatures/ pending.json lock root/ recipients/ published/ records/
 */
import { join, relative, resolve, sep } from 'node:path';

export interface Folders {
  readonly repo: string;
  readonly keys: string;
}

/** A recipient's name is a folder, a part of a URL, and a word of a message. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/;

export function isRecipientName(name: string): boolean {
  return NAME.test(name) && !name.includes('..');
}

/** Whether one lies in the other: what is secret would be served. */
export function overlap({ repo, keys }: Folders): boolean {
  const inside = (inner: string, outer: string): boolean => {
    const path = relative(resolve(outer), resolve(inner));
    return path === '' || (path !== '..' && !path.startsWith(`..${sep}`));
  };
  return inside(repo, keys) || inside(keys, repo);
}

export function keyPath({ keys }: Folders, file: string): string {
  return join(keys, file);
}

export function statePath({ keys }: Folders, ...parts: readonly string[]): string {
  return join(keys, 'state', ...parts);
}

export function metadataPath({ repo }: Folders, recipient: string, file = ''): string {
  return join(repo, recipient, 'metadata', file);
}

export function logHeadPath({ repo }: Folders): string {
  return join(repo, 'log_head.json');
}

export function targetsPath({ repo }: Folders, recipient: string): string {
  return join(repo, recipient, 'targets');
}
