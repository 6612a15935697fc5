/**
 * What an operator reaches of an instance, from its opening to its end: the admin server, the control socket, and the watch over
 * descriptors. It is given what they need (compose-admin.ts). It must not keep the instance from filtering: only an admin address that
 * cannot be bound ends a start.
 */
import { ControlSocket } from '../admin/control-socket.ts';
import type { ControlSocketFault } from '../admin/control-socket.ts';
import type { ControlRequests } from '../admin/control-requests.ts';
import type { ExplainAskers } from '../admin/explain-askers.ts';
import { startAdmin } from '../admin/server.ts';
import type { Admin, AdminSources } from '../admin/server.ts';
import type { AttentionReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { DescriptorWatch } from './descriptor-watch.ts';
import type { ListenEndpoint } from './messages.ts';

export interface AdminSideParts {
  readonly log: Log;
  readonly inForce: Pick<ConfigInForce, 'current'>;
  readonly version: string;
  readonly descriptorWatch: Pick<DescriptorWatch, 'start' | 'stop'>;
  readonly sources: AdminSources & { readonly askers: Pick<ExplainAskers, 'refuses' | 'told' | 'counts'> };
  readonly requests: ControlRequests;
}

export class AdminSide {
  readonly #parts: AdminSideParts;
  #admin: Admin | null = null;
  #controlSocket: ControlSocket | null = null;

  constructor(parts: AdminSideParts) {
    this.#parts = parts;
  }

  /** This is where the admin server listens; until it does, where it is to listen. */
  get endpoint(): ListenEndpoint {
    const { address, port } = this.#parts.inForce.current.config.admin;
    return { address, port: this.#admin?.port ?? port };
  }

  /** It is empty until the admin server listens. */
  get attention(): readonly AttentionReport[] {
    return this.#admin?.attention() ?? [];
  }

  get explainRequests(): ReturnType<ControlView['explainRequests']> {
    return this.#parts.sources.askers.counts;
  }

  /** @returns why `ctl` cannot reach this instance; null if it can. */
  get controlFault(): string | null {
    return this.#controlSocket?.fault?.reason ?? null;
  }

  /** @throws ListenError if the admin address cannot be bound. */
  async open(): Promise<void> {
    const { log, inForce, version, descriptorWatch, sources, requests } = this.#parts;
    const { admin, control, workers } = inForce.current.config;
    descriptorWatch.start(sources.time);
    this.#admin = await startAdmin(admin, sources);
    log.event('info', 'process.started', { version, node: process.version, workers, ...this.endpoint });
    const { socket } = control;
    this.#controlSocket = await ControlSocket.start({
      ...requests,
      path: socket,
      changed: (fault) => logControlSocket(log, socket, fault),
    });
  }

  async close(): Promise<void> {
    this.#parts.descriptorWatch.stop();
    await this.#controlSocket?.close();
    await this.#admin?.close();
  }
}

/** Without the socket nobody can switch a bypass on in an incident, so that this is an error. */
function logControlSocket(log: Log, socket: string, fault: ControlSocketFault | null): void {
  if (fault === null) log.event('info', 'control_socket.available', { socket });
  else if (fault.kind === 'taken') log.event('error', 'control_socket.in_use', { socket, owner: fault.owner });
  else log.event('error', 'control_socket.unavailable', { reason: fault.reason });
}
