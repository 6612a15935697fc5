/**
 * Approvals of a change set: a signature over its digest, made on a machine that needs neither REPO nor KEYS, in a file beside it, one for each
 * key: CHANGESET.KEYID.approval. A repeated key counts once. It must not build what it approves.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TEXT } from '../lib/json-shapes.ts';
import { parsedJson } from '../lib/json.ts';
import { mapping } from '../lib/shape.ts';
import type { Output } from '../lib/shape.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { CleanfeedError } from '../lib/errors.ts';
import { isSignedBy, keyId } from './keys/signing-key.ts';
import type { SigningKey } from './keys/signing-key.ts';
import type { RoleSettings } from './state/settings.ts';

const schema = mapping({ digest: TEXT, public: TEXT, signature: TEXT });
export type Approval = Output<typeof schema>;

export function approve(digest: string, key: SigningKey): Approval {
  return { digest, public: key.hex, signature: key.sign(signedBytes(digest)) };
}

/** @returns the path of the file. */
export async function writeApproval(changeSet: string, approval: Approval): Promise<string> {
  const path = `${changeSet}.${keyId(approval.public).slice(0, 8)}.approval`;
  await writeFileAtomic(path, `${JSON.stringify(approval)}\n`, { mode: 0o644 });
  return path;
}

/** All that lie beside a change set. */
export async function readApprovals(changeSet: string): Promise<readonly Approval[]> {
  const prefix = `${basename(changeSet)}.`;
  const names = (await readdir(dirname(changeSet))).filter(
    (name) => name.startsWith(prefix) && name.endsWith('.approval'),
  );
  const approvals: Approval[] = [];
  for (const name of names.sort()) {
    const path = join(dirname(changeSet), name);
    const parsed = schema.parse(parsedJson(await readFile(path, 'utf8')));
    if (!parsed.ok) throw new CleanfeedError('list', 'approvals', `${path}: not an approval; approve again`);
    approvals.push(parsed.value);
  }
  return approvals;
}

/** Public halves of the keys that approved it. Throws CleanfeedError `approvals` where they are too few. */
export function checkApprovals(
  digest: string,
  approvals: readonly Approval[],
  { threshold, keys }: RoleSettings,
): readonly string[] {
  const approved = [...new Set(keys.map((key) => key.public))].filter((hex) =>
    approvals.some(
      (approval) =>
        approval.public === hex &&
        approval.digest === digest &&
        isSignedBy(hex, signedBytes(digest), approval.signature),
    ),
  );
  if (approved.length >= threshold) return approved;
  const others = approvals.length - approved.length;
  throw new CleanfeedError(
    'list',
    'approvals',
    `the change set has ${approved.length} of ${threshold} approvals${others > 0 ? `; ${others} more by other keys or of another change set do not count` : ''}`,
  );
}

function signedBytes(digest: string): Uint8Array {
  return Buffer.from(`cleanfeed approval 1\n${digest}\n`);
}
