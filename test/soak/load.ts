/** The mixes at work: so many actors of each, every one round after round with a short rest, until told to stop. */
import { seededRandom } from '../../bench/data/seeded-random.ts';
import type { Churn } from './churn.ts';
import type { Field } from './field.ts';
import { download, posts, slowReader, slowWriter } from './mixes/bodies.ts';
import { brokenOrigin, failingName } from './mixes/faults.ts';
import { abort, hostileHead, stalling } from './mixes/hostile.ts';
import { intercepted, interceptedTls } from './mixes/intercepted.ts';
import { between, pause } from './mixes/mix.ts';
import type { Mix } from './mixes/mix.ts';
import { keptConnection, newConnection } from './mixes/requests.ts';
import { refusedTunnel, tunnel, webSocket } from './mixes/tunnels.ts';

/** Bounded by these numbers: no mix has more than a few connections an actor. */
const ACTORS: readonly { readonly name: string; readonly mix: Mix; readonly count: number; readonly restMs: number }[] =
  [
    { name: 'kept connections', mix: keptConnection, count: 6, restMs: 20 },
    { name: 'new connections', mix: newConnection, count: 3, restMs: 20 },
    { name: 'posted bodies', mix: posts, count: 2, restMs: 30 },
    { name: 'downloads', mix: download, count: 1, restMs: 100 },
    { name: 'slow readers', mix: slowReader, count: 2, restMs: 50 },
    { name: 'slow writers', mix: slowWriter, count: 3, restMs: 20 },
    { name: 'tunnels', mix: tunnel, count: 2, restMs: 20 },
    { name: 'refused tunnels', mix: refusedTunnel, count: 1, restMs: 50 },
    { name: 'WebSockets', mix: webSocket, count: 2, restMs: 20 },
    { name: 'intercepted', mix: intercepted, count: 4, restMs: 20 },
    { name: 'intercepted TLS', mix: interceptedTls, count: 1, restMs: 50 },
    { name: 'broken origins', mix: brokenOrigin, count: 6, restMs: 20 },
    { name: 'failing names', mix: failingName, count: 3, restMs: 20 },
    { name: 'hostile heads', mix: hostileHead, count: 3, restMs: 20 },
    { name: 'aborts', mix: abort, count: 4, restMs: 10 },
    { name: 'stalling clients', mix: stalling, count: 8, restMs: 50 },
  ];
const CHURN_REST_MS = 700;

export class Load implements AsyncDisposable {
  readonly #field: Field;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #actors: readonly Promise<void>[];
  #isStopped = false;

  /** @param phase sets its tags and its random numbers apart from those of other loads */
  constructor(field: Field, churn: Churn, seed: number, phase: number) {
    this.#field = field;
    let index = 0;
    const mixes = ACTORS.flatMap(({ name, mix, count, restMs }) =>
      Array.from({ length: count }, async () => {
        index += 1;
        await this.#act(name, mix, {
          restMs,
          random: seededRandom(seed * 1_000_003 + phase * 1009 + index),
          prefix: `p${phase}a${index}`,
        });
      }),
    );
    this.#actors = [...mixes, this.#churn(churn)];
  }

  /** Resolves when every round that is under way has come to its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#stopped.resolve();
    await Promise.all(this.#actors);
  }

  async #act(
    name: string,
    mix: Mix,
    { restMs, random, prefix }: { readonly restMs: number; readonly random: () => number; readonly prefix: string },
  ): Promise<void> {
    let tags = 0;
    const tag = (): string => `${prefix}n${(tags += 1)}`;
    while (!this.#isStopped) {
      await mix({ field: this.#field, name, random, tag }).catch((error: unknown) =>
        this.#field.ledger.wrong(name, error),
      );
      await pause(between(random, 0, restMs));
    }
  }

  async #churn(churn: Churn): Promise<void> {
    while (!this.#isStopped) {
      await churn.round().catch((error: unknown) => this.#field.ledger.wrong('reloads', error));
      await Promise.race([pause(CHURN_REST_MS), this.#stopped.promise]);
    }
  }
}
