/**
 * What is said over the control socket: one line of JSON each way, one request a connection.
 *
 *   {"command":"bypass","seconds":1800}\n ──▶ {"ok":true,"result":…}\n
 *   or                                       {"ok":false,"code":"usage","message":…}\n
 *
 * A request may name a configuration; an instance that runs another one does nothing (`other_configuration`).
 */

/** How a request names a configuration file. */
export interface NamedConfiguration {
  /** Absolute path, as it was named. */
  readonly file: string;
  /** Where that leads through symbolic links; null: it is not there. */
  readonly real: string | null;
}

/** Why a command was not carried out; `ctl` makes an exit code of it. */
export type RefusalCode = 'usage' | 'config' | 'list' | 'unavailable' | 'other_configuration' | 'internal';

export type ControlReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string };
