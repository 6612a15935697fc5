/**
 * A PAC file: the function by which browsers find out which requests go to the proxy. Made from the configuration and from nothing
 * else; every text in it is a host name or an address that the schema has read, written as a JSON string. It asks no DNS: a browser
 * would wait for each answer, and tell its resolver what the proxy was to be asked.
 *
 *   not HTTP ─▶ DIRECT      local name, private address, `direct` ─▶ DIRECT      all else ─▶ PROXY …; PROXY …[; DIRECT]
 */
import type { PacConfig } from './types.ts';

export const PAC_TYPE = 'application/x-ns-proxy-autoconfig';

/** ECMAScript 3: some systems still read PAC files with old engines. */
export function pacFile({ proxies, failOver, direct }: PacConfig): string {
  const way = [...proxies.map((place) => `PROXY ${place}`), ...(failOver === 'direct' ? ['DIRECT'] : [])].join('; ');
  const hosts = direct.filter((host) => !host.startsWith('*.'));
  const domains = direct.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return `// Made by Cleanfeed from admin.pac of its configuration. Type: ${PAC_TYPE}
var WAY = ${JSON.stringify(way)};
var HOSTS = ${JSON.stringify(Object.fromEntries(hosts.map((host) => [host, 1])))};
var DOMAINS = ${JSON.stringify([...LOCAL_DOMAINS, ...domains])};

function FindProxyForURL(url, host) {
  if (!/^(?:https?|wss?):/i.test(url)) return "DIRECT";
  host = host.toLowerCase().replace(/^\\[/, "").replace(/\\]$/, "").replace(/\\.$/, "");
  return isDirect(host) ? "DIRECT" : WAY;
}

function isDirect(host) {
  if (host.indexOf(":") >= 0) return /^(?:::1$|fe[89ab][0-9a-f]:|f[cd][0-9a-f][0-9a-f]:)/.test(host);
  var parts = /^(\\d+)\\.(\\d+)\\.\\d+\\.\\d+$/.exec(host);
  if (parts) return isPrivate(Number(parts[1]), Number(parts[2]));
  if (host.indexOf(".") < 0) return true;
  if (HOSTS.hasOwnProperty(host)) return true;
  for (var i = 0; i < DOMAINS.length; i++) {
    var at = host.length - DOMAINS[i].length;
    if (at >= 0 && host.indexOf(DOMAINS[i], at) === at) return true;
  }
  return false;
}

// RFC 1918, 6598, 3927; loopback.
function isPrivate(a, b) {
  return a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b <= 127) || (a === 169 && b === 254);
}
`;
}

/** RFC 6761, 6762, 8375; .internal is set aside for private use. */
const LOCAL_DOMAINS = ['.localhost', '.local', '.home.arpa', '.internal'];
