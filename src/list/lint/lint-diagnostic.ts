/** What `list lint` finds: where, how bad, by which rule. Like a fault it must not quote the line; other lines are numbers. */

import type { DiagnosticCode } from '../text/diagnostic.ts';

/** `error`: must not go live; `warning`: probably not what was meant; `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note';

export const LINT_RULES = [
  'bad-line',
  'foreign-line',
  'public-suffix',
  'above-suffixes',
  'protected-host',
  'single-label',
  'never-matches',
  'expired',
  'duplicate',
  'covered',
  'root-page-only',
  'fragment',
  'literal-star',
  'escaped-question-mark',
  'browser-form',
  'dropped-parameter',
  'no-effect',
  'hosts-alone',
  'pages-alone',
  'table',
  'carries-mail',
  'delegates',
  'ip-literal',
  'not-on-https',
  'behind-script',
  'text-behind',
] as const;
export type LintRule = (typeof LINT_RULES)[number];

export interface LintDiagnostic {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  readonly severity: Severity;
  readonly rule: LintRule;
  readonly message: string;
  /** Of a bad line, what is wrong with it; null: it is none. */
  readonly code: DiagnosticCode | null;
  /** The other line that it is about; null: none. */
  readonly otherLine: number | null;
}

/** A finding before anybody knows in which line. */
export type LintMessage = Omit<LintDiagnostic, 'line' | 'column'>;

export function lintMessage(
  severity: Severity,
  rule: LintRule,
  message: string,
  otherLine: number | null = null,
): LintMessage {
  return { severity, rule, message, code: null, otherLine };
}
