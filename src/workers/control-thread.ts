/**
 * The control thread as the commands see it: what it takes, what it can be asked, and its start. What it is made of:
 * compose-control.ts; what becomes of it: control-lifecycle.ts. It must not see a request.
 */
import type { Config, ShutdownConfig } from '../config/types.ts';
import { allocateYoung, boundThisThreadOnly } from '../memory/young-generation.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import { composeControl } from './compose-control.ts';
import type { ControlOptions } from './compose-control.ts';

export interface Control {
  readonly view: ControlView;
  readonly admin: { readonly address: string; readonly port: number };
  /** Real ports by listener; null until they listen. */
  readonly ports: readonly number[] | null;
  /** What `shutdown` grants now. */
  readonly shutdown: ShutdownConfig;
  /** No worker answers and none can be ended: a new process is needed. */
  readonly isUnrecoverable: boolean;
  /** Resolves once every listener is open; later than the start where a list was unusable. Never rejects. */
  readonly ready: Promise<void>;
  /** Resolves after `drain`; rejects (ListenError) where listeners could not be opened after a late first load. */
  readonly closed: Promise<void>;
  /** Reads configuration and lists again; resolves when all are judged and, where good, in force. Null: too late, it ends. Never rejects. */
  reload(): Promise<ReloadReport | null>;
  /** Says that it is not ready for so long, then stops accepting, lets what is under way finish within the bound, then ends workers and admin. */
  drain(drainMs: number, lameDuckMs?: number): Promise<void>;
  /** Goes on with the drain at once. False: there is no lame duck under way. */
  endLameDuck(): boolean;
}

/**
 * Resolves when the listeners are open, or, where a list is unusable, when all have been tried once. Rejects with
 * ListenError (code `address_in_use` …, `key`) where an address cannot be had; then nothing is left running.
 */
export async function startControl(config: Config, options: ControlOptions): Promise<Control> {
  boundThisThreadOnly();
  allocateYoung();
  const control = composeControl(config, options);
  await control.start();
  return control;
}
