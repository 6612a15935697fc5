/**
 * The time since when each line of "Needs attention" has stood: it looks with every step of the history, and whenever
 * somebody asks. A line that goes and comes again begins anew. It must not find anything itself (attention.ts).
 */
import type { AttentionReport } from '../observe/control-protocol.ts';
import { findings, type AttentionStatus, type Finding } from './attention.ts';
import { ATTENTION, SEVERITIES } from './attention-table.ts';

export class AttentionKeeper {
  #since: ReadonlyMap<string, string> = new Map();

  /** @returns what needs attention, the gravest first. */
  look(status: AttentionStatus): readonly AttentionReport[] {
    const found = findings(status);
    this.#since = new Map(
      found.map((each) => [keyOf(each), each.since ?? this.#since.get(keyOf(each)) ?? status.now] as const),
    );
    return found
      .map((each) => this.#report(each, status))
      .toSorted((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
  }

  #report(finding: Finding, { now, configuration }: AttentionStatus): AttentionReport {
    const { code, text, list = null, version = '' } = finding;
    const { severity, runbook, command } = ATTENTION[code];
    return {
      code,
      severity,
      text,
      list,
      since: this.#since.get(keyOf(finding)) ?? now,
      runbook: `operations.md#${runbook}`,
      command: command({ config: configuration.file, list: list ?? '', version }),
    };
  }
}

function keyOf({ code, about = '' }: Finding): string {
  return `${code} ${about}`;
}
