/**
 * What `explain` and `ctl explain` answer, as `--json` prints it: scripts may rely on it. The running instance and the
 * commands are both typed by it. It must not decide anything.
 */
import type { ListAction } from '../lib/types.ts';

/** Who asks for a verdict, and where. */
export interface ExplainAsker {
  /** Null: the first one, of mode dns for names if there is one. */
  readonly listener: string | null;
  /** The address of a client; null: anybody who has no policy and is not exempt. */
  readonly client: string | null;
  /** It is a name that a DNS listener is asked for, and no URL. */
  readonly dns: boolean;
}

export interface ExplainQuestion extends ExplainAsker {
  /** With `dns` a name. */
  readonly url: string;
}

interface Explained {
  /** This happens to a request for it. `refuse` of a name: the client is no client, and not answered. */
  readonly verdict: 'pass' | 'block' | 'count' | 'refuse';
  /** The list whose entry matched; null if none did. */
  readonly list: string | null;
  /** The entry as `LIST:LINE`; null if none matched. */
  readonly entry: string | null;
  /** What that entry does; null if none matched. */
  readonly action: ListAction | null;
  /** The reading of the path under which that entry was found; null: the ordinary one, or none was found. */
  readonly reading: string | null;
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
  /** The index of the look-up that found the entry, or says that a name is steered; null if none did. */
  readonly decidedBy: number | null;
}

export interface UrlExplanation extends Explained {
  readonly url: string;
  /** `scheme://host/path?query`, no port; null where the text is no URL. */
  readonly canonical: string | null;
  /** It tells whether that entry can be enforced on this URL's channel (a path behind TLS cannot); null if none matched. */
  readonly enforceable: boolean | null;
}

export interface NameExplanation extends Explained {
  readonly name: string;
  /** In lower case; null: it is no name that is looked up. */
  readonly canonical: string | null;
  /** Whether its addresses are those of the filter. */
  readonly steer: boolean;
  /** What is answered to each type: addresses, `NXDOMAIN`, `REFUSED`, `no data` or `passed on`; null: no answer. */
  readonly answer: Readonly<Record<'A' | 'AAAA' | 'HTTPS' | 'other', string>> | null;
  /** One a policy zone of the configuration. An instance of another release may say nothing of it. */
  readonly zones?: readonly ZoneAnswer[];
}

/** What resolvers say that have a policy zone, whoever asks them. */
export interface ZoneAnswer {
  readonly zone: string;
  readonly verdict: 'pass' | 'block';
  /** The list whose entry decides, and that entry as `LIST:LINE`; null if none does. */
  readonly list: string | null;
  readonly entry: string | null;
}

export type Explanation = UrlExplanation | NameExplanation;

type BriefFields = 'verdict' | 'entry' | 'reading' | 'reason';
export type BriefUrlExplanation = Pick<UrlExplanation, BriefFields | 'url'>;
/** Of one of many addresses: what a line of text tells of it. */
export type BriefExplanation = BriefUrlExplanation | Pick<NameExplanation, BriefFields | 'name' | 'steer'>;

/** A look-up of the judge, with its entries and lists named. */
export interface ExplainedLookUp {
  /** What was digested: `host.example` (whole host) or `host.example/dir/page?query`. */
  readonly expression: string;
  readonly table: 'host' | 'path' | 'hint';
  /** Whose reading of the path this is, where it is not the ordinary one. */
  readonly reading: string | null;
  /** The fold of the entries that are looked for: `case,slash`; null: none. */
  readonly fold: string | null;
  readonly segment: number;
  readonly outcome: 'absent' | 'unproved' | 'inapplicable' | 'uncovered' | 'hit' | 'steer';
  /** Of `inapplicable`: `other_list`, `expired`, `other_port`, `no_dns`, `not_steered`. An instance of another release may say nothing of it. */
  readonly why?: readonly string[];
  readonly entries: readonly string[];
  /** The compiled list that it is looked up in; null for all text lists. */
  readonly in: string | null;
  /** The digest that is looked for; null for text lists, whose key is another one each time. */
  readonly digest: string | null;
}

/** Why there is no explanation: the question is none, or no lists are in force yet. */
export interface NotExplained {
  readonly code: 'usage' | 'unavailable';
  readonly message: string;
}
