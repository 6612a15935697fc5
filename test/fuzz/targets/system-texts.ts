/**
 * Fuzz target: what the system and its programs say: rules of nft, routes and rules of ip, the hosts file, counts of routes, addresses and
 * prefixes, and what clients say about languages and types. Whatever stands there gives values within their bounds, and nothing throws.
 */
import { readsGzip } from '../../../src/admin/representations.ts';
import { chooseLanguage, wantsHtml } from '../../../src/block/negotiate.ts';
import { parseHosts } from '../../../src/forward/hosts-file.ts';
import { routeCount } from '../../../src/guard/route-count.ts';
import { isOwn, parseLocalRoutes, parseMarkRules, tablesFor } from '../../../src/machine/routing.ts';
import { parseRuleset } from '../../../src/machine/ruleset.ts';
import { formatAddress, formatPrefix, parseIpAddress, parsePrefix } from '../../../src/lib/prefix.ts';
import { namesHeader, namesLines } from '../../../src/list/names/names-payload.ts';
import { askedName } from '../../../src/dns-front/asked-name.ts';
import { canonicalHost } from '../../../src/url/host.ts';

const TAGS = ['en', 'fr', 'pt-BR'];

export function fuzz(data: Buffer): void {
  const text = data.toString('utf8');
  for (const { mark, port } of parseRuleset(text)?.tproxies ?? [])
    demand(typeof mark === 'number' && (port === null || typeof port === 'number'), 'a rule has numbers', port);
  const routes = parseLocalRoutes(text);
  for (const { prefix } of routes) if (prefix !== null) isOwn(prefix, routes);
  for (const { mark } of parseMarkRules(text)) tablesFor(mark, parseMarkRules(text));
  for (const [host, addresses] of parseHosts(text))
    demand(canonicalHost(host) === host && addresses.length > 0, 'a name of the hosts file is canonical', host);
  demand((routeCount(text) ?? 0) >= 0, 'a count is one', text);
  addresses(text);
  const { host = null } = askedName(text) ?? {};
  demand(host === null || canonicalHost(host) === host, 'a name that is asked for is canonical', host);
  const language = chooseLanguage(TAGS, data.toString('latin1'));
  demand(language >= 0 && language < TAGS.length, 'some language is chosen', language);
  wantsHtml(data.toString('latin1'));
  readsGzip(text);
  const names = Buffer.concat([Buffer.from('cleanfeed names 2\nversion 7\ntime 1790000000\n'), data]);
  demand(namesHeader(names) !== null, 'a header is one', text);
  for (const line of namesLines(names)) demand(!line.includes('\n'), 'a line is one', line);
  namesHeader(data);
}

function addresses(text: string): void {
  const address = parseIpAddress(text);
  if (address !== null) {
    const again = parseIpAddress(formatAddress(address));
    demand(again !== null && Buffer.from(again).equals(address), 'an address comes back', text);
  }
  const prefix = parsePrefix(text);
  if (prefix.ok) demand(parsePrefix(formatPrefix(prefix.value)).ok, 'a prefix comes back', text);
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
