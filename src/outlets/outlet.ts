/**
 * What refuses or steers by host name outside of this process, from names that are in force: a zone for a resolver, routes for a router. Whoever
 * composes the control side tells it (workers/compose-outlets.ts). It must not read a list by itself.
 */
import type { ListNames } from '../list/names/list-names.ts';

export interface Outlet {
  /** For logs, metrics and `/status`: of the configuration, never a host. */
  readonly name: string;
  /** Lists that it wants to know of, allow lists too. */
  readonly lists: readonly string[];
  /** Of `lists`: without one of them it is told of removals only, or what that takes out would be refused or steered. */
  readonly exceptions: readonly string[];
  /** It keeps what it knew of a list that is missing, so that it may be told of the others at once. Else it is told of all its lists, until one is missing for long. */
  readonly takesPart?: boolean;
  /**
   * What is in force now; a list that is missing has no names that can be told. It is never called again before it has resolved: then with
   * the newest state. It never throws: it tells by its status, log and metrics.
   * @param isAwaited one that is missing may still come: what was written of it before stays
   */
  update(names: readonly ListNames[], isAwaited: boolean): Promise<void>;
  /**
   * An exception is missing, and does not come: what none of these lists names any more is taken out, and nothing is added. Called as `update`.
   * Left out: nothing is told until the exception is there.
   */
  takeOut?(names: readonly ListNames[]): Promise<void>;
  /**
   * Names that what it wrote blocks, as `ListNames` of form `names` has them, with ids that mean nothing: announced before this start, perhaps. Null:
   * there is nothing that can be read. Left out: it has no names.
   */
  writtenNames?(): Promise<Uint8Array | null>;
  /** What it wrote could not be told to whoever reads it, the last time: that one goes on with what it had. It is tried again. By default nobody has to be told. */
  readonly isUntold?: boolean;
  /** Whether what it wrote is still as it was written; if not, it is told again. By default it is. */
  stands?(): Promise<boolean>;
  close(): Promise<void>;
}
