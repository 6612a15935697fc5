/**
 * What `ip -j rule` and `ip -j route show table all type local` say, as far as it goes: packets with which mark are delivered
 * here whatever their address is, and which addresses are this machine's. It is total, and must not guess: of what it does not know it finds nothing.
 */
import { formatAddress, parsePrefix, prefixContains } from '../lib/prefix.ts';
import type { Prefix } from '../lib/types.ts';

export interface MarkRule {
  readonly mark: number;
  readonly mask: number;
  readonly table: string;
}

export interface LocalRoute {
  readonly table: string;
  /** Null: every address. */
  readonly prefix: Prefix | null;
}

/** What the system calls the table that has this machine's own addresses. */
const OWN_TABLE = 'local';
const ALL_BITS = 0xff_ff_ff_ff;
/** Of a prefix without a route of its own so many addresses are looked for one by one. */
const MAX_HOST_BITS = 10;

export function parseMarkRules(text: string): MarkRule[] {
  return entries(text).flatMap((entry) => {
    const { fwmark, fwmask, table } = entry;
    const [mark, mask] = [numberOf(fwmark), fwmask === undefined ? ALL_BITS : numberOf(fwmask)];
    return mark === null || mask === null || typeof table !== 'string' ? [] : [{ mark, mask, table }];
  });
}

/** Of one family; `table` is left out of entries when a single table was asked for. */
export function parseLocalRoutes(text: string): LocalRoute[] {
  return entries(text).flatMap(({ type, dst, table }): LocalRoute[] => {
    if (type !== 'local' || typeof dst !== 'string' || typeof table !== 'string') return [];
    if (dst === 'default') return [{ table, prefix: null }];
    const parsed = parsePrefix(dst);
    return parsed.ok ? [{ table, prefix: parsed.value }] : [];
  });
}

/** The tables to which a rule sends packets with this mark. */
export function tablesFor(mark: number, rules: readonly MarkRule[]): string[] {
  return rules.filter((rule) => (mark & rule.mask) >>> 0 === rule.mark).map(({ table }) => table);
}

/** Whether every address of the prefix is this machine's. */
export function isOwn(prefix: Prefix, routes: readonly LocalRoute[]): boolean {
  const own = routes.flatMap(({ table, prefix: route }) => (table === OWN_TABLE && route !== null ? [route] : []));
  if (own.some((route) => route.bits <= prefix.bits && prefixContains(route, prefix.address))) return true;
  const hostBits = prefix.address.length * 8 - prefix.bits;
  if (hostBits === 0 || hostBits > MAX_HOST_BITS) return false;
  const known = new Set(
    own.filter(({ address, bits }) => bits === address.length * 8).map(({ address }) => formatAddress(address)),
  );
  return Array.from({ length: 2 ** hostBits }, (_, i) => i).every((i) => known.has(formatAddress(withHost(prefix, i))));
}

function withHost({ address }: Prefix, host: number): Uint8Array {
  const bytes = address.slice();
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) | (host & 255);
  bytes[last - 1] = (bytes[last - 1] ?? 0) | (host >> 8);
  return bytes;
}

function numberOf(text: unknown): number | null {
  return typeof text === 'string' && /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : null;
}

function entries(text: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const all: unknown = JSON.parse(text);
    return Array.isArray(all)
      ? all.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
      : [];
  } catch {
    return [];
  }
}
