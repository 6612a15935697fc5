/** A language as the data plane has it: every word of the pages. `language-schema.ts` reads it; this file must not import anything. */

/** The one thing that a text of a language may leave to the configuration. */
export const OPERATOR = '{operator}';

/** By the status of a block page. */
interface ByStatus {
  readonly 403: string;
  readonly 451: string;
}

/** One of the languages in force; plain data, as all of the configuration. */
export interface Language {
  /** BCP 47, in its canonical form: fr, pt-BR. */
  readonly tag: string;
  /** The language's own. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  /** What stands for the operator who has not said who he is; within a sentence. */
  readonly operator: string;
  readonly block: {
    readonly title: string;
    readonly heading: ByStatus;
    readonly reason: ByStatus;
    readonly automatic: string;
    readonly mistake: string;
    readonly appeal: string;
    readonly contact: string;
    /** Where there is neither appeal nor contact. */
    readonly askOperator: string;
    readonly help: string;
    readonly helpLead: string;
    readonly report: string;
    readonly reportLead: string;
  };
  readonly responses: {
    readonly todo: string;
    readonly goesOn: string;
    readonly tell: string;
    readonly contact: string;
    readonly code: string;
    readonly fault: Readonly<Record<FaultName, string>>;
    readonly advice: Readonly<Record<AdviceName, string>>;
    readonly kinds: Readonly<Record<ErrorKind, { readonly heading: string; readonly words: string }>>;
  };
}

/** Who is at fault. */
export type FaultName = 'request' | 'site' | 'network' | 'rule';

/** What the reader of a page can do. */
export type AdviceName = 'again' | 'address' | 'shorter' | 'cookies' | 'browser' | 'settings' | 'local';

/** What the proxy says in its own name, the block page apart. */
export type ErrorKind =
  | 'bad_request'
  | 'client_denied'
  | 'destination_denied'
  | 'port_denied'
  | 'uri_too_long'
  | 'header_too_large'
  | 'not_implemented'
  | 'dns_error'
  | 'dns_failed'
  | 'connection_refused'
  | 'connection_terminated'
  | 'bad_response'
  | 'overloaded'
  | 'dns_timeout'
  | 'connection_timeout'
  | 'response_timeout'
  | 'version_not_supported'
  | 'loop';
