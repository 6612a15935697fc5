/**
 * What `check` says of outlets (zones, routes) and of the addresses that DNS steers to, beyond the rules between keys: compiled lists, which have
 * no names that a zone or a route could be made of, and addresses and ports at which no steered listener takes anybody. It must not read a list.
 */
import { formatPrefix, prefixContains } from '../lib/prefix.ts';
import type { Config } from '../config/types.ts';
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
