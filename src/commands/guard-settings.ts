/** What the configuration tells the guard: its own keys, and what it needs to know of the filter's. It must not start anything. */
import { join } from 'node:path';
import { listenPlaces } from '../config/listener-modes.ts';
import type { Config, ListenerConfig } from '../config/types.ts';
import type { GuardConfig, GuardProbe } from '../config/guard-types.ts';
import { authority } from '../guard/probe.ts';
import type { Endpoint, GuardSettings, ProbeSettings } from '../guard/settings.ts';

/** PROXY headers by version. Datagrams have version 2 only: LOCAL, without addresses. */
const PROXY_HEADS = { 1: 'PROXY UNKNOWN\r\n', 2: '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0' } as const;
const ORIGIN = { form: 'origin', head: PROXY_HEADS[1], isWithin: false } as const;
/** Probes by the mode of the listener. `isWithin`: they come from loopback, so that none leaves this machine. */
const PROBES = {
  explicit: { ...ORIGIN, form: 'absolute' },
  transparent: ORIGIN,
  steered: ORIGIN,
  dns: { form: 'dns', head: PROXY_HEADS[2], isWithin: true },
} as const;

/** @param runtimeDirectory a folder that a boot empties (systemd's RuntimeDirectory=); undefined: there is none. */
export function guardSettings(config: Config, guard: GuardConfig, runtimeDirectory: string | undefined): GuardSettings {
  const { failures, successes, connections, fleet } = guard;
  const folder = (runtimeDirectory ?? '').split(':').find((path) => path !== '') ?? config.state.directory;
  return {
    origin: guard.origin,
    isPageBesideFilter: config.listeners.some((listener) => takesAllAddresses(listener, guard.origin.port)),
    probes: guard.probes.map((probe) => probeSettings(probe, config.listeners, guard.origin)),
    intervalMs: guard.intervalMs,
    timeoutMs: guard.timeoutMs,
    health: { failures, successes, connections },
    path: {
      partialMs: guard.partialMs,
      holdMs: guard.holdMs,
      maxHoldMs: guard.maxHoldMs,
      calmMs: guard.calmMs,
      drain: guard.drain,
      drainAfterMs: guard.drainAfterMs,
      onStop: guard.onStop,
      fleet: { minimum: fleet.minimum, own: fleet.own, ifUnknown: fleet.ifUnknown },
    },
    actions: guard.actions,
    check: guard.check,
    commandTimeoutMs: guard.commandTimeoutMs,
    fleetCount: fleet.count,
    listed: guard.listed,
    admin: { address: reachable(config.admin.address), port: config.admin.port },
    metrics: guard.metrics,
    stateFile: join(folder, 'guard.json'),
  };
}

function probeSettings(
  { listener: name, address, port, from, host }: GuardProbe,
  listeners: readonly ListenerConfig[],
  origin: GuardConfig['origin'],
): ProbeSettings {
  const listener = listeners.find((each) => each.name === name);
  const place = placeOf(listener, origin);
  const { form, head, isWithin } = PROBES[listener?.mode ?? 'explicit'];
  const to = { address: address ?? place.address, port: port ?? place.port };
  return {
    listener: name,
    form,
    to,
    from: from ?? (isWithin ? loopbackFor(to.address) : null),
    // It stands for whoever connects: for the guard itself, which `proxyProtocol.from` must hold.
    before: (listener?.proxyProtocol ?? null) === null ? '' : head,
    host: host ?? authority(origin),
  };
}

/** Another node that has the address must not answer for this one. */
function loopbackFor(address: string): string {
  return address.includes(':') ? '::1' : '127.0.0.1';
}

/**
 * A transparent listener is found by the address of an origin: the guard's own, to which rules of the system let nobody but the filter
 * connect. A steered one has an address of its own if it has only one; else the probe names one (config/guard.ts).
 */
function placeOf(listener: ListenerConfig | undefined, origin: GuardConfig['origin']): Endpoint {
  if (listener === undefined || listener.mode === 'transparent') return origin;
  const [first = { address: '', port: 0 }] = listenPlaces(listener);
  return { address: reachable(first.address), port: first.port };
}

/** A steered listener with several addresses does, and serves none but these (config/listener-modes.ts). */
function takesAllAddresses(listener: ListenerConfig, port: number): boolean {
  const isWild = ({ address, port: one }: Endpoint): boolean => one === port && reachable(address) !== address;
  return listener.mode === 'steered' && listenPlaces(listener).some(isWild);
}

/** What listens on all addresses is reached at loopback. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return /^(?:::|0:0:0:0:0:0:0:0)$/.test(address) ? '::1' : address;
}
