/** A log as a publisher has it, in memory, with the slow tree: for tests of what checks its heads. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { headFileBytes, subtreeName } from '../../../src/list/transparency/head-file.ts';
import { canonicalJson, openedLeafHash } from '../../../src/list/transparency/leaf.ts';
import type { OpenedLeaf } from '../../../src/list/transparency/leaf.ts';
import { consistencySubtrees, inclusionSubtrees } from '../../../src/list/transparency/merkle.ts';
import { checkpointText, signatureLine } from '../../../src/list/transparency/signed-note.ts';
import type { NoteKey, SignatureKind, Signs } from '../../../src/list/transparency/signed-note.ts';
import { naiveRoot, treeOf } from './trees.ts';

export class Party {
  readonly key: NoteKey;
  readonly sign: Signs;

  constructor(name: string, kind: SignatureKind) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.key = { name, kind, key: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
    this.sign = (bytes) => sign(null, bytes, privateKey);
  }

  line(text: string): string {
    return signatureLine(text, this.key, this.sign, 1_793_000_000);
  }
}

export interface HeadOptions {
  /** Sizes for which it proves that it extends them. */
  readonly from?: readonly number[];
  /** Leaves to open. */
  readonly open?: readonly number[];
  readonly witnesses?: readonly Party[];
}

export class TestLog {
  readonly party = new Party('log.example/national', 'log');
  readonly leaves: OpenedLeaf[] = [];

  add(...events: readonly object[]): void {
    for (const event of events)
      this.leaves.push({
        index: this.leaves.length,
        salt: randomBytes(32).toString('base64'),
        event: canonicalJson(event),
      });
  }

  /** A log with the same key and the leaves up to `size`, which goes on its own way. */
  branch(size: number): TestLog {
    const other = new TestLog();
    Object.assign(other, { party: this.party });
    other.leaves.push(...this.leaves.slice(0, size));
    return other;
  }

  head({ from = [], open = [], witnesses = [] }: HeadOptions = {}): Buffer {
    const hashes = this.leaves.map((leaf) => openedLeafHash(leaf)!);
    const size = hashes.length;
    const text = checkpointText({ origin: this.party.key.name, size, root: naiveRoot(hashes) });
    const subtrees = [
      ...from.flatMap((first) => consistencySubtrees(first, size)),
      ...open.flatMap((index) => inclusionSubtrees(index, size)),
    ];
    const part = treeOf(hashes);
    return headFileBytes({
      noteText: `${text}\n${[this.party, ...witnesses].map((party) => party.line(text)).join('')}`,
      hashes: new Map(subtrees.map((subtree) => [subtreeName(subtree), part(subtree)])),
      leaves: open.map((index) => this.leaves[index]!),
    });
  }
}
