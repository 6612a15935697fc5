/**
 * What is missing on this machine for the modes that a configuration uses, each with what would be right. Pure: values in, faults
 * out, all at once, each at the key that needs it.
 *
 *   a SYN of a client ─▶ tproxy, mark ─▶ rule for the mark ─▶ local route ─▶ the listener        (transparent)
 *   an answer of an origin ─▶ socket transparent, mark ─▶ the same rule and route                (source: client)
 *
 * It must not look at the machine itself (view.ts).
 */
import type { Config, ListenerConfig } from '../config/types.ts';
import type { Violation } from '../config/violation.ts';
import { formatPrefix, parseIpAddress } from '../lib/prefix.ts';
import { lowPortFaults } from './privileges.ts';
import { isOwn, tablesFor } from './routing.ts';
import type { Ruleset, Tproxy } from './ruleset.ts';
import { FAMILIES } from './view.ts';
import type { Family, MachineView } from './view.ts';

const RULES = 'config/nftables-transparent.nft';
const ROUTES = 'config/routes-transparent.sh up';
const SETTINGS = 'systemd/sysctl.d/61-cleanfeed-inline.conf';
const SETTINGS_OF_ALL = 'systemd/sysctl.d/60-cleanfeed.conf';
/** One may belong to an origin that is down. */
const WAITING = 5;

type Fault = Violation & { readonly message: string };

export function machineFaults(config: Config, view: MachineView): Fault[] {
  const { listeners } = config;
  const needRules = listeners.some(({ mode, source }) => mode === 'transparent' || source === 'client');
  const isInline = needRules || listeners.some(({ mode }) => mode === 'steered');
  return [
    ...(needRules && typeof view.ruleset === 'string' ? [fault(['listeners'], view.ruleset)] : []),
    ...listeners.flatMap((listener, index) => listenerFaults(listener, index, view)),
    ...(isInline ? settingFaults(view, listeners) : []),
    ...receiveBufferFaults(config, view),
    ...lowPortFaults(config, view),
  ];
}

function listenerFaults(listener: ListenerConfig, index: number, view: MachineView): Fault[] {
  const { mode, source, steered } = listener;
  const { ruleset } = view;
  const rules = typeof ruleset === 'string' ? null : ruleset;
  return [
    ...(mode === 'transparent' && rules !== null
      ? tproxyFaults(listener, ['listeners', index, 'mode'], rules, view)
      : []),
    ...(source === 'client' && rules !== null
      ? returnFaults(listener, ['listeners', index, 'source'], rules, view)
      : []),
    ...(steered?.addresses ?? []).flatMap((prefix, i) =>
      isOwn(prefix, view.localRoutes[familyOf(prefix.address)])
        ? []
        : [
            fault(
              ['listeners', index, 'addresses', i],
              `not every address of ${formatPrefix(prefix)} is this machine's: ip route add local ${formatPrefix(prefix)} dev lo`,
            ),
          ],
    ),
    ...(mode === 'transparent' && rules?.keepsStrangers === true ? strangerFaults(listener, index) : []),
  ];
}

function tproxyFaults(listener: ListenerConfig, path: Fault['path'], rules: Ruleset, view: MachineView): Fault[] {
  const faults = familiesOf(listener).flatMap((family) => {
    const { address, port, socket } = listener;
    const found = rules.tproxies.filter((rule) => rule.family === family || rule.family === 'both');
    const fitting = found.filter((rule) => socket !== null || (rule.port === port && reaches(rule, address)));
    const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
    if (fitting.length === 0) {
      const others = found.map((rule) => `${rule.address ?? ''}:${rule.port ?? ''}`).join(', ');
      const have = others === '' ? '' : ` (there are rules for ${others})`;
      return [
        fault(path, `no rule of nftables sends ${name} here with tproxy and a mark${have}: adapt ${RULES} and load it`),
      ];
    }
    return [...new Set(fitting.map(({ mark }) => mark))].flatMap((mark) => deliveryFaults(path, mark, family, view));
  });
  const kept = rules.tproxies.filter(({ mark }) => !rules.keptMarks.includes(mark));
  if (faults.length === 0 && kept.length > 0)
    faults.push(
      fault(
        path,
        `no rule keeps packets of connections that are here (socket transparent 1 meta mark set ${hex(kept[0]?.mark ?? 0)}): see ${RULES}`,
      ),
    );
  return faults.concat(
    rules.emptyPortSets.map((name) =>
      fault(
        path,
        `the filter is out of the path: set ${name} is empty; back with nft add element ${name} '{ 80, 443 }'`,
      ),
    ),
  );
}

function returnFaults(listener: ListenerConfig, path: Fault['path'], rules: Ruleset, view: MachineView): Fault[] {
  // A steered host may have addresses of both families.
  const families = listener.mode === 'transparent' ? familiesOf(listener) : FAMILIES;
  const faults =
    rules.keptMarks.length > 0
      ? families.flatMap((family) => rules.keptMarks.flatMap((mark) => deliveryFaults(path, mark, family, view)))
      : [
          fault(
            path,
            `no rule keeps what origins send to addresses of clients (socket transparent 1 meta mark set …): see ${RULES}`,
          ),
        ];
  const { waiting, answered } = view.foreign;
  if (waiting >= WAITING && answered === 0)
    faults.push(
      fault(
        path,
        `${waiting} connections to origins from addresses of clients wait for an answer, and none has one: what comes back to clients takes another way; routers must send it here too (docs/deployment.md), or set source: proxy`,
      ),
    );
  return faults;
}

/** Marked packets are delivered here only with a rule for the mark, and a route in its table. */
function deliveryFaults(path: Fault['path'], mark: number, family: Family, view: MachineView): Fault[] {
  const option = family === 'ipv4' ? '-4' : '-6';
  const tables = tablesFor(mark, view.markRules[family]);
  if (tables.length === 0)
    return [
      fault(
        path,
        `packets with mark ${hex(mark)} have no rule: ip ${option} rule add fwmark ${hex(mark)} lookup ${mark} (${ROUTES} does it)`,
      ),
    ];
  if (view.localRoutes[family].some(({ table, prefix }) => prefix === null && tables.includes(table))) return [];
  return [
    fault(
      path,
      `packets with mark ${hex(mark)} are routed on: ip ${option} route add local default dev lo table ${tables[0] ?? ''} (${ROUTES} does it)`,
    ),
  ];
}

/** Of an interface and of all of them together, one value counts. */
const LARGER = (all: number, own: number): number => Math.max(all, own);

/** Each is what sysctl.d says, or as good. */
function settingFaults(view: MachineView, listeners: readonly ListenerConfig[]): Fault[] {
  const path = ['listeners', listeners.findIndex(({ mode }) => mode !== 'explicit'), 'mode'];
  const faults = SETTINGS_NEEDED.flatMap(({ name, isRight, right }) => {
    const value = view.setting(name);
    return value === null || isRight(Number(value))
      ? []
      : [fault(path, `${name} is ${value}, and must be ${right} (${SETTINGS})`)];
  });
  return faults.concat(
    INTERFACE_SETTINGS.flatMap(({ name, isRight, right }) => {
      const all = Number(view.setting(`net.ipv4.conf.all.${name}`));
      const value = (one: string): number => LARGER(all, Number(view.setting(`net.ipv4.conf.${one}.${name}`)));
      const wrong = view.interfaces.filter((one) => one !== 'lo' && !isRight(value(one)));
      const [first] = wrong;
      if (first === undefined) return [];
      return [
        fault(
          path,
          `${name} of ${wrong.join(', ')} is ${value(first)}, and must be ${right} (net.ipv4.conf.*.${name}, ${SETTINGS})`,
        ),
      ];
    }),
  );
}

/** Whoever uses that port himself, as a client or as a server, gets a reset from here in place of his packets. */
function strangerFaults({ address, port, socket }: ListenerConfig, index: number): Fault[] {
  const isOnAll = address === '0.0.0.0' || address === '::';
  if (socket !== null || !isOnAll) return [];
  const message = `packets to port ${port} of any host are kept here, since a listener on all addresses fits them: let it listen on ${address === '::' ? '"::1"' : '127.0.0.1'}, or put 'socket wildcard 1 accept' before 'socket transparent 1', as in ${RULES}`;
  return [fault(['listeners', index, 'address'], message)];
}

/** As large as an unprivileged service may have it. */
function receiveBufferFaults({ listeners, resolver }: Config, view: MachineView): Fault[] {
  const wanted = resolver.front.receiveBufferBytes;
  const most = view.setting('net.core.rmem_max');
  if (!listeners.some(({ mode }) => mode === 'dns') || most === null || Number(most) >= wanted) return [];
  const message = `net.core.rmem_max is ${most}, and must be ${wanted} or more: what does not fit is dropped while a worker stands still (${SETTINGS_OF_ALL})`;
  return [fault(['resolver', 'front', 'receiveBuffer'], message)];
}

interface Needed {
  readonly name: string;
  readonly isRight: (value: number) => boolean;
  readonly right: string;
}

const ROUTED_ON = '1: what the filter does not take is to be routed on';
const SETTINGS_NEEDED: readonly Needed[] = [
  { name: 'net.ipv4.ip_forward', isRight: (value) => value !== 0, right: ROUTED_ON },
  { name: 'net.ipv6.conf.all.forwarding', isRight: (value) => value !== 0, right: ROUTED_ON },
  {
    name: 'net.ipv4.tcp_mtu_probing',
    isRight: (value) => value > 0,
    right: '1 or 2: errors about the path need not come here',
  },
];
const INTERFACE_SETTINGS: readonly Needed[] = [
  {
    name: 'rp_filter',
    isRight: (value) => value !== 1,
    right: '2 or 0: packets whose way back is another one would be dropped',
  },
  {
    name: 'send_redirects',
    isRight: (value) => value === 0,
    right: '0: routers would be told a way around the filter',
  },
];

/** `::` takes both. A socket that is handed over says nothing of its address here. */
function familiesOf({ address, socket }: ListenerConfig): readonly Family[] {
  if (socket !== null || address === '::') return FAMILIES;
  return [familyOf(parseIpAddress(address) ?? new Uint8Array(4))];
}

function familyOf(address: Uint8Array): Family {
  return address.length === 4 ? 'ipv4' : 'ipv6';
}

function reaches(rule: Tproxy, address: string): boolean {
  return rule.address === null || rule.address === address || address === '::' || address === '0.0.0.0';
}

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}

function fault(path: Fault['path'], message: string): Fault {
  return { path, message };
}
