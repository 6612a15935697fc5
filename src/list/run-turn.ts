/**
 * One run from its beginning to its end: what waits is judged, and what comes of it is brought into force or discarded.
 *
 *   judge ─▶ the lists know their verdicts ─▶ less what was withdrawn meanwhile ─▶ publish ─▶ in force
 *     └───────────────────┴──────────────────────────┴─▶ fails: nothing of the run is in force, and the lists know
 *
 * It must not decide when there is one (update-cycle.ts does).
 */
import { ListError } from './list-error.ts';
import type { SegmentImage } from '../match/snapshot.ts';
import { imagesInForce, runInputs, verdictsIn } from './present-lists.ts';
import type { PresentList } from './present-lists.ts';
import type { Publications } from './publications.ts';
import { publishOrDiscard } from './run.ts';
import type { ListRun, Publish, RunOutcome } from './run.ts';
import type { UpdateEvent } from './update-cycle.ts';
import type { JudgeFrame } from './verdict-alone.ts';

export interface RunTurnOptions {
  readonly publish: Publish;
  readonly publications: Publications;
  readonly frame: () => JudgeFrame;
  /** In the order of the configuration. */
  readonly present: () => readonly PresentList[];
  readonly isClosed: () => boolean;
  readonly dispatch: (event: UpdateEvent) => Promise<void>;
  /** @param generation null: there was nothing to publish, or other lists are missing. */
  readonly published: (generation: number | null) => Promise<void>;
  /** The first; `replace` puts others in its place. */
  readonly run: ListRun;
}

export class RunTurn {
  readonly #options: RunTurnOptions;
  #run: ListRun;

  constructor(options: RunTurnOptions) {
    this.#options = options;
    this.#run = options.run;
  }

  /** What is published of the lists; null if not every list is in force. */
  imagesInForce(): readonly SegmentImage[] | null {
    return imagesInForce(this.#options.present(), this.#run);
  }

  /** The outcome of another run is in force. */
  replace(run: ListRun, outcome: RunOutcome): void {
    this.#run.close();
    this.#run = run;
    run.confirm(outcome);
  }

  /** Resolves when it has come to its end, whatever came of it. */
  async take(): Promise<void> {
    const outcome = await this.#orFailed(async () => await this.#judge());
    if (outcome === null) return;
    await this.#options.publications.alone(async () => await this.#bringIntoForce(outcome));
  }

  async #judge(): Promise<RunOutcome> {
    const { present, frame, isClosed, dispatch } = this.#options;
    const lists = present();
    const { today, rest } = frame();
    const outcome = await this.#run.judge(runInputs(lists, today), today, rest);
    if (isClosed()) {
      outcome.discardAll();
      throw new ListError('internal', 'the lists were closed meanwhile');
    }
    await dispatch({ on: 'judged', verdicts: verdictsIn(lists, outcome) });
    return outcome;
  }

  async #bringIntoForce(outcome: RunOutcome): Promise<void> {
    const { publish, publications, present, published } = this.#options;
    const result = await this.#orFailed(async () => ({
      generation: await publishOrDiscard(outcome, async (images) => {
        for (const { slot } of present()) await publications.withdrawFromNext(slot);
        return await publish(images);
      }),
    }));
    if (result === null) return;
    this.#run.confirm(outcome);
    await published(result.generation);
  }

  /** @returns null if it has failed: then nothing of the run is in force, and its lists know. */
  async #orFailed<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      await this.#options.dispatch({ on: 'run failed', error });
      return null;
    }
  }
}
