/**
 * The keys of `guard`, for the process that takes the filter out of the path of the traffic: schema, `GuardConfig`, and the rules between
 * these keys and others. It must not know what the guard does with them.
 */
import { listOf, mapping } from '../lib/shape.ts';
import type { Output } from '../lib/shape.ts';
import { nearest } from '../lib/nearest.ts';
import { address, duration, integer, name, oneOf, portFrom, text, url } from './fields.ts';
import { placesOf } from './listener-modes.ts';
import { MAX_LISTENERS } from './listener-schema.ts';
import type { GuardConfig } from './guard-types.ts';
import { at, items } from './plain-data.ts';
import { parseDuration, shown } from './quantities.ts';
import type { Violation } from './violation.ts';

const MAX_PROBES = 16;
const MAX_COMMANDS = 16;
const MAX_WORDS = 64;

const command = () => listOf(text(4096)).min(1).max(MAX_WORDS);
const commands = () => listOf(command()).max(MAX_COMMANDS);

const probe = mapping({
  listener: name(),
  address: address().nullable().prefault(null),
  port: portFrom(1).nullable().prefault(null),
  from: address().nullable().prefault(null),
  host: text(255).nullable().prefault(null),
});

export const guard = mapping({
  origin: mapping({ address: address().prefault('127.0.0.1'), port: portFrom(1).prefault(8087) }).prefault({}),
  probes: listOf(probe).min(1).max(MAX_PROBES),
  listed: mapping({ address: url('http'), interval: duration('1s', '1h').prefault('10s') })
    .nullable()
    .prefault(null),
  interval: duration('20ms', '10s').prefault('100ms'),
  timeout: duration('20ms', '10s').prefault('400ms'),
  failures: integer(2, 100).prefault(2),
  successes: integer(1, 1000).prefault(10),
  connections: integer(1, 100).prefault(16),
  partial: duration('0s', '1h').prefault('15s'),
  hold: duration('0s', '1h').prefault('2s'),
  maxHold: duration('0s', '1d').prefault('10m'),
  calm: duration('1s', '7d').prefault('10m'),
  actions: mapping({ out: commands().prefault([]), back: commands().prefault([]) }).prefault({}),
  check: command().nullable().prefault(null),
  commandTimeout: duration('50ms', '1m').prefault('500ms'),
  fleet: mapping({
    minimum: integer(0, 10_000).prefault(0),
    count: command().nullable().prefault(null),
    own: integer(0, 1000).prefault(0),
    ifUnknown: oneOf('act', 'stay').prefault('act'),
  }).prefault({}),
  drain: oneOf('withdraw', 'ignore').prefault('withdraw'),
  drainAfter: duration('0s', '10m').prefault('0s'),
  onStop: oneOf('leave', 'out').prefault('leave'),
  metrics: mapping({ address: address().prefault('127.0.0.1'), port: portFrom(1).prefault(9092) }).prefault({}),
});

export function buildGuard(file: Output<typeof guard>): GuardConfig {
  const { listed, interval, timeout, partial, hold, maxHold, calm, commandTimeout, drainAfter, ...rest } = file;
  return {
    ...rest,
    listed: listed === null ? null : { url: listed.address, intervalMs: listed.interval },
    intervalMs: interval,
    timeoutMs: timeout,
    partialMs: partial,
    holdMs: hold,
    maxHoldMs: maxHold,
    calmMs: calm,
    commandTimeoutMs: commandTimeout,
    drainAfterMs: drainAfter,
  };
}

export function guardChecks(data: unknown): Violation[] {
  const found = at(data, 'guard');
  if (found === undefined || found === null) return [];
  return [
    ...probesFaults(data),
    ...bothActions(found),
    ...partialTime(data),
    ...holds(found),
    ...fleetCount(found),
    ...drainAfter(data),
    ...adminPort(data),
    ...dnsConnections(data),
  ];
}

/** What a listener does not say of itself its probe must. */
function probesFaults(data: unknown): Violation[] {
  const listeners = items(data, 'listeners').slice(0, MAX_LISTENERS);
  const names = at(data, 'listeners') === undefined ? ['explicit'] : listeners.map((listener) => at(listener, 'name'));
  return items(at(data, 'guard'), 'probes').flatMap((probe, i): Violation[] => {
    const path = ['guard', 'probes', i];
    const name = at(probe, 'listener');
    if (typeof name !== 'string') return [];
    const index = names.indexOf(name);
    if (index === -1) return [{ path: [...path, 'listener'], message: () => unknownListener(name, names) }];
    return placeFaults(listeners[index], probe, at(at(data, 'guard'), 'origin')).map((message) => ({ path, message }));
  });
}

function placeFaults(listener: unknown, probe: unknown, origin: unknown): string[] {
  switch (at(listener, 'mode') ?? 'explicit') {
    case 'transparent':
      return at(probe, 'from') === undefined
        ? ['needs from: rules of the system tell a probe of a transparent listener by the address that it comes from']
        : [];
    case 'steered':
      return steeredFaults(listener, probe, origin);
    default: {
      const isUnplaced = at(listener, 'port') === 0 || typeof at(listener, 'socket') === 'string';
      return isUnplaced && at(probe, 'port') === undefined
        ? ['needs a port: that of the listener is not known here']
        : [];
    }
  }
}

/** A steered listener connects to the port that it was connected to, and to hosts of lists only if it refuses others. */
function steeredFaults(listener: unknown, probe: unknown, origin: unknown): string[] {
  const places = placesOf(listener);
  const port = at(probe, 'port') ?? places[0]?.port;
  const isOne = places.length > 0 && new Set(places.map(({ address }) => address)).size === 1;
  const isWild = places.some(({ address }) => address === '0.0.0.0' || address === '::');
  return [
    ...((isWild || !isOne) && at(probe, 'address') === undefined
      ? ['needs an address: one of those that clients are sent to']
      : []),
    ...(typeof port === 'number' && (at(origin, 'port') ?? 8087) !== port
      ? [`needs guard.origin.port: ${port}, the port that it connects to`]
      : []),
  ];
}

function unknownListener(name: string, names: readonly unknown[]): string {
  const near = nearest(
    name,
    names.filter((each) => typeof each === 'string'),
  );
  return near === null
    ? `there is no listener '${shown(name)}'`
    : `there is no listener '${shown(name)}'; did you mean '${near}'?`;
}

/** Whoever goes out must be able to come back. */
function bothActions(found: unknown): Violation[] {
  const actions = at(found, 'actions');
  const [out, back] = [items(actions, 'out').length, items(actions, 'back').length];
  if ((out === 0) === (back === 0)) return [];
  const key = out === 0 ? 'out' : 'back';
  return [
    { path: ['guard', 'actions'], message: `needs ${key}: commands for one direction only would never be undone` },
  ];
}

/** The filter replaces a worker that hangs; a guard that acts just before would take all traffic away for nothing. */
function partialTime(data: unknown): Violation[] {
  const partial = parseDuration(at(at(data, 'guard'), 'partial') ?? '15s');
  const hang = parseDuration(at(at(data, 'supervision'), 'hangTimeout') ?? '10s');
  if (!partial.ok || !hang.ok || partial.value === 0 || partial.value > hang.value) return [];
  const message =
    'must be longer than supervision.hangTimeout, after which the filter itself replaces a worker that hangs; or 0s: at once';
  return [{ path: ['guard', 'partial'], message }];
}

function holds(found: unknown): Violation[] {
  const first = parseDuration(at(found, 'hold') ?? '2s');
  const most = parseDuration(at(found, 'maxHold') ?? '10m');
  if (!first.ok || !most.ok || first.value <= most.value) return [];
  const key = at(found, 'hold') === undefined ? 'maxHold' : 'hold';
  return [{ path: ['guard', key], message: 'hold must not be greater than maxHold' }];
}

function fleetCount(found: unknown): Violation[] {
  const fleet = at(found, 'fleet');
  const minimum = at(fleet, 'minimum') ?? 0;
  if (typeof minimum !== 'number' || minimum === 0 || (at(fleet, 'count') ?? null) !== null) return [];
  return [
    {
      path: ['guard', 'fleet', 'minimum'],
      message: 'needs fleet.count, a command that prints how many routes there are',
    },
  ];
}

/** Afterwards the filter's listeners are closed, and customers who are still sent there are refused. */
function drainAfter(data: unknown): Violation[] {
  const after = parseDuration(at(at(data, 'guard'), 'drainAfter') ?? '0s');
  const lameDuck = parseDuration(at(at(data, 'shutdown'), 'lameDuck') ?? '5s');
  if (!after.ok || !lameDuck.ok || after.value === 0 || after.value < lameDuck.value) return [];
  return [
    { path: ['guard', 'drainAfter'], message: 'must be shorter than shutdown.lameDuck, which is when listeners close' },
  ];
}

/** A closer look would be turned away by the front's own bound for one client, and the front would look half dead. */
function dnsConnections(data: unknown): Violation[] {
  const most = at(at(at(data, 'resolver'), 'front'), 'tcpPerClient') ?? 64;
  const connections = at(at(data, 'guard'), 'connections') ?? 16;
  const named = new Set(items(at(data, 'guard'), 'probes').map((probe) => at(probe, 'listener')));
  const isProbed = items(data, 'listeners').some(
    (listener) => at(listener, 'mode') === 'dns' && named.has(at(listener, 'name')),
  );
  if (!isProbed || typeof most !== 'number' || typeof connections !== 'number' || connections <= most) return [];
  const message = 'must not be greater than resolver.front.tcpPerClient where a dns listener is probed';
  return [{ path: ['guard', 'connections'], message }];
}

/** A lame duck says so on the admin address. */
function adminPort(data: unknown): Violation[] {
  return at(at(data, 'admin'), 'port') === 0
    ? [
        {
          path: ['admin', 'port'],
          message: 'must be fixed where there is a guard, which asks there whether the filter drains',
        },
      ]
    : [];
}
