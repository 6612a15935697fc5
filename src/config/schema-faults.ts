/** What a schema found wrong in a document, in words and by position. It must not read the document anew. */
import type { z } from 'zod';
import type { PendingDiagnostic } from './diagnostic.ts';
import type { ParsedDocument } from './document.ts';
import { at } from './plain-data.ts';
import { describe } from './quantities.ts';
import { unknownKey } from './schema-keys.ts';

export function issueFaults(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssue,
  document: ParsedDocument,
): PendingDiagnostic[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code !== 'unrecognized_keys') {
    return [{ position: document.locate(path), path, message: () => words(issue, path.reduce(at, document.data)) }];
  }
  return issue.keys.map((key) => {
    const known = [...path, key];
    return { position: document.locateKey(known), path: known, message: () => unknownKey(schema, path, key) };
  });
}

function words(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_type' && value === undefined) return 'is required';
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected === 'array' ? 'a list' : 'a mapping'}, not ${describe(value)}`;
  if (issue.code === 'too_small') return `must have at least ${issue.minimum} item`;
  if (issue.code === 'too_big') return `must have at most ${issue.maximum} items`;
  return issue.message;
}
