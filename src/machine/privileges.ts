/**
 * Which capabilities a configuration takes on this machine, and for which keys. A start finds out for itself; `check --host` is run as root, who has them
 * all, for a service of another user. Pure. It must not look at the machine itself (view.ts), nor judge a unit, of which it knows nothing.
 */
import { keyText } from '../config/diagnostic.ts';
import type { KeyPath } from '../config/diagnostic.ts';
import type { Config } from '../config/types.ts';
import type { MachineView } from './view.ts';

/** Ports from this one on are everybody's, unless the system says otherwise. */
const UNPRIVILEGED = 1024;

interface LowPort {
  readonly path: KeyPath;
  readonly port: number;
}

/** @returns ports that this process may not bind. */
export function lowPortFaults(
  config: Config,
  view: MachineView,
): { readonly path: KeyPath; readonly message: string }[] {
  if (view.mayBindLowPorts) return [];
  return lowPorts(config, view).map(({ path, port }) => ({
    path,
    message: `port ${port} takes CAP_NET_BIND_SERVICE, which this process does not have, or sockets of systemd`,
  }));
}

/** @returns a line for each capability that root has and a service of another user has only by its unit; nothing for other users, who find out. */
export function privilegeWarnings(config: Config, view: MachineView): readonly string[] {
  if (!view.isRoot) return [];
  const needed = [
    {
      capability: 'CAP_NET_BIND_SERVICE',
      keys: lowPorts(config, view).map(({ path, port }) => `${keyText(path)} (${port})`),
    },
    { capability: 'CAP_NET_RAW', keys: foreignAddressKeys(config).map(keyText) },
  ];
  return needed.flatMap(({ capability, keys }) =>
    keys.length === 0
      ? []
      : [
          `${capability} is needed for ${keys.join(', ')}: root has it; a service of another user needs AmbientCapabilities=${capability} in its unit (docs/deployment.md)`,
        ],
  );
}

/** Sockets that a listener names come from the service manager, which may bind what it likes. */
function lowPorts({ listeners, admin }: Config, view: MachineView): LowPort[] {
  const first = Number(view.setting('net.ipv4.ip_unprivileged_port_start') ?? UNPRIVILEGED);
  const ports = [
    { path: ['admin', 'port'], port: admin.port },
    ...listeners.flatMap(({ socket, steered, port }, index) => {
      if (socket !== null) return [];
      const key = steered === null ? 'port' : 'ports';
      return (steered?.ports ?? [port]).map((each) => ({ path: ['listeners', index, key], port: each }));
    }),
  ];
  return ports.filter(({ port }) => port > 0 && port < first);
}

/** Sockets for addresses of others, or with a mark. */
function foreignAddressKeys({ listeners, upstream }: Config): KeyPath[] {
  const ofListeners = listeners.flatMap(({ mode, socket, source }, index): KeyPath[] => [
    ...(mode === 'transparent' && socket === null ? [['listeners', index, 'mode']] : []),
    ...(source === 'client' ? [['listeners', index, 'source']] : []),
  ]);
  return upstream.mark === null ? ofListeners : [...ofListeners, ['upstream', 'mark']];
}
