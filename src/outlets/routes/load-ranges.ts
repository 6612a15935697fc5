/**
 * The ranges that are never steered, from files: those that are shipped, less what the operator takes back, and the operator's own. Read again
 * with each update, so that an edit counts from then on. It must not take a file that cannot be read for an empty one: the
 * ranges of before stay.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoOf, fileReason } from '../../lib/errors.ts';
import { formatPrefix } from '../../lib/prefix.ts';
import type { Parsed, Prefix } from '../../lib/types.ts';
import { readRanges, type Ranges } from './range-file.ts';

const SHIPPED = 'shared-ranges.txt';
/** Read at the start: a running instance needs no folder of the release any more (ADR 0028). */
const SHIPPED_RANGES = shipped(
  readFileSync(new URL('../../../config/routes/shared-ranges.txt', import.meta.url), 'utf8'),
);

/** It never rejects. The reason names file and line. */
export async function loadRanges(files: readonly string[]): Promise<Parsed<readonly Prefix[]>> {
  const read = await Promise.all(files.map(readOne));
  const own: Ranges[] = [];
  for (const ranges of read) {
    if (!ranges.ok) return ranges;
    own.push(ranges.value);
  }
  const left = SHIPPED_RANGES.filter((prefix) => !own.some(({ takenBack }) => takenBack.has(formatPrefix(prefix))));
  return { ok: true, value: [...left, ...own.flatMap(({ prefixes }) => prefixes)] };
}

async function readOne(path: string): Promise<Parsed<Ranges>> {
  try {
    return readRanges(await readFile(path, 'utf8'), basename(path));
  } catch (error) {
    return { ok: false, reason: `${basename(path)}: ${fileReason(errnoOf(error))}` };
  }
}

function shipped(text: string): readonly Prefix[] {
  const ranges = readRanges(text, SHIPPED);
  if (!ranges.ok) throw new TypeError(ranges.reason);
  return ranges.value.prefixes;
}
