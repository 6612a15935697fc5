/**
 * Looks whether the publishers of protected lists are still heard, and what becomes of the list of one that is not, as its configuration says:
 *
 *   nothing newly signed for `after` ─▶ serve: told only │ count: hits are counted, nothing is refused │ drop: as if it were not there
 *
 * How long that is is counted while the instance runs, by a clock that nobody can set: a machine that starts with a clock far ahead must not lose its
 * list. The configuration that the operator wrote stays as it is; what follows from it changes, as in a reload, and back when the publisher is
 * heard again. It must not ask any publisher.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ListConfig } from '../config/list-types.ts';
import type { Config } from '../config/types.ts';
import { DEADLINES } from '../lib/deadlines.ts';
import { systemTime, type Time, type Timer } from '../lib/time.ts';
import type { ListStatus } from '../observe/control-view.ts';
import type { Log } from '../observe/log.ts';

export interface PublisherWatchOptions {
  readonly log: Log;
  readonly lists: () => readonly Pick<ListStatus, 'name' | 'versions'>[];
  /** Of the configuration in force. */
  readonly configs: () => readonly ListConfig[];
  /** Brings into force what follows now. @returns whether it is. */
  readonly changed: () => Promise<boolean>;
  readonly time?: Time;
}

export class PublisherWatch {
  readonly #options: PublisherWatchOptions;
  /** As it is in force, or being brought into force. */
  #gone: ReadonlySet<string> = new Set();
  #told: ReadonlySet<string> = new Set();
  #isLooking = false;
  #timer: Timer | null = null;

  constructor(options: PublisherWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { time = systemTime } = this.#options;
    this.#timer = time.every(DEADLINES.workers.publisherLookMs, () => void this.look()).unref();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async look(): Promise<void> {
    const before = this.#gone;
    const gone = this.#goneNow();
    if (this.#isLooking || isDeepStrictEqual(gone, before)) return;
    this.#tell(gone);
    this.#gone = gone;
    this.#isLooking = true;
    let isInForce = false;
    try {
      isInForce = await this.#options.changed();
    } finally {
      this.#isLooking = false;
      // What was refused is tried again with the next look.
      if (!isInForce) this.#gone = before;
    }
  }

  /** What comes into force of this configuration. */
  adjusted(wanted: Config): Config {
    const actions = wanted.lists.map((list) => this.#consequence(list));
    if (!actions.includes('count') && !actions.includes('drop')) return wanted;
    const withoutDropped = <Owner extends { readonly lists: readonly number[] }>(owner: Owner): Owner =>
      Object.assign({}, owner, { lists: owner.lists.filter((list) => actions[list] !== 'drop') });
    return {
      ...wanted,
      lists: wanted.lists.map((list, i) => (actions[i] === 'count' ? Object.assign({}, list, COUNTED) : list)),
      listeners: wanted.listeners.map(withoutDropped),
      policies: wanted.policies.map(withoutDropped),
    };
  }

  /** Nothing of the list is enforced any more. */
  readonly isDropped = (list: string): boolean => {
    const config = this.#options.configs().find(({ name }) => name === list);
    return config !== undefined && this.#consequence(config) === 'drop';
  };

  #tell(gone: ReadonlySet<string>): void {
    const { log, configs } = this.#options;
    for (const { name, source } of configs()) {
      if (source.kind !== 'tuf' || gone.has(name) === this.#told.has(name)) continue;
      if (gone.has(name))
        log.event('error', 'list.publisher_gone', { list: name, action: source.ifPublisherGone.action });
      else log.event('info', 'list.publisher_back', { list: name });
    }
    this.#told = gone;
  }

  #consequence({ name, source }: ListConfig): 'serve' | 'count' | 'drop' {
    return source.kind === 'tuf' && this.#gone.has(name) ? source.ifPublisherGone.action : 'serve';
  }

  #goneNow(): ReadonlySet<string> {
    const { lists, configs } = this.#options;
    const silences = new Map(lists().map(({ name, versions }) => [name, versions.silentMs]));
    const isGone = ({ name, source }: ListConfig): boolean =>
      source.kind === 'tuf' && (silences.get(name) ?? 0) > source.ifPublisherGone.afterMs;
    return new Set(
      configs()
        .filter(isGone)
        .map(({ name }) => name),
    );
  }
}

const COUNTED = { action: 'count' } as const;
