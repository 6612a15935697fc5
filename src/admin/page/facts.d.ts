/**
 * What facts.js gives, for the instance that writes it into the page. `status` is the answer of /status.
 * It must not name what facts.js does not give.
 */

interface Row {
  readonly list: { readonly name: string };
}
type Cell = string | { readonly text: string; readonly look: string };

export declare const LIST_HEADS: readonly { readonly head: string; readonly kind?: string }[];
export declare function aboutOf(status: object): string;
export declare function stateOf(status: object): {
  readonly state: string;
  readonly word: string;
  readonly reasons: readonly string[];
};
export declare function attentionItems(status: object): readonly {
  readonly level: string;
  readonly word: string;
  readonly text: string;
  readonly more: { readonly since: string; readonly runbook: string; readonly command: string } | null;
}[];
export declare function listRows(status: object): readonly Row[];
export declare function faultsFirst(one: Row, other: Row): number;
export declare function listCells(row: Row, now: string): readonly Cell[];
