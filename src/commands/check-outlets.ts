/**
 * What `check` says of outlets (zones, routes) and of the addresses that DNS steers to, beyond the rules between keys: compiled lists, which have
 * no names that a zone or a route could be made of, folders that are not there, and addresses and ports at which no steered listener takes anybody.
 * It must not read a list.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { endpoint } from '../lib/errors.ts';
import { formatPrefix, parseIpAddress, prefixContains } from '../lib/prefix.ts';
import { policyOf } from '../config/policy-of.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import type { ListReading } from './read-lists.ts';

/** @returns null if outlets can do with the list what they are to. */
export function outletFault({ resolver }: Config, list: ListReading): string | null {
  const { name, action, source } = list.config;
  if (!list.ok || list.judged.segment.kind !== 'own' || source.kind === 'tuf') return null;
  const outlets = [
    ...resolver.zones.map((zone) => ({ ...zone, is: `zone ${zone.name}` })),
    ...(resolver.routes === null ? [] : [{ ...resolver.routes, is: 'routes' }]),
  ].filter(({ lists, allow }) => lists.includes(name) || allow.includes(name));
  if (outlets.length === 0) return null;
  const whose = outlets.map(({ is }) => is).join(', ');
  return action === 'allow'
    ? `it is compiled and has no names, so that nothing can be told to ${whose}, which its exceptions belong to; use the text that it was made of`
    : `it is compiled and has no names for ${whose}; use the text that it was made of`;
}

/** @returns a line for each outlet whose folder is not there, or is a file: an instance would go on without it, and tell its log alone. */
export function absentFolderWarnings({ resolver }: Config): readonly string[] {
  const files = [
    ...resolver.zones.map(({ name, file }) => ({ what: `zone ${name}`, file })),
    ...(resolver.routes === null ? [] : [{ what: 'resolver.routes', file: resolver.routes.file }]),
  ];
  return files
    .filter(({ file }) => !mayBeFolder(dirname(file)))
    .map(({ what, file }) => `${what}: there is no folder ${dirname(file)}, so that its file cannot be written`);
}

/** Whoever may not look does not know. */
function mayBeFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return true;
  }
}

/** @returns a line where DNS steers to addresses that connections of customers are dropped at; nothing where the filter is another machine. */
export function lostSteerWarnings({ listeners, resolver }: Config): readonly string[] {
  const taken = listeners.flatMap(({ steered }) => steered?.addresses ?? []);
  const { steer } = resolver.answers;
  if (steer === null || taken.length === 0 || !listeners.some(({ mode }) => mode === 'dns')) return [];
  const lost = [...steer.a, ...steer.aaaa].filter(
    ({ address, bits }) => !taken.some((prefix) => prefix.bits <= bits && prefixContains(prefix, address)),
  );
  return lost.map(
    (prefix) =>
      `resolver.answers.steer sends hosts to ${formatPrefix(prefix)}, which is in the addresses of no steered listener: connections there are dropped`,
  );
}

/**
 * @returns a line for each listener that asks a DNS listener of this instance where hosts are, which says of those that are steered that they are here:
 * nothing where this machine is exempt there, or has a policy of its own.
 */
export function ownResolverWarnings(config: Config): readonly string[] {
  const { listeners, resolver, upstream } = config;
  const { steer } = resolver.answers;
  const own = listeners.flatMap(({ steered }) => steered?.addresses ?? []);
  const isHere = [...(steer?.a ?? []), ...(steer?.aaaa ?? [])].some(({ address }) =>
    own.some((prefix) => prefixContains(prefix, address)),
  );
  if (!isHere) return [];
  const steering = listeners.filter((listener) => listener.mode === 'dns');
  return listeners.flatMap(({ name, mode, steered }) => {
    if (mode === 'dns' || mode === 'transparent') return [];
    const isOfAll = steered === null || steered.resolver.length === 0;
    const servers = isOfAll ? upstream.dns.servers : steered.resolver;
    const asked = steering.find((listener) => servers.some((server) => isSteered(server, listener, config)));
    return asked === undefined
      ? []
      : [
          `listener ${name} asks listener ${asked.name} where hosts are, which says of all that are steered that they are here: none of them can be reached (${isOfAll ? 'upstream.dns.servers' : 'resolver of the listener'} needs a resolver that does not steer)`,
        ];
  });
}

/** Who asks an address of this machine asks from there. */
function isSteered(server: string, { address, port }: ListenerConfig, { policies, exempt }: Config): boolean {
  const [, host = ''] = /^\[?(.*?)\]?:\d+$/.exec(server) ?? [];
  const asker = parseIpAddress(host);
  const isAsked = server === endpoint(host, port) && (address === host || isWildcardFor(address, host));
  return (
    isAsked &&
    asker !== null &&
    policyOf(policies, asker) === null &&
    !exempt.clients.some((prefix) => prefixContains(prefix, asker))
  );
}

/** Which other addresses this machine has is not known here. */
function isWildcardFor(address: string, host: string): boolean {
  return address === '0.0.0.0'
    ? host.startsWith('127.')
    : address === '::' && (host === '::1' || host.startsWith('127.'));
}

const WEB_PORTS: readonly (readonly [port: number, scheme: string])[] = [
  [80, 'http'],
  [443, 'https'],
];

/** @returns a line for each port of the web that no steered listener has: whoever steers a host sends all of its traffic here. */
export function closedPortWarnings({ listeners }: Config): readonly string[] {
  const steered = listeners.filter(({ mode }) => mode === 'steered');
  // Which ports a socket of systemd has, its unit says.
  if (steered.length === 0 || steered.some(({ socket }) => socket !== null)) return [];
  const open = new Set(steered.flatMap((listener) => listener.steered?.ports ?? []));
  return WEB_PORTS.filter(([port]) => !open.has(port)).map(
    ([port, scheme]) =>
      `no steered listener has port ${port}: connections to ${scheme}: addresses of every host that is steered here are refused`,
  );
}
