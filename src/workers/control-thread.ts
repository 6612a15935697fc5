/**
 * The control thread as the commands see it: what it takes, what it can be asked, and its start. What it is made of:
 * compose-control.ts; what becomes of it: control-lifecycle.ts. It must not see a request.
 */
import type { Config, ShutdownConfig } from '../config/types.ts';
import { loadSources } from '../list/source/open-source.ts';
import { allocateYoung, boundThisThreadOnly } from '../memory/young-generation.ts';
import type { ReloadReport } from '../observe/control-protocol.ts';
import type { ControlView } from '../observe/control-view.ts';
import { composeControl } from './compose-control.ts';
import type { ControlOptions } from './control-options.ts';

export interface Control {
  readonly view: ControlView;
  readonly admin: { readonly address: string; readonly port: number };
  /** The real ports in the order of the listeners; null until they listen. */
  readonly ports: readonly number[] | null;
  /** The times of `shutdown` in force. */
  readonly shutdown: ShutdownConfig;
  /** No worker answers and none can be ended: a new process is needed. */
  readonly isUnrecoverable: boolean;
  /** After its end: a part of it did not end, and so the process does not by itself. */
  readonly isHeld: boolean;
  /** It resolves once every listener is open: later than the start if a list was unusable. It never rejects. */
  readonly ready: Promise<void>;
  /** It resolves after `drain`. It rejects with ListenError if listeners could not be opened after a late first load. */
  readonly closed: Promise<void>;
  /**
   * It reads configuration and lists again and resolves when all are judged and, where good, in force. It never rejects.
   * @returns null if the instance is ending.
   */
  reload(): Promise<ReloadReport | null>;
  /** It says "not ready" for `lameDuckMs`, then stops accepting, lets what is under way finish within `drainMs`, then ends workers and admin. */
  drain(drainMs: number, lameDuckMs?: number): Promise<void>;
  /**
   * It ends the lame duck; the drain goes on at once.
   * @returns false if there is no lame duck.
   */
  endLameDuck(): boolean;
}

/**
 * Resolves when the listeners are open, or, where a list is unusable, when all have been tried once. Rejects with
 * ListenError (code `address_in_use` …, `key`) where an address cannot be bound; then nothing is left running.
 */
export async function startControl(config: Config, options: ControlOptions): Promise<Control> {
  boundThisThreadOnly();
  allocateYoung();
  await loadSources(config.lists);
  const control = composeControl(config, options);
  await control.start();
  return control;
}
