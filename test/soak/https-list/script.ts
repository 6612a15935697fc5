/**
 * The server's side: answers at random, and what the proxy must come to by them. What is in force is always the text of the last
 * answer that was good.
 */
import { seededInteger } from '../../../bench/data/seeded-random.ts';
import { BAD_ANSWERS, ENDLESS, GOOD_ANSWERS, SILENT, UNASKED_304, UNCHANGED } from '../../support/list-answers.ts';
import type { Effect, ListAnswer } from '../../support/list-answers.ts';
import type { GiveList } from '../../support/scripted-list-server.ts';

const NO_CONNECTION: ListAnswer = {
  name: 'no connection',
  effect: { result: 'failed', reason: 'connect' },
  give: async () => {},
};
/** They take long, or half a gigabyte. */
const SILENT_SHARE = 0.01;
const ENDLESS_SHARE = 0.01;
const GOOD_SHARE = 0.3;
const UNCHANGED_SHARE = 0.2;

export class Script {
  /** In the text that is in force; pages of the others are listed nowhere. */
  version = 0;
  /** What has been asked for. */
  attempts = 0;
  readonly given: Record<string, number> = {};
  /** `result` or `result/reason`: how often. */
  readonly expected: Record<string, number> = {};
  readonly #random: () => number;
  readonly #seconds: number;

  constructor(random: () => number, seconds: number) {
    this.#random = random;
    this.#seconds = seconds;
  }

  /** For the next connection. */
  next(): GiveList {
    const answer = this.attempts === 0 ? GOOD_ANSWERS[0]! : this.#choose();
    this.given[answer.name] = (this.given[answer.name] ?? 0) + 1;
    if (answer === NO_CONNECTION) {
      this.#expect(answer.effect);
      return null;
    }
    return async (exchange) => {
      const next = this.version + 1;
      const isAsked = exchange.fields.has('if-none-match');
      const { effect } = answer === UNCHANGED && !isAsked ? UNASKED_304 : answer;
      this.#expect(effect);
      if (effect.result === 'updated') this.version = next;
      await answer.give(exchange, listText(next), this.#random());
    };
  }

  #expect({ result, reason }: Effect): void {
    this.attempts += 1;
    const key = reason === null ? result : `${result}/${reason}`;
    this.expected[key] = (this.expected[key] ?? 0) + 1;
  }

  #choose(): ListAnswer {
    const share = this.#random();
    if (share < SILENT_SHARE) return SILENT;
    if (share < SILENT_SHARE + ENDLESS_SHARE) return this.#seconds < 120 ? UNCHANGED : ENDLESS;
    if (share < GOOD_SHARE) return this.#oneOf(GOOD_ANSWERS);
    if (share < GOOD_SHARE + UNCHANGED_SHARE) return UNCHANGED;
    return this.#oneOf([...BAD_ANSWERS, NO_CONNECTION]);
  }

  #oneOf(answers: readonly ListAnswer[]): ListAnswer {
    return answers[seededInteger(this.#random, answers.length)]!;
  }
}

/** A few thousand lines, the last of them the page of this version. */
function listText(version: number): Buffer {
  const fillers = Array.from({ length: 5000 }, (_, i) => `filler-${i}.example/page-${version}.html`);
  return Buffer.from(`always.localhost/listed\n${fillers.join('\n')}\nversion-${version}.localhost/listed\n`);
}
