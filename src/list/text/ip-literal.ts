/** Tells an address from a name. */
import type { CanonicalHost } from '../../url/host.ts';

export function isIpLiteral(host: CanonicalHost): boolean {
  return host.startsWith('[') || /^[0-9.]+$/.test(host);
}
