/**
 * Fuzz target: files of other tools, as `list import` reads them. The first bytes choose format, kind of file and where the file is cut into
 * pieces. Lines do not depend on the pieces; what a reader makes of a line is one of its outcomes, with places inside of the line.
 */
import { IMPORT_FORMATS } from '../../../src/list/import/formats.ts';
import { FORMAT_TERMS, IMPORT_NAMES } from '../../../src/lib/list-formats.ts';
import { LineStream } from '../../../src/list/import/line-stream.ts';
import type { StreamedLine } from '../../../src/list/import/line-stream.ts';

const HEADER = 4;

export function fuzz(data: Buffer): void {
  const [which = 0, match = 0, cut = 0, flags = 0] = data;
  const file = data.subarray(HEADER);
  const from = IMPORT_NAMES[which % IMPORT_NAMES.length]!;
  const format = FORMAT_TERMS[from];
  const lines = linesOf([file]);
  const at = Math.min(cut, file.length);
  const inPieces = linesOf([file.subarray(0, at), file.subarray(at)]);
  demand(JSON.stringify(lines) === JSON.stringify(inPieces), 'lines do not depend on pieces', at);
  const reader = IMPORT_FORMATS[from].open({
    match: format.matches[match % Math.max(1, format.matches.length)] ?? '',
    sample: format.samples[match % Math.max(1, format.samples.length)] ?? '',
    values: new Set((flags & 1) === 0 ? [] : ['1', 'block']),
    ignoreCase: (flags & 2) !== 0,
    column: (flags & 4) === 0 ? '1' : 'url',
    separator: (flags & 8) === 0 ? ',' : ';',
    subdomains: (flags & 16) !== 0,
    sinks: new Set(['0.0.0.0', '127.0.0.1']),
  });
  for (const { text, fault } of lines) {
    if (fault !== null) continue;
    const outcome = reader.read(text);
    if (typeof outcome === 'string') continue;
    demand(outcome.items.length > 0, 'a line that lists something has an item', text);
    for (const { at: column } of outcome.items)
      demand(column >= 0 && column <= text.length, 'an item has a place in its line', { text, column });
  }
  reader.isOpen?.();
}

function linesOf(chunks: readonly Buffer[]): readonly StreamedLine[] {
  const stream = new LineStream();
  const lines = chunks.flatMap((chunk) => [...stream.push(chunk)]);
  const last = stream.end();
  return last === null ? lines : [...lines, last];
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
