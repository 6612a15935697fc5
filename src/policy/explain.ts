/** How a verdict comes about, for people. */
import type { ByteString } from '../url/bytes.ts';
import type { Judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

export interface LookUp {
  /** `host.example` or `host.example/dir/` … as it is digested. */
  readonly expression: string;
  readonly kind: 'host' | 'directory' | 'page' | 'url';
  readonly segment: number;
  /** 'absent': no such key. 'unproved': fingerprint found, proof differs. 'inapplicable': expired, other port, other list. */
  readonly outcome: 'absent' | 'unproved' | 'inapplicable' | 'hit';
}

export interface Explanation {
  /** `scheme://host/path?query`; null where the text is no URL. */
  readonly canonical: string | null;
  /** Null: the host is not one that can be connected to, the request is refused. */
  readonly verdict: Verdict | null;
  readonly lookUps: readonly LookUp[];
  /** What decided, if anything did. */
  readonly decidedBy: LookUp | null;
  /** Would the decision hold over HTTPS, where only the host is seen? Null where nothing decided. */
  readonly enforceableOverTls: boolean | null;
}

export declare function explain(judge: Judge, text: ByteString, listMask: number, today: number): Explanation;
