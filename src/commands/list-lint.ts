/**
 * `cleanfeed list lint`: what is wrong or doubtful in a text list, as `FILE:LINE:COL: severity: message [rule]`. Ends with
 * 65 where anything is an error. It must not print an entry: who may read the list finds the line by its number.
 */
import type { Resolver } from 'node:dns/promises';
import type { ListAction, SuffixPolicy } from '../lib/types.ts';
import { utcDay } from '../list/text/compile.ts';
import type { LintDiagnostic, LintRule, Severity } from '../list/lint/lint-diagnostic.ts';
import { LINT_RULES } from '../list/lint/lint-diagnostic.ts';
import { lintList } from '../list/lint/lint-list.ts';
import { protectedHosts } from '../list/sanity/read-guarded.ts';
import { ProtectedHosts } from '../list/sanity/protected-hosts.ts';
import { noTextReason } from '../list/format/formats.ts';
import { listError } from '../list/list-error.ts';
import { lintByResolver, openResolver } from './lint-resolver.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { ProgressBar } from './progress-bar.ts';
import { readListFile } from './read-list-file.ts';
import { counted, print, printError, printJson } from './terminal.ts';

export interface ListLintOptions {
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  /** A file of further protected hosts, and of exceptions; null: those that are shipped. */
  readonly protected: string | null;
  readonly json: boolean;
  /** Name every line; otherwise a rule that fires often is cut short. */
  readonly all: boolean;
  /** `address` or `address:port` of one that is asked what the hosts carry beside; null: nobody is. */
  readonly resolver: string | null;
}

interface Lint {
  readonly counts: Readonly<Record<Severity, number>>;
  readonly rules: Readonly<Partial<Record<LintRule, number>>>;
  readonly findings: readonly LintDiagnostic[];
  /** A resolver was to be asked, and has told nothing. */
  readonly isSilent: boolean;
}

/** The lines of one rule that a terminal shows: enough to see what it is about. */
const SHOWN_PER_RULE = 100;

export async function listLint(file: string, options: ListLintOptions): Promise<ExitCode> {
  const resolver = options.resolver === null ? null : openResolver(options.resolver);
  if (options.resolver !== null && resolver === null) {
    printError('--resolver takes an address, or an address with a port, like 192.0.2.53 or [2001:db8::53]:53');
    return EXIT.usage;
  }
  const lint = await readListFile(file, async (bytes) => {
    const guarded = new ProtectedHosts(await protectedHosts(options.protected, '--protected'));
    const found = lintFile(bytes, options, guarded);
    return resolver === null ? found : await withResolver(found, bytes, options, resolver);
  });
  if (lint === null) return EXIT.badList;
  if (lint.isSilent) {
    printError('the resolver does not answer');
    return EXIT.unavailable;
  }
  if (options.json)
    printJson({ ok: lint.counts.error === 0, counts: lint.counts, rules: lint.rules, findings: lint.findings });
  else printLint(file, lint);
  return lint.counts.error === 0 ? EXIT.ok : EXIT.badList;
}

function lintFile(bytes: Uint8Array, { action, suffixes, json, all }: ListLintOptions, guarded: ProtectedHosts): Lint {
  const noText = noTextReason(bytes, 'is a compiled list and holds no text; lint the text it came from');
  if (noText !== null) throw listError('unsupported', noText);
  const bar = new ProgressBar('reading', bytes.length);
  const counts = { error: 0, warning: 0, note: 0 };
  const rules: Partial<Record<LintRule, number>> = {};
  const findings: LintDiagnostic[] = [];
  try {
    for (const finding of lintList(bytes, {
      action,
      suffixes,
      protectedHosts: guarded,
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
  return { counts, rules, findings: inOrder(findings), isSilent: false };
}

function inOrder(findings: readonly LintDiagnostic[]): readonly LintDiagnostic[] {
  return findings.toSorted((a, b) => a.line - b.line);
}

async function withResolver(
  lint: Lint,
  bytes: Uint8Array,
  { action, json, all }: ListLintOptions,
  resolver: Resolver,
): Promise<Lint> {
  const bar = new ProgressBar('asking', 1);
  const today = utcDay(Date.now());
  try {
    const { findings, hosts, unanswered } = await lintByResolver(bytes, { action, today }, resolver, (done, all) =>
      bar.update(done / all),
    );
    if (unanswered > 0 && unanswered < hosts)
      printError(`the resolver has not told everything of ${counted(unanswered, 'host')} of ${hosts}`);
    const rules = { ...lint.rules };
    const shown = findings.filter(({ rule }) => {
      const seen = (rules[rule] ?? 0) + 1;
      rules[rule] = seen;
      return json || all || seen <= SHOWN_PER_RULE;
    });
    return {
      counts: { ...lint.counts, warning: lint.counts.warning + findings.length },
      rules,
      findings: inOrder([...lint.findings, ...shown]),
      isSilent: hosts > 0 && unanswered === hosts,
    };
  } finally {
    bar.end();
  }
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
