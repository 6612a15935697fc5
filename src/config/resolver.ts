/**
 * The keys of `resolver`: answers, DNS front, policy zones, route feed. The schema, and what is made of it. Rules between these keys and
 * others: resolver-checks.ts. It must not open the files that the keys name.
 */
import { resolve } from 'node:path';
import { listOf, mapping } from '../lib/shape.ts';
import type { Output } from '../lib/shape.ts';
import {
  blockAnswer,
  community,
  duration,
  familyPrefix,
  integer,
  name,
  prefix,
  resolver as resolverPlace,
  size,
  text,
  zoneAnswer,
  zoneName,
} from './fields.ts';
import type { ResolverConfig } from './resolver-types.ts';
import type { ListAction } from '../lib/types.ts';

const MAX_ZONES = 16;
const MAX_LISTS = 32;
const MAX_WORDS = 64;
const MAX_STEER_PREFIXES = 100;
const MAX_RESOLVERS = 8;
const MAX_NEVER = 1000;
const MAX_FILES = 16;

const command = () => listOf(text(4096)).max(MAX_WORDS);
const blockLists = () => listOf(name()).min(1).max(MAX_LISTS);

const steer = mapping({
  a: listOf(familyPrefix(4)).max(MAX_STEER_PREFIXES).prefault([]),
  aaaa: listOf(familyPrefix(6)).max(MAX_STEER_PREFIXES).prefault([]),
});

const zone = mapping({
  name: zoneName(),
  file: text(4096),
  lists: blockLists(),
  answer: zoneAnswer().nullable().prefault(null),
  notify: command().prefault([]),
});

const routes = mapping({
  file: text(4096),
  lists: blockLists(),
  resolvers: listOf(resolverPlace()).min(1).max(MAX_RESOLVERS),
  interval: duration('10s', '1d').prefault('5m'),
  community: community().nullable().prefault(null),
  never: listOf(prefix()).max(MAX_NEVER).prefault([]),
  neverFiles: listOf(text(4096)).max(MAX_FILES).prefault([]),
  newAddresses: integer(1, 1000).prefault(4),
  hold: duration('0s', '7d').prefault('1h'),
  maxRoutes: integer(1, 1_000_000).prefault(10_000),
  rate: mapping({ bytesPerSecond: size('1KiB', '1024GiB').prefault('10MiB'), counters: command().min(1) }).nullable(),
  notify: command().prefault([]),
});

export const resolver = mapping({
  answers: mapping({
    block: blockAnswer().prefault('nxdomain'),
    steer: steer.nullable().prefault(null),
    ttl: duration('1s', '60s').prefault('60s'),
  }).prefault({}),
  front: mapping({
    inFlight: integer(64, 32_768).prefault(16_384),
    timeout: duration('500ms', '30s').prefault('5s'),
    tcpConnections: integer(1, 65_535).prefault(1024),
    tcpPerClient: integer(1, 65_535).prefault(64),
    tcpIdle: duration('1s', '5m').prefault('10s'),
    udpPorts: integer(64, 4096).prefault(64),
    portLife: duration('1s', '1h').prefault('60s'),
    receiveBuffer: size('64KiB', '256MiB').prefault('4MiB'),
  }).prefault({}),
  zones: listOf(zone).max(MAX_ZONES).prefault([]),
  routes: routes.nullable().prefault(null),
});

interface KnownList {
  readonly name: string;
  readonly action: ListAction;
  readonly optIn: boolean;
}

/** @param folder that paths are relative to. */
export function buildResolver(
  { answers, front, zones, routes: feed }: Output<typeof resolver>,
  lists: readonly KnownList[],
  folder: string,
): ResolverConfig {
  const { timeout, tcpIdle, portLife, receiveBuffer, ...bounds } = front;
  return {
    answers: { block: answers.block, steer: answers.steer, ttlSeconds: Math.ceil(answers.ttl / 1000) },
    front: {
      ...bounds,
      timeoutMs: timeout,
      tcpIdleMs: tcpIdle,
      portLifeMs: portLife,
      receiveBufferBytes: receiveBuffer,
    },
    zones: zones.map(({ answer, file, ...rest }) => ({
      ...rest,
      ...blockedAndAllowed(rest.lists, lists),
      file: resolve(folder, file),
      // No engine has REFUSED as an action of a zone; NODATA says least about other names.
      answer: answer ?? (answers.block === 'refused' ? 'nodata' : answers.block),
    })),
    routes: feed === null ? null : buildRoutes(feed, lists, folder),
  };
}

/** Lists whose names something is made of, exceptions included. */
export function namedLists({ zones, routes: feed }: Pick<ResolverConfig, 'zones' | 'routes'>): ReadonlySet<string> {
  const outlets = [...zones, ...(feed === null ? [] : [feed])];
  return new Set(outlets.flatMap(({ lists, allow }) => lists.concat(allow)));
}

function buildRoutes(
  { file, interval, neverFiles, hold, ...rest }: Output<typeof routes>,
  lists: readonly KnownList[],
  folder: string,
): ResolverConfig['routes'] {
  return {
    ...rest,
    ...blockedAndAllowed(rest.lists, lists),
    file: resolve(folder, file),
    neverFiles: neverFiles.map((path) => resolve(folder, path)),
    intervalMs: interval,
    holdMs: hold,
  };
}

/** An exception of the operator holds at every outlet; one that only some clients have chosen (`optIn`) only where it is named. */
function blockedAndAllowed(
  named: readonly string[],
  lists: readonly KnownList[],
): { readonly lists: readonly string[]; readonly allow: readonly string[] } {
  const isAllow = new Set(lists.filter(({ action }) => action === 'allow').map(({ name: known }) => known));
  return {
    lists: named.filter((each) => !isAllow.has(each)),
    allow: lists
      .filter(({ action, optIn, name: known }) => action === 'allow' && (!optIn || named.includes(known)))
      .map(({ name: known }) => known),
  };
}
