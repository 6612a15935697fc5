/**
 * Against DNS rebinding: a web page somewhere can make a browser inside the network ask the admin address under a name the
 * attacker controls, and read the answer. Such a request carries that name in Host. Numbers cannot be rebound, so IP
 * literals are accepted, and the few names nobody else can answer for. It must not look a name up.
 */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * @param host as received; undefined if none was sent, which no browser does.
 * @param names in lower case.
 */
export function acceptsHost(host: string | undefined, names: ReadonlySet<string>): boolean {
  if (host === undefined) return true;
  if (host.startsWith('[')) return isBracketedIPv6(host);
  const [name = '', port = ''] = host.split(':', 2);
  return isPort(port) && (isIPv4(name) || names.has(name.toLowerCase()));
}

function isBracketedIPv6(host: string): boolean {
  const end = host.indexOf(']');
  const rest = host.slice(end + 1);
  return end > 0 && isIPv6(host.slice(1, end)) && (rest === '' || (rest.startsWith(':') && isPort(rest.slice(1))));
}

function isPort(text: string): boolean {
  return /^\d{0,5}$/.test(text);
}
