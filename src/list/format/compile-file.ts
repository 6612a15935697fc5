/**
 * A text list → the bytes of a compiled list, in one pass. Pure: no file is read or written. A list with bad lines gives no
 * file, whatever their share: who compiles is there to mend them.
 */
import type { ListAction, SuffixPolicy } from '../../lib/types.ts';
import { randomSegmentKeys } from '../../match/keys.ts';
import { SegmentBuilder } from '../../match/snapshot.ts';
import { compileList } from '../text/compile.ts';
import type { CompiledList } from '../text/compile.ts';
import { encodeSnapshotFile } from './compiled-file.ts';

export interface CompileFileOptions {
  /** `allow`: its grammar is demanded, and only then may the file serve an allow list. */
  readonly action: ListAction;
  /** UTC days since 1970-01-01; what has expired is left out. */
  readonly today: number;
  /** `refuse`, unless told: entries that cover a public suffix give no file. */
  readonly suffixes?: SuffixPolicy;
  /** Called now and then with the number of bytes that have been read. */
  readonly progress?: (bytes: number) => void;
}

export interface CompiledFile extends CompiledList {
  /** Null: there are bad lines. Holds its key. */
  readonly file: Uint8Array | null;
}

export function compileToFile(bytes: Uint8Array, options: CompileFileOptions): CompiledFile {
  // A key of its own: whoever has the file learns nothing about any other list.
  const builder = new SegmentBuilder(randomSegmentKeys());
  const compiled = compileList(bytes, {
    ...options,
    list: 0,
    maxBadLineRatio: 0,
    visit: (entry) => builder.add(entry),
  });
  if (!compiled.accepted) return { ...compiled, file: null };
  const { lines, expired, publicSuffixes } = compiled.stats;
  const grammar = options.action === 'allow' ? 'allow' : 'block';
  const header = {
    grammar,
    lines,
    expired,
    publicSuffixes,
    firstPublicSuffix: compiled.suffixes[0]?.line ?? 0,
  } as const;
  return { ...compiled, file: encodeSnapshotFile(builder.build().bytes, header) };
}
