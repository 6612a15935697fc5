/**
 * What is said over the control socket: one line of JSON each way, one request a connection.
 *
 *   {"command":"bypass","seconds":1800}\n ──▶ {"ok":true,"result":…}\n
 *   or                                       {"ok":false,"code":"usage","message":…}\n
 */

/** Why a command was not carried out; `ctl` makes an exit code of it. */
export type RefusalCode = 'usage' | 'config' | 'list' | 'unavailable' | 'internal';

export type ControlReply = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly code: RefusalCode; readonly message: string };
