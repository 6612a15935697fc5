/**
 * The configuration of `cleanfeed relay` as its module sees it: validated, paths absolute, durations in milliseconds.
 * Types only: it must not hold any logic.
 */
import type { LogSettings } from './log-types.ts';
import type { SuffixPolicy } from '../lib/types.ts';
import type { GateConfig, HttpTerms } from './list-types.ts';

export type FlatFormat =
  /** A list as docs/list-format.md has it. */
  | { readonly kind: 'text' }
  /** RFC 4180, with a header; the addresses stand under `column`. */
  | { readonly kind: 'csv'; readonly column: string; readonly delimiter: string }
  /** One JSON object a line; the address stands under `key`. */
  | { readonly kind: 'jsonl'; readonly key: string };

export type FlatSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'https'; readonly url: string; readonly http: HttpTerms };

export interface RelayConfig {
  readonly file: string;
  readonly source: FlatSource;
  readonly intervalMs: number;
  readonly maxBytes: number;
  readonly format: FlatFormat;
  readonly suffixes: SuffixPolicy;
  readonly gate: GateConfig;
  readonly publish: { readonly repo: string; readonly keys: string };
  readonly log: LogSettings;
}
