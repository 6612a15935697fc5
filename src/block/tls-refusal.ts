/**
 * How a TLS client is refused without an interception: an alert in clear, the one message that it reads before the handshake has
 * begun. It must say nothing of the request: it is the same for every host and list.
 *
 * The description is `unrecognized_name`. RFC 6066 §3 gives a server two answers to a name that it does not serve: to go on, or to
 * abort with exactly this alert. So clients take it for an answer about the name, and say so (Chromium 156: ERR_SSL_UNRECOGNIZED_NAME_ALERT, asked
 * twice). `access_denied` reads better, but is about a certificate or key that the client has shown (RFC 8446 §6.2); Chromium says
 * that the server sent an invalid response, and asks four times. `handshake_failure` is about parameters: Chromium blames the version.
 */

const ALERT = 21;
const FATAL = 2;
const UNRECOGNIZED_NAME = 112;
const NEWEST = 0x0303;
const OLDEST = 0x0300;

/** By the record's version from SSL 3.0 on: a client may refuse to read a newer one than its own. */
const ALERTS: readonly Buffer[] = [0, 1, 2, 3].map((minor) =>
  Buffer.from([ALERT, 3, minor, 0, 2, FATAL, UNRECOGNIZED_NAME]),
);

/** @param version in the client's message; TLS 1.3 has that of 1.2 (RFC 8446 §5.1). */
export function tlsRefusal(version: number): Buffer {
  const alert = ALERTS[Math.max(OLDEST, Math.min(version, NEWEST)) - OLDEST];
  if (alert === undefined) throw new RangeError(`no version of TLS: ${version}`);
  return alert;
}
