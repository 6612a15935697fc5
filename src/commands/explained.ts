/** What `explain` answers, as `--json` prints it: scripts may rely on it. */
import type { ListAction } from '../lib/types.ts';
import type { ToldAnswers } from '../resolver/front/told-answers.ts';
import type { LookUp } from '../verdict/explain.ts';

export interface Explained {
  readonly url: string;
  /** This happens to a request for it. */
  readonly verdict: 'pass' | 'block' | 'count' | 'refuse';
  /** `scheme://host/path?query`, no port; null where the text is no URL. */
  readonly canonical: string | null;
  /** The list whose entry matched; null if none did. */
  readonly list: string | null;
  /** The entry as `LIST:LINE`; null if none matched. */
  readonly entry: string | null;
  /** What that entry does; null if none matched. */
  readonly action: ListAction | null;
  /** It tells whether that entry can be enforced on this URL's channel (a path behind TLS cannot); null if none matched. */
  readonly enforceable: boolean | null;
  /** The generation of the running instance; null if none responds. */
  readonly generation: number | null;
  /** The reason in words if the verdict alone would puzzle; null otherwise. */
  readonly reason: string | null;
  /** The listener that is asked. Its lists apply, unless a policy's do. */
  readonly listener: string;
  /** Whose request it is; null: of anybody who has no policy and is not exempt. */
  readonly client: string | null;
  /** The policy of that client, whose lists apply; null: it has none. */
  readonly policy: string | null;
  readonly lookUps: readonly ExplainedLookUp[];
  /** The index of the look-up that found the entry; null if none did. */
  readonly decidedBy: number | null;
}

/** What `explain --dns` answers, as `--json` prints it: scripts may rely on it. */
export interface NameExplained {
  readonly name: string;
  /** In lower case; null: it is no name that is looked up. */
  readonly canonical: string | null;
  /** `refuse`: the client is no client, and not answered. */
  readonly verdict: 'pass' | 'block' | 'count' | 'refuse';
  /** Whether its addresses are those of the filter. */
  readonly steer: boolean;
  /** What is answered to each type: addresses, `NXDOMAIN`, `no data` or `passed on`; null: no answer. */
  readonly answer: ToldAnswers | null;
  readonly list: string | null;
  readonly entry: string | null;
  readonly action: ListAction | null;
  readonly reason: string | null;
  readonly generation: number | null;
  readonly listener: string;
  readonly client: string | null;
  readonly policy: string | null;
  readonly lookUps: readonly ExplainedLookUp[];
  /** The index of the look-up that found the entry, or says that the name is steered; null if none did. */
  readonly decidedBy: number | null;
}

/** A look-up of the judge, with its entries and lists named. */
export interface ExplainedLookUp extends Omit<LookUp, 'entries' | 'digest'> {
  readonly entries: readonly string[];
  /** The compiled list that it is looked up in; null for all text lists. */
  readonly in: string | null;
  /** The digest that is looked for; null for text lists, whose key is another one each time. */
  readonly digest: string | null;
}
