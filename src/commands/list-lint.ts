/**
 * `cleanfeed list lint`: what is wrong or doubtful in a text list, as `FILE:LINE:COL: severity: message [rule]`. Ends with
 * 65 where anything is an error. It must not print an entry: who may read the list finds the line by its number.
 */
import type { ListAction, SuffixPolicy } from '../lib/types.ts';
import { utcDay } from '../list/text/compile.ts';
import type { LintDiagnostic, LintRule, Severity } from '../list/lint/lint-diagnostic.ts';
import { LINT_RULES } from '../list/lint/lint-diagnostic.ts';
import { lintList } from '../list/lint/lint-list.ts';
import { formatOf } from '../list/format/formats.ts';
import { listError } from '../list/list-error.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { ProgressBar } from './progress-bar.ts';
import { readListFile } from './read-list-file.ts';
import { counted, print, printJson } from './terminal.ts';

export interface ListLintOptions {
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly json: boolean;
  /** Name every line; otherwise a rule that fires often is cut short. */
  readonly all: boolean;
}

interface Lint {
  readonly counts: Readonly<Record<Severity, number>>;
  readonly rules: Readonly<Partial<Record<LintRule, number>>>;
  readonly findings: readonly LintDiagnostic[];
}

/** The lines of one rule that a terminal shows: enough to see what it is about. */
const SHOWN_PER_RULE = 100;

export async function listLint(file: string, options: ListLintOptions): Promise<ExitCode> {
  const lint = await readListFile(file, (bytes) => Promise.resolve(lintFile(bytes, options)));
  if (lint === null) return EXIT.badList;
  if (options.json) printJson({ ok: lint.counts.error === 0, ...lint });
  else printLint(file, lint);
  return lint.counts.error === 0 ? EXIT.ok : EXIT.badList;
}

function lintFile(bytes: Uint8Array, { action, suffixes, json, all }: ListLintOptions): Lint {
  if (formatOf(bytes).segment === 'own')
    throw listError('unsupported', 'is a compiled list and holds no text; lint the text it came from');
  const bar = new ProgressBar('reading', bytes.length);
  const counts = { error: 0, warning: 0, note: 0 };
  const rules: Partial<Record<LintRule, number>> = {};
  const findings: LintDiagnostic[] = [];
  try {
    for (const finding of lintList(bytes, {
      action,
      suffixes,
      today: utcDay(Date.now()),
      progress: (read) => bar.update(read),
    })) {
      const seen = (rules[finding.rule] ?? 0) + 1;
      rules[finding.rule] = seen;
      counts[finding.severity] += 1;
      if (json || all || seen <= SHOWN_PER_RULE) findings.push(finding);
    }
  } finally {
    bar.end();
  }
  return { counts, rules, findings };
}

function printLint(file: string, { counts, rules, findings }: Lint): void {
  for (const { line, column, severity, message, rule } of findings)
    print(`${file}:${line}:${column}: ${severity}: ${message} [${rule}]`);
  for (const rule of LINT_RULES) {
    const hidden = (rules[rule] ?? 0) - SHOWN_PER_RULE;
    if (hidden > 0 && findings.length < counts.error + counts.warning + counts.note)
      print(`${file}: ${counted(hidden, 'more line')} [${rule}] (--all names each)`);
  }
  print(
    `${file}: ${counted(counts.error, 'error')}, ${counted(counts.warning, 'warning')}, ${counted(counts.note, 'note')}`,
  );
}
