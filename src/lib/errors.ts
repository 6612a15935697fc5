/**
 * The error tree: few classes, a stable `code` to decide by, the `side` that has to act, the `cause` kept. The program decides
 * by class and code; the side is what docs/operations.md tells an operator, and a test compares the two.
 * It must not be matched by message text: messages are for people and may change.
 *
 * What goes wrong with a request is a value and no exception: its code, and the side that is at fault (the client's request, the site, the
 * network between, a rule of the operator), stand in block/local-responses.ts and docs/help-desk.md.
 */

/** Who has to act: whoever publishes the list, whoever wrote the configuration and runs this machine, or we. */
export type ErrorSide = 'list' | 'config' | 'internal';

/** A failure the program expects. `code` is lower case with underscores and stays as it is between releases. */
export class CleanfeedError<Code extends string = string> extends Error {
  override readonly name: string = 'CleanfeedError';
  readonly code: Code;
  readonly side: ErrorSide;

  constructor(side: ErrorSide, code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.side = side;
    this.code = code;
  }
}

/** A listening address that cannot be bound: exit 69. */
export class ListenError extends CleanfeedError {
  override readonly name = 'ListenError';
  /** Configuration key at fault, e.g. `listeners[0].port`. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly errno: string;

  /** `errno` is the system's name for it: EADDRINUSE, EACCES, EADDRNOTAVAIL … */
  constructor(
    where: { readonly key: string; readonly address: string; readonly port: number },
    errno: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      'config',
      listenCode(errno),
      `${endpoint(where.address, where.port)} ${listenReason(errno)} (${where.key})${listenRemedy(errno, where)}`,
      options,
    );
    this.key = where.key;
    this.address = where.address;
    this.port = where.port;
    this.errno = errno;
  }
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What it says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name of a system error, or `UNKNOWN`. */
export function errnoOf(error: unknown): string {
  // Not `instanceof Error`: an error of another realm (a vm context, a worker) has another `Error`.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** The errno name of an error of the system (`ENOSPC`). @returns null if it is none: Node's own (`ERR_…`) are faults of a program, or of what it was given. */
export function systemErrnoOf(error: unknown): string | null {
  const code = errnoOf(error);
  return /^E(?!RR_)[A-Z0-9_]+$/.test(code) ? code : null;
}

/**
 * For what may fail in a way that is expected: `await rename(a, b).catch(unless('ENOENT'))`.
 * @returns a function that throws every error but those.
 */
export function unless(...expected: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!expected.includes(errnoOf(error))) throw error;
  };
}

/** The same for whatever the system may say, and for no fault of ours: where what stays as it is does no harm. */
export function unlessOfSystem(error: unknown): void {
  if (typeof error !== 'object' || error === null || !('syscall' in error)) throw error;
}

/**
 * For a promise whose fault is told in another place: at the one that it was made from, or where it is awaited later. Without this, Node
 * would end the process for a fault that is not looked at yet.
 */
export function toldElsewhere(promise: Promise<unknown>): Promise<void> {
  const settled = (): void => undefined;
  return promise.then(settled, settled);
}

/** Why a file cannot be opened or read, in words; the errno name where there are none for it. */
export function fileReason(errno: string): string {
  switch (errno) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'permission denied';
    case 'EEXIST':
      return 'something else of that name is there';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is not a folder';
    case 'EFTYPE':
      return 'it is a device, a pipe or a socket, and no file';
    case 'ENAMETOOLONG':
      return 'its name, or a name in its path, is too long';
    case 'EPERM':
      return 'the system does not permit it (EPERM)';
    case 'EMFILE':
    case 'ENFILE':
      return `too many files are open (${errno})`;
    case 'EFBIG':
      return 'it is larger than a file may be (EFBIG)';
    case 'ELOOP':
      return 'its path has too many symbolic links';
    case 'ENOSPC':
      return 'no space is left on the disk (ENOSPC)';
    case 'EDQUOT':
      return 'the quota of the disk is used up (EDQUOT)';
    case 'EROFS':
      return 'the file system is read-only (EROFS)';
    case 'EIO':
      return 'the device reports a fault (EIO)';
    case 'ETIMEDOUT':
      return 'its file system does not answer, or calls to one that does not hold all threads for files (ETIMEDOUT)';
    default:
      return errno;
  }
}

/** Why a file cannot be written, in words; as `fileReason`. */
export function writingReason(errno: string): string {
  return errno === 'ENOENT' ? 'there is no such folder' : fileReason(errno);
}

/**
 * An error of the system in words, with the file that it names: `PATH: permission denied`. Where it names none, its own words say most.
 * @returns null if it is none.
 */
export function fileFault(error: unknown): string | null {
  const errno = systemErrnoOf(error);
  if (errno === null) return null;
  const path = pathOf(error);
  if (path === null) return messageOf(error);
  return `${path}: ${errno === 'ENOENT' ? 'there is no such file or folder' : fileReason(errno)}`;
}

/** The file that an error of the system names; null: none. */
export function pathOf(error: unknown): string | null {
  const path = typeof error === 'object' && error !== null && 'path' in error ? error.path : null;
  return typeof path === 'string' ? path : null;
}

/** Of an open file the system names none. @returns the error, which names this one. */
export function naming(path: string, error: unknown): unknown {
  return error instanceof Error && systemErrnoOf(error) !== null ? Object.assign(error, { path }) : error;
}

/** Why something could not be kept: what the system says, in words; of a fault of ours where it was thrown (`originOf`). */
export function keepingReason(error: unknown): string {
  const errno = systemErrnoOf(error);
  return errno === null ? originOf(error) : fileReason(errno);
}

function listenCode(errno: string): string {
  return errno === 'EADDRINUSE' ? 'address_in_use' : 'address_unavailable';
}

function listenReason(errno: string): string {
  switch (errno) {
    case 'EADDRINUSE':
      return 'is in use';
    case 'EACCES':
      return 'cannot be bound: a privilege is missing (a port below 1024?)';
    case 'EPERM':
      return 'cannot be opened for traffic to other addresses: CAP_NET_ADMIN or CAP_NET_RAW is missing';
    case 'ENOPKG':
      return 'cannot be opened for traffic to other addresses: the optional package koffi is missing';
    case 'EADDRNOTAVAIL':
      return 'is not an address of this machine';
    default:
      return `cannot be bound: ${errno}`;
  }
}

function listenRemedy(errno: string, { key, port }: { readonly key: string; readonly port: number }): string {
  if (errno !== 'EADDRINUSE') return '';
  return `: set ${key} to a free port, or end the program that has it ('ss -lntup sport = :${port}' names it)`;
}

/** Name, code and where it was thrown; not the message, which may quote what a client sent, an address or a secret. */
export function originOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'a thrown value that is not an error';
  const name = 'name' in error && typeof error.name === 'string' ? error.name : 'Error';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const stack = 'stack' in error && typeof error.stack === 'string' ? error.stack : '';
  const frame = /^\s+at .*?([^/()\s]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return `${name}${code}${frame === undefined ? '' : ` at ${frame}`}`;
}
