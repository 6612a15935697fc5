/** What a schema found wrong in a document, in words and by position. It must not read the document anew. */
import type { Shape, Shaped, ShapeFault } from '../lib/shape.ts';
import type { KeyPath, PendingDiagnostic } from './diagnostic.ts';
import type { ParsedDocument } from './document.ts';
import { at } from './plain-data.ts';
import { describe } from './quantities.ts';
import { describeKind, isSecretKey } from './secret-keys.ts';
import { unknownKey } from './schema-keys.ts';

/** @param read what the schema says of the document's data; null: it was not asked. */
export function shapeFaults(
  schema: Shape<unknown>,
  read: Shaped<unknown> | null,
  document: ParsedDocument,
): PendingDiagnostic[] {
  if (read === null || read.ok) return [];
  return read.faults.flatMap((fault): PendingDiagnostic[] => {
    const { path } = fault;
    if (fault.kind !== 'unknown') {
      return [{ position: document.locate(path), path, message: () => words(fault, path.reduce(at, document.data)) }];
    }
    return fault.keys.map((key) => {
      const known = [...path, key];
      const message = (): string => unknownKey(schema, path, key);
      return { position: document.locateKey(known), path: known, message, isUnknownKey: true };
    });
  });
}

function words(fault: Exclude<ShapeFault, { kind: 'unknown' }>, value: unknown): string {
  switch (fault.kind) {
    case 'value':
      return fault.reason + remedy(fault.reason, value);
    case 'type':
      return value === undefined ? 'is required' : `must be ${fault.expected}, not ${kindOf(fault.path, value)}`;
    case 'too-short':
      return `must have at least ${fault.bound} item`;
    case 'too-long':
      return `must have at most ${fault.bound} items`;
  }
}

/** @returns what to do about a value that is what it should be but for the way in which it is written. */
function remedy(reason: string, value: unknown): string {
  if (typeof value !== 'string') return '';
  const isNumber = reason.includes('number') && /^-?\d+(?:\.\d+)?$/.test(value);
  const isFlag = reason.includes('true or false') && /^(?:true|false)$/.test(value);
  return isNumber || isFlag ? ', which is a text: take the quotes away' : '';
}

function kindOf(path: KeyPath, value: unknown): string {
  return path.some((part) => typeof part === 'string' && isSecretKey(part)) ? describeKind(value) : describe(value);
}
