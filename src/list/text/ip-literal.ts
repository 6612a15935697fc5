/** Tells an address from a name. It must not resolve a name. */

export function isIpLiteral(host: string): boolean {
  return host.startsWith('[') || /^[0-9.]+$/.test(host);
}
