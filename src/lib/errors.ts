/**
 * The error tree: few classes, a stable `code` to decide by, the `side` whose fault it is, the `cause` kept.
 * It must not be matched by message text: messages are for people and may change.
 */

/** Whose fault it is: decides status, metric and whether anybody is woken up. */
export type ErrorSide = 'client' | 'upstream' | 'list' | 'config' | 'internal';

/** A failure the program expects. `code` is lower case with underscores and stays as it is between releases. */
export class CleanfeedError extends Error {
  override readonly name: string = 'CleanfeedError';
  readonly code: string;
  readonly side: ErrorSide;

  constructor(side: ErrorSide, code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.side = side;
    this.code = code;
  }
}

/** A list that cannot be read, verified or built; the last good one stays. */
export class ListError extends CleanfeedError {
  override readonly name = 'ListError';

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super('list', code, message, options);
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
      `${endpoint(where.address, where.port)} ${listenReason(errno)} (${where.key})`,
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

/** The errno name of a system error, or `UNKNOWN`. */
export function errnoOf(error: unknown): string {
  // Not `instanceof Error`: an error of another realm (a vm context, a worker) has another `Error`.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** Why a file cannot be opened or read, in words; the errno name where there are none for it. */
export function fileReason(errno: string): string {
  switch (errno) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is not a folder';
    case 'ELOOP':
      return 'its path has too many symbolic links';
    default:
      return errno;
  }
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
    case 'EADDRNOTAVAIL':
      return 'is not an address of this machine';
    default:
      return `cannot be bound: ${errno}`;
  }
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
