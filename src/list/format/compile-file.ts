/**
 * A text list → the bytes of a compiled list, in one pass. Pure: no file is read or written. A list with bad lines gives no
 * file, whatever their share: who compiles is there to mend them.
 */
import type { ListError } from '../list-error.ts';
import type { ListAction, SuffixPolicy } from '../../lib/types.ts';
import { randomSegmentKeys } from '../../match/keys.ts';
import type { SegmentKeys } from '../../match/keys.ts';
import { SegmentBuilder } from '../../match/snapshot.ts';
import { verdictOf } from '../gate.ts';
import { NOTHING_FOUND } from '../sanity/findings.ts';
import { CoveringLines } from '../sanity/covering-lines.ts';
import { NO_PROTECTED_HOSTS } from '../sanity/protected-hosts.ts';
import type { ProtectedHosts } from '../sanity/protected-hosts.ts';
import { compileText } from '../text/compile.ts';
import type { CompiledText } from '../text/compile.ts';
import { encodeCompiledList } from './compiled-file.ts';
import { judgedText } from './text.ts';

/** Nothing is in force here. */
const NO_SIZE_RULES = { maxBadLineRatio: 0, gate: { growth: 0, shrink: 0 } };

export interface CompileFileOptions {
  /** `allow`: its grammar is demanded, and only then may the file serve an allow list. */
  readonly action: ListAction;
  /** UTC days since 1970-01-01; what has expired is left out. */
  readonly today: number;
  /** `refuse`, unless told: entries that cover a public suffix give no file. */
  readonly suffixes?: SuffixPolicy;
  /** None unless told: entries that cover one of these as a whole give no file. An allow list may let them through. */
  readonly protectedHosts?: ProtectedHosts;
  /** Those of the version before, so that nodes can tell what was added and removed; its own, unless told. */
  readonly keys?: SegmentKeys | null;
  /** Called now and then with the number of bytes that have been read. */
  readonly progress?: (bytes: number) => void;
}

export interface CompiledFile extends Omit<CompiledText, 'cut' | 'tests' | 'refusal'> {
  /** Why there is no file; null: there is one. */
  readonly refusal: ListError | null;
  /** Holds its key. */
  readonly file: Uint8Array | null;
}

export function compileToFile(bytes: Uint8Array, options: CompileFileOptions): CompiledFile {
  const { action, suffixes = 'refuse', protectedHosts = NO_PROTECTED_HOSTS, keys = null } = options;
  // A key of its own: whoever has the file learns nothing about any other list.
  const builder = new SegmentBuilder(keys ?? randomSegmentKeys());
  const guarded = action === 'allow' ? NO_PROTECTED_HOSTS : protectedHosts;
  const covering = new CoveringLines(guarded, { action, leavesOut: false });
  const compiled = compileText(bytes, { ...options, list: 0, covering, visit: (entry) => builder.add(entry) });
  const verdict = verdictOf(
    judgedText(bytes, compiled, action),
    { ...NO_SIZE_RULES, action, suffixes },
    { findings: { ...NOTHING_FOUND, protectedHosts: covering.finding } },
  );
  const { badLines, suffixLines, protectedLines, stats } = compiled;
  const found = { badLines, suffixLines, protectedLines, stats };
  if (verdict.stage === 'refused') return { ...found, refusal: verdict.error, file: null };
  const { lines, expired, publicSuffixes } = stats;
  const firstPublicSuffix = suffixLines[0]?.line ?? 0;
  const header = { grammar: verdict.grammar, lines, expired, publicSuffixes, firstPublicSuffix };
  return { ...found, refusal: null, file: encodeCompiledList(builder.build().bytes, header) };
}
