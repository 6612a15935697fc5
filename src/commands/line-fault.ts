/**
 * Faults of a list's lines, as commands print them: like those of a configuration, and with a code for scripts.
 * It must not print the text of a line beyond what its diagnostic says.
 */
import { inOrder } from '../config/diagnostic.ts';
import type { ConfigDiagnostic } from '../config/diagnostic.ts';
import type { LineDiagnostic, DiagnosticCode } from '../list/text/diagnostic.ts';

export type LineFault = ConfigDiagnostic & { readonly code: DiagnosticCode };

/** By position. @param file as the user named it; `note` follows each message. */
export function lineFaults(file: string, faults: readonly LineDiagnostic[], note = ''): readonly LineFault[] {
  return inOrder(faults).map(({ code, line, column, message }) => ({
    file,
    line,
    column,
    key: '',
    message: message + note,
    code,
  }));
}
