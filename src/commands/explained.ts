/** What `explain` answers, as `--json` prints it: scripts may rely on it. */
import type { ListAction } from '../lib/types.ts';
import type { LookUp } from '../verdict/explain.ts';

export interface Explained {
  readonly url: string;
  /** What happens to a request for it. */
  readonly verdict: 'pass' | 'block' | 'count' | 'refuse';
  /** `scheme://host/path?query`, no port; null where the text is no URL. */
  readonly canonical: string | null;
  /** The list whose entry matched; null: none. */
  readonly list: string | null;
  /** `LIST:LINE`; null: none. */
  readonly entry: string | null;
  /** What that entry does; null: none. */
  readonly action: ListAction | null;
  /** Whether that entry can be enforced on this URL's channel (a path behind TLS cannot); null: no entry. */
  readonly enforceable: boolean | null;
  /** Of the running instance, null where none answers. */
  readonly generation: number | null;
  /** In words, where the verdict alone would puzzle; null otherwise. */
  readonly reason: string | null;
  /** Whose lists apply. */
  readonly listener: string;
  readonly lookUps: readonly ExplainedLookUp[];
  /** Index of the look-up that found the entry; null: none did. */
  readonly decidedBy: number | null;
}

/** As the judge's, with entries and lists named. */
export interface ExplainedLookUp extends Omit<LookUp, 'entries' | 'digest'> {
  readonly entries: readonly string[];
  /** The compiled list it is looked up in; null: all text lists. */
  readonly in: string | null;
  /** What is looked for there; null for text lists, whose key is another one each time. */
  readonly digest: string | null;
}
