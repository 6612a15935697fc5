/** Why a server of lists gives none, in words for whoever has to mend it: codes of Node and undici, statuses. It must not decide what is done about it. */

const UNTRUSTED = 'its certificate is of an authority that is not trusted here (`ca`)';
const CHAIN =
  'the chain of its certificate does not lead to an authority that is trusted here (`ca`): that is another one, or the server does not send the intermediate certificate';
const CLOSED = 'it closed the connection';
const UNKNOWN_READER = 'it wants a certificate or a token, or another one (`auth`)';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there'],
  ['ECONNRESET', CLOSED],
  ['UND_ERR_SOCKET', CLOSED],
  ['ENOTFOUND', 'there is no such name'],
  ['EAI_AGAIN', 'the name servers do not answer, or answer that they cannot tell'],
  ['ENETUNREACH', 'there is no route to it'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired, by the clock of this machine'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet, by the clock of this machine'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', CHAIN],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', CHAIN],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', CHAIN],
]);

/** Where there is a proxy it looks up the name of the server and connects to it: these are of the way to the proxy. */
const BEFORE_PROXY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** @returns the code too, by which others can be asked; alone where there are no words for it. */
export function connectReason(code: string, { isProxied }: { readonly isProxied: boolean }): string {
  const words = REASONS.get(code);
  const reason = words === undefined ? code : `${words} (${code})`;
  const what = isProxied && BEFORE_PROXY.has(code) ? 'the proxy (`proxy`)' : 'the server';
  return `${what} cannot be reached: ${reason}`;
}

/** @param status other than 200. */
export function statusFault(status: number): string {
  return `the server answered with status ${status}: ${statusReason(status)}`;
}

/** @param status other than 200. nginx says 400 where it asks for a certificate and is shown none, or one that it does not know. */
function statusReason(status: number): string {
  switch (status) {
    case 400:
    case 401:
      return UNKNOWN_READER;
    case 403:
      return `${UNKNOWN_READER}, or may not read the file itself`;
    case 404:
      return 'there is nothing at this address, or not for whoever asks so';
    default:
      return status >= 500 ? 'the fault is there' : 'ask its operator';
  }
}
