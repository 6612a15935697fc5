/**
 * Standard output that is a file (`> proxy.pac`) is written whole, or the command fails: Node writes once, takes half of it for all where the disk is nearly
 * full, and goes on where nothing can be written. Nobody can be told that standard error cannot be written, and no command ends by it. It must not print.
 */
import { fstatSync, writeSync } from 'node:fs';
import { errnoOf, unlessOfSystem, writingReason } from '../lib/errors.ts';

let fault: string | null = null;

/** Why standard output could not be written, in words. @returns null if all of it was, or its reader has left (`| head`). */
export function outputFault(): string | null {
  return fault;
}

/** Before anything is printed. */
export function holdOutput(): void {
  fault = null;
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  if (!isFile(stdout.fd)) return;
  stdout._write = (chunk: Uint8Array, _encoding, done) => {
    // What comes later would stand behind a gap.
    done(fault === null ? writeWhole(stdout.fd, chunk) : new Error(fault));
  };
}

function writeWhole(descriptor: number, bytes: Uint8Array): Error | null {
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    return null;
  } catch (error) {
    unlessOfSystem(error);
    fault = writingReason(errnoOf(error));
    return new Error(fault, { cause: error });
  }
}

/** A terminal, a pipe and a socket write the rest by themselves. */
function isFile(descriptor: number | undefined): boolean {
  if (descriptor === undefined) return false;
  const found = fstatSync(descriptor);
  return found.isFile() || (found.isCharacterDevice() && !process.stdout.isTTY);
}
