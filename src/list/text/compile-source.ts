/**
 * The bytes of a source, as text → its entries and figures: a list of ours as it is, the list of another tool by way of a
 * text in our grammar. Everything that reads such a list begins here. It must not decide whether the list is used.
 */
import type { Conversion } from '../../config/list-types.ts';
import { convertedList } from '../import/converted-list.ts';
import type { ConversionRules } from '../import/converted-list.ts';
import { compileText } from './compile.ts';
import type { CompiledText, CompileOptions } from './compile.ts';

export interface CompiledSource extends CompiledText {
  /** The list in our grammar. */
  readonly text: Uint8Array;
  /** Lines of the source for lines of the text; absent: they are the same. */
  readonly numbers?: Int32Array;
}

/** @param conversion undefined: it is a list of ours. */
export function compileSource(
  bytes: Uint8Array,
  conversion: Conversion | undefined,
  rules: ConversionRules,
  options: Omit<CompileOptions, 'action' | 'numbers'>,
): CompiledSource {
  const asked = { ...options, action: rules.action };
  if (conversion === undefined) return { ...compileText(bytes, asked), text: bytes };
  const { bytes: text, numbers, notCarried, refusal } = convertedList(bytes, conversion, rules);
  const compiled = compileText(text, { ...asked, numbers });
  return { ...compiled, stats: { ...compiled.stats, notCarried }, refusal, text, numbers };
}
