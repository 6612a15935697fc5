/**
 * Saved inputs of the fuzz targets: one file a target, one input a line, as a JSON string in which each character is one
 * byte (U+0000 to U+00FF). What is not printable ASCII is escaped, so that a line can be read and compared.
 *
 *   corpus/TARGET.jsonl ──unpack──▶ a folder with one file an input (what libFuzzer reads and writes) ──pack──▶ corpus/TARGET.jsonl
 *
 * It does not know what the inputs mean.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'corpus');

/** @returns the inputs of a target; none if nothing was saved for it yet. */
export function readCorpus(target: string): readonly Buffer[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Buffer.from(inputOf(line), 'latin1'));
}

/** Writes the inputs of a target as files into a folder, each named by its SHA-1 as libFuzzer names them. */
export function unpackCorpus(target: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const input of readCorpus(target))
    writeFileSync(join(folder, createHash('sha1').update(input).digest('hex')), input);
}

/** Replaces the inputs of a target by the files of a folder. */
export function packCorpus(target: string, folder: string): void {
  writeFileSync(fileOf(target), packedFolder(folder));
}

/** @returns the lines for the files of a folder, sorted and each once: two runs that found the same write the same. */
export function packedFolder(folder: string): string {
  const inputs = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  const lines = [...new Set(inputs)].sort().map((input) => `${lineOf(input)}\n`);
  return lines.join('');
}

/** @returns where the inputs of a target are. */
export function fileOf(target: string): string {
  return join(FOLDER, `${target}.jsonl`);
}

function lineOf(input: string): string {
  return JSON.stringify(input).replaceAll(
    /[\u007f-\u00ff]/g,
    (byte) => `\\u${byte.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function inputOf(line: string): string {
  const input: unknown = JSON.parse(line);
  if (typeof input !== 'string' || /[\u0100-\uffff]/.test(input)) throw new Error(`not a string of bytes: ${line}`);
  return input;
}
