/**
 * A tar archive (POSIX ustar) of a few small files, compressed: what every `tar` reads. Owner, group and modes say nothing of who made it. It must not read
 * a file.
 */
import { gzipSync } from 'node:zlib';

export interface TarFile {
  /** At most 100 characters of ASCII, folders with `/`. */
  readonly name: string;
  readonly content: string;
}

const BLOCK = 512;
const MODE = '0000600';
/** Magic, NUL, version. */
const USTAR = ['ustar', '00'].join('\0');

/** @param seconds since the epoch: when the files were last changed. */
export function tarOf(files: readonly TarFile[], seconds: number): Buffer {
  const parts: Buffer[] = [];
  for (const { name, content } of files) {
    const bytes = Buffer.from(content);
    parts.push(headerOf(name, bytes.length, seconds), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1)));
  }
  // The end: two empty blocks.
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

function headerOf(name: string, length: number, seconds: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const put = (at: number, text: string): void => void header.write(text, at, 'latin1');
  put(0, name);
  put(100, MODE);
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(length, 11));
  put(136, octal(seconds, 11));
  // The sum of all bytes, its own place taken for blanks.
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, USTAR);
  put(
    148,
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return header;
}

function octal(value: number, digits: number): string {
  return Math.floor(value).toString(8).padStart(digits, '0');
}
