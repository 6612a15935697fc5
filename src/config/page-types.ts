/** What the operator has people read. As types.ts, of which it is a part. It must not hold any logic. */

/** By the tag of a language. Where one is missing its language has words of its own. */
export type Texts = Readonly<Record<string, string>>;

/** What the block page says, and in part the proxy's own responses. Every URL is absolute http(s) or mailto. */
export interface PageConfig {
  /** How the operator is called, by language; where one is missing it has a word of its own. */
  readonly operator: Texts;
  readonly contact: string | null;
  readonly appeal: string | null;
  readonly tipLine: { readonly name: string; readonly url: string } | null;
  readonly help: readonly { readonly name: Texts; readonly url: string }[];
  /** Why access is refused, one or two sentences a language; where one is missing or null: the built-in text. */
  readonly reason: Readonly<Record<string, string | null>>;
}
