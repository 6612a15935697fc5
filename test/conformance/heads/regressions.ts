/** Bytes that once got through, shortened: `regressions.jsonl`, a JSON string a line (one character a byte), sent first in every run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'regressions.jsonl');

export function readHeadRegressions(): readonly string[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const bytes: unknown = JSON.parse(line);
      if (typeof bytes !== 'string' || /[\u0100-\uffff]/.test(bytes)) throw new Error(`not a string of bytes: ${line}`);
      return bytes;
    });
}

/** Adds what is new; sorted, so that two runs change the same lines. */
export function addHeadRegressions(found: readonly string[]): void {
  const lines = [...readHeadRegressions(), ...found].map((bytes) => JSON.stringify(bytes));
  const text = [...new Set(lines)]
    .sort()
    .map((line) => `${line}\n`)
    .join('');
  writeFileSync(FILE, text);
}
