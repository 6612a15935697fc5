/** What becomes of a text list: judged, then the gate. */
import type { Entry } from '../../src/match/entry.ts';
import { judgedText } from '../../src/list/format/text.ts';
import { verdictOf } from '../../src/list/gate.ts';
import type { GateRules } from '../../src/list/gate.ts';
import { NO_GATE_FILES } from '../support/list-config.ts';
import { compileText } from '../../src/list/text/compile.ts';
import type { CompiledText } from '../../src/list/text/compile.ts';

export interface TextVerdict extends CompiledText {
  readonly accepted: boolean;
  /** The code of why it is not; null: it is. */
  readonly refusal: string | null;
}

export interface TextRules extends Partial<GateRules> {
  readonly today: number;
  readonly visit?: (entry: Entry) => void;
}

export function textVerdict(text: Uint8Array, options: TextRules): TextVerdict {
  const { action = 'block', maxBadLineRatio = 0, suffixes = 'refuse' } = options;
  const compiled = compileText(text, { ...options, list: 0, action });
  const verdict = verdictOf(judgedText(text, compiled, action), {
    action,
    maxBadLineRatio,
    suffixes,
    gate: NO_GATE_FILES,
  });
  return {
    ...compiled,
    accepted: verdict.stage === 'passed',
    refusal: verdict.stage === 'passed' ? null : verdict.error.code,
  };
}
