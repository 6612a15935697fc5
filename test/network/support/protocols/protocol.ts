/**
 * What a test of other protocols knows of one: how its server is started, and what a real client does with it. Scripts are for bash, which ends at the first
 * failure. They have `$TLS` (authority.pem, and server.pem with server.key for each address) and `$DATA`, a file of 300 KB.
 */

export interface Dialogue {
  readonly name: string;
  /** Where its server listens: ports 80 and 443 of an address of its own lead there. */
  readonly port: number;
  /** In a new folder, with `$HOST` and `$PORT`, the server's folder `$SERVER`, and `$RUN`, a word of this run's own: what it prints is compared. */
  readonly client: string;
  /** Its runs may be side by side. */
  readonly mayMeet?: boolean;
  /** It connects at once, and then takes seconds: nothing waits for it but the end. Its runs are side by side. */
  readonly isLong?: boolean;
  /** What the filter refuses on purpose, or for lack of better (docs/known-limits.md), and where. */
  readonly refused?: { readonly ports: readonly number[]; readonly counts: string };
}

export interface Server {
  /** Programs and files, of the clients too. */
  readonly programs: readonly string[];
  /** In a folder of its own, before it is started. */
  readonly prepare?: string;
  /** In the same folder; it stays in the foreground. */
  readonly run: string;
  readonly dialogues: readonly Dialogue[];
}

/** Prints what has come without its bulk. */
export const SUM = 'sha256sum';
