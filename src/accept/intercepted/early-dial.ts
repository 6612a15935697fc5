/**
 * A dial that has begun before it is known what its client says. Whoever takes the connection over goes on with it: one that is begun anew from the
 * client's own port finds that port taken by the one before (EADDRNOTAVAIL, `source: client`).
 *
 *   FirstBytes ─▶ dial ──┬─ open before anybody is asked for: told to whoever has the connection
 *                        ├─ taken: `done` hears of it, as of a dial of its own
 *                        └─ cancelled: nobody may be reached
 *
 * It must not begin another one.
 */
import type { ConnectDone, ForwardFailure } from '../../forward/connector.ts';
import type { UpstreamConnection } from '../../forward/upstream-connection.ts';
import type { Origin } from '../../match/host-facts.ts';

type Connect = (destination: Origin, done: ConnectDone) => () => void;

export class EarlyDial {
  readonly #key: string;
  #done: ConnectDone;
  #cancel: (() => void) | null;

  /** @param connect of the origin's side (OriginSide.connect) */
  constructor(connect: Connect, destination: Origin, done: ConnectDone) {
    this.#key = destination.key;
    this.#done = done;
    this.#cancel = connect(destination, (failure, upstream) => this.#over(failure, upstream));
  }

  /** From now on `done` hears what becomes of it. */
  handTo(done: ConnectDone): void {
    this.#done = done;
  }

  /** @returns as OriginSide.connect; null where it goes elsewhere, or has come to its end */
  take({ key }: Origin, done: ConnectDone): (() => void) | null {
    if (this.#cancel === null) return null;
    if (key !== this.#key) {
      this.cancel();
      return null;
    }
    this.#done = done;
    return () => this.cancel();
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #over(failure: ForwardFailure | null, upstream: UpstreamConnection | null): void {
    this.#cancel = null;
    this.#done(failure, upstream);
  }
}
