/**
 * What this machine says of itself: its rules, routes and settings. It reads, by /proc and by the programs nft and ip; it changes nothing, and it
 * does not judge (machine-faults.ts).
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from '../lib/errors.ts';
import { foreignConnections } from './half-open.ts';
import type { ForeignConnections } from './half-open.ts';
import { isOwn, parseLocalRoutes, parseMarkRules } from './routing.ts';
import type { LocalRoute, MarkRule } from './routing.ts';
import { parseRuleset } from './ruleset.ts';
import type { Ruleset } from './ruleset.ts';

export const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

export interface MachineView {
  /** Text: why they cannot be read. */
  readonly ruleset: Ruleset | string;
  readonly markRules: Readonly<Record<Family, readonly MarkRule[]>>;
  readonly localRoutes: Readonly<Record<Family, readonly LocalRoute[]>>;
  /** @returns null if there is no such setting here. */
  readonly setting: (name: string) => string | null;
  readonly interfaces: readonly string[];
  readonly foreign: ForeignConnections;
  /** This process has CAP_NET_BIND_SERVICE. */
  readonly mayBindLowPorts: boolean;
  readonly isRoot: boolean;
}

/** Of include/uapi/linux/capability.h. */
const CAP_NET_BIND_SERVICE = 10n;
const MAX_BYTES = 256 * 1024 * 1024;
const BOUND_MS = 30_000;
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

export async function viewOfMachine(): Promise<MachineView> {
  const [ruleset, rules4, rules6, routes4, routes6] = await Promise.all([
    readRuleset(),
    ip('-4', 'rule'),
    ip('-6', 'rule'),
    ip('-4', ...LOCAL_ROUTES),
    ip('-6', ...LOCAL_ROUTES),
  ]);
  const localRoutes = { ipv4: parseLocalRoutes(routes4), ipv6: parseLocalRoutes(routes6) };
  const all = [...localRoutes.ipv4, ...localRoutes.ipv6];
  const tables = ['tcp', 'tcp6'].map((table) =>
    foreignConnections(textOf(`/proc/self/net/${table}`) ?? '', (address) =>
      isOwn({ address, bits: address.length * 8 }, all),
    ),
  );
  return {
    ruleset,
    markRules: { ipv4: parseMarkRules(rules4), ipv6: parseMarkRules(rules6) },
    localRoutes,
    setting,
    interfaces: interfaces(),
    foreign: {
      waiting: tables.reduce((sum, { waiting }) => sum + waiting, 0),
      answered: tables.reduce((sum, { answered }) => sum + answered, 0),
    },
    mayBindLowPorts: hasCapability(CAP_NET_BIND_SERVICE),
    isRoot: process.geteuid?.() === 0,
  };
}

function hasCapability(bit: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf('/proc/self/status') ?? '')?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
}

const LOCAL_ROUTES = ['route', 'show', 'table', 'all', 'type', 'local'];

async function readRuleset(): Promise<Ruleset | string> {
  try {
    return (
      parseRuleset(await run('nft', '-j', 'list', 'ruleset')) ??
      'the program nft does not print what this version can read'
    );
  } catch (error) {
    return whyNot(error);
  }
}

function whyNot(error: unknown): string {
  if (errnoOf(error) === 'ENOENT') return 'the program nft is not installed (package nftables)';
  // Of execFile: what the program has said on standard error.
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  if (/Operation not permitted/.test(stderr)) return 'rules are shown to root only: run this command as root';
  return `the program nft failed: ${stderr.trim().split('\n')[0] ?? ''}`;
}

/** Nothing where the program fails: then nothing is found to be there. */
async function ip(...words: readonly string[]): Promise<string> {
  return await run('ip', '-j', ...words).catch(() => '');
}

async function run(program: string, ...words: readonly string[]): Promise<string> {
  const env = { ...process.env, PATH, LC_ALL: 'C' };
  return (await promisify(execFile)(program, words, { maxBuffer: MAX_BYTES, timeout: BOUND_MS, env })).stdout;
}

function setting(name: string): string | null {
  return textOf(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim() ?? null;
}

function interfaces(): readonly string[] {
  try {
    return readdirSync('/proc/sys/net/ipv4/conf').filter((name) => name !== 'all' && name !== 'default');
  } catch {
    return [];
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
