/** Whose a repository is, without saying so to anybody who does not know the recipient. It must not be shown: it stands for one ISP. */
import { createHash } from 'node:crypto';

/** What the metadata of a repository calls its recipient. @param recipient of age, `age1…`. */
export function ownerOf(recipient: string): string {
  return createHash('sha256').update(`cleanfeed recipient 1\n${recipient}`).digest('hex');
}
