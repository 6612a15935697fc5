/**
 * What `nft -j list ruleset` says (libnftables-json(5)), as far as steering goes: where connections are sent, which packets are kept,
 * and whether a set that decides about it is empty. It is total, and must not guess: of what it does not know it finds nothing.
 */
import { parsedJson } from '../lib/json.ts';

export interface Tproxy {
  readonly family: 'ipv4' | 'ipv6' | 'both';
  /** Null: the address of the interface by which the packet came. */
  readonly address: string | null;
  /** Null: the port that the packet goes to. */
  readonly port: number | null;
  /** With which packets are marked for local delivery. */
  readonly mark: number;
}

export interface Ruleset {
  readonly tproxies: readonly Tproxy[];
  /** Marks of packets that belong to a transparent socket. */
  readonly keptMarks: readonly number[];
  /** A rule also keeps packets that fit no connection, only a listener on all addresses: they go to its port, at whatever host. */
  readonly keepsStrangers: boolean;
  /** Sets of ports, by `FAMILY TABLE NAME`, that a rule compares destination ports with before it goes on to a tproxy rule, and that are empty. */
  readonly emptyPortSets: readonly string[];
}

type Json = unknown;
const MAX_OBJECTS = 1_000_000;

/** @returns null if it is no ruleset. */
export function parseRuleset(text: string): Ruleset | null {
  const all = at(parsedJson(text), 'nftables');
  if (!Array.isArray(all) || all.length > MAX_OBJECTS) return null;
  const rules = all.map((one: Json) => at(one, 'rule')).filter((rule) => rule !== undefined);
  const elsewhere = new Set(
    all
      .map((one: Json) => at(one, 'chain'))
      .filter(isElsewhere)
      .map(nameOf),
  );
  const empty = new Set(
    all
      .map((one: Json) => at(one, 'set'))
      .filter(isEmptyPortSet)
      .map(nameOf),
  );
  const reached = rules.filter((rule) => !elsewhere.has(chainOf(rule)));
  const leading = new Set(rules.filter((rule) => tproxyOf(rule).length > 0).map(chainOf));
  return {
    tproxies: rules.flatMap(tproxyOf),
    keptMarks: reached.flatMap(keptMark),
    keepsStrangers: keepStrangers(reached),
    emptyPortSets: [...new Set(rules.flatMap((rule) => portSets(rule, leading)))].filter((name) => empty.has(name)),
  };
}

function tproxyOf(rule: Json): Tproxy[] {
  const mark = markSet(rule);
  const found = expressions(rule).find((one) => at(one, 'tproxy') !== undefined);
  // A rule without a mark relies on another one for it: for what comes over loopback, which is here already.
  if (found === undefined || mark === null) return [];
  const tproxy = at(found, 'tproxy');
  const [address, port] = [at(tproxy, 'addr'), at(tproxy, 'port')];
  return [
    {
      family: familyOf(at(tproxy, 'family') ?? at(rule, 'family')),
      address: typeof address === 'string' ? address : null,
      port: typeof port === 'number' ? port : null,
      mark,
    },
  ];
}

function familyOf(name: Json): Tproxy['family'] {
  if (name === 'ip') return 'ipv4';
  return name === 'ip6' ? 'ipv6' : 'both';
}

/** `socket transparent 1 … meta mark set N` */
function keptMark(rule: Json): number[] {
  const mark = markSet(rule);
  return mark !== null && socketIs(rule, 'transparent') !== undefined ? [mark] : [];
}

/** Whether there is one that keeps packets, and neither it nor a rule before it in its chain lets go of what `socket wildcard` tells. */
function keepStrangers(rules: readonly Json[]): boolean {
  const letGo = new Set<string>();
  for (const rule of rules) {
    const wildcard = socketIs(rule, 'wildcard');
    if (wildcard !== 0 && keptMark(rule).length > 0 && !letGo.has(chainOf(rule))) return true;
    if (wildcard === 1 && markSet(rule) === null) letGo.add(chainOf(rule));
  }
  return false;
}

/** What it compares this of the packet's socket with. @returns undefined: it does not. */
function socketIs(rule: Json, key: 'transparent' | 'wildcard'): Json {
  const found = expressions(rule).find((one) => at(at(at(at(one, 'match'), 'left'), 'socket'), 'key') === key);
  return at(at(found, 'match'), 'right');
}

/** A chain that packets from outside do not come to. */
function isElsewhere(chain: Json): boolean {
  const hook = at(chain, 'hook');
  return hook !== undefined && hook !== 'prerouting';
}

/**
 * Sets that a rule compares `tcp dport` with before it jumps to a chain that has a tproxy rule, or in such a rule.
 * @param leading chains that have one.
 */
function portSets(rule: Json, leading: ReadonlySet<string>): string[] {
  const parts = expressions(rule);
  const target = parts
    .map((one) => at(at(one, 'goto') ?? at(one, 'jump'), 'target'))
    .find((one) => typeof one === 'string');
  const leads =
    parts.some((one) => at(one, 'tproxy') !== undefined) ||
    (target !== undefined && leading.has(`${tableOf(rule)} ${target}`));
  if (!leads) return [];
  return parts.flatMap((one) => {
    const [field, right] = [at(at(at(at(one, 'match'), 'left'), 'payload'), 'field'), at(at(one, 'match'), 'right')];
    return field === 'dport' && typeof right === 'string' && right.startsWith('@')
      ? [`${tableOf(rule)} ${right.slice(1)}`]
      : [];
  });
}

function markSet(rule: Json): number | null {
  const mangle = expressions(rule)
    .map((one) => at(one, 'mangle'))
    .find((one) => at(at(at(one, 'key'), 'meta'), 'key') === 'mark');
  const value = at(mangle, 'value');
  return typeof value === 'number' ? value : null;
}

function isEmptyPortSet(set: Json): boolean {
  const elements = at(set, 'elem');
  return (
    at(set, 'type') === 'inet_service' && (elements === undefined || (Array.isArray(elements) && elements.length === 0))
  );
}

function expressions(rule: Json): readonly Json[] {
  const all = at(rule, 'expr');
  return Array.isArray(all) ? all : [];
}

function chainOf(rule: Json): string {
  return `${tableOf(rule)} ${String(at(rule, 'chain'))}`;
}

function nameOf(set: Json): string {
  return `${tableOf(set)} ${String(at(set, 'name'))}`;
}

function tableOf(one: Json): string {
  return `${String(at(one, 'family'))} ${String(at(one, 'table'))}`;
}

function at(value: Json, key: string): Json {
  return isContainer(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isContainer(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null;
}
