/** How commands end; scripts rely on these (sysexits.h where it has a word for it). A code must never get another meaning. */
export const EXIT = {
  ok: 0,
  /** `explain`: the URL is blocked. Oversight (`publish audit` …), `verify-release`: something does not hold. */
  refused: 1,
  /** `selftest`: a list does not do what it should. */
  failed: 1,
  /** `explain`: no verdict could be found. */
  noVerdict: 2,
  /** `explain`: refused whatever the lists say: no address, a client or a destination that is not permitted. */
  neverPasses: 3,
  /** Wrong command line. */
  usage: 64,
  /** A list with bad lines. */
  badList: 65,
  /** An address that is in use or not to be had; `ctl`: no running instance, or one of another configuration. */
  unavailable: 69,
  /** A fault of ours. */
  internal: 70,
  /** `zone write`, `list import`, and standard output of every command: the file cannot be written; `init`: it exists, or cannot be written. */
  cannotCreate: 73,
  /** `ctl`: the control socket is not for this user. */
  noPermission: 77,
  /** A configuration with faults. */
  badConfig: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
