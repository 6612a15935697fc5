/** Facts and channel in, verdict out. */
import type { ListAction } from '../lib/types.ts';
import type { HostFacts } from '../match/host-facts.ts';
import type { Matcher } from '../match/matcher.ts';
import type { ByteString } from '../url/bytes.ts';
import type { Verdict } from './verdict.ts';

export declare class Judge {
  constructor(matcher: Matcher, lists: readonly { readonly action: ListAction }[]);
  /** `listMask`: bit i for list i; `today`: UTC days since 1970-01-01; `target`: path and query as on the wire. */
  url(facts: HostFacts, port: number, target: ByteString, listMask: number, today: number): Verdict;
  /** CONNECT and SNI: host entries only, path entries are not enforceable there. */
  host(facts: HostFacts, port: number, listMask: number, today: number): Verdict;
}
