/** Traffic that a test makes up, in the shape the counters give. */
import type { Reading } from '../../src/admin/history.ts';
import type { HistogramTotals } from '../../src/observe/counter-totals.ts';
import {
  COUNTERS,
  DNS_DROPPED,
  DNS_UPSTREAM_ERROR,
  DNS_VERDICT,
  DROPPED,
  UPSTREAM_ERROR,
  VERDICT,
} from '../../src/observe/counters.ts';
import type { DroppedName, TrafficTotals, UpstreamErrorName, VerdictName } from '../../src/observe/traffic.ts';

export class Traffic {
  readonly #requests = zeros(VERDICT);
  readonly #upstreamErrors = zeros(UPSTREAM_ERROR);
  readonly #dropped = zeros(DROPPED);
  readonly #added = new Counted(COUNTERS.requestDuration.bounds);
  readonly #upstream = new Counted(COUNTERS.upstreamDuration.bounds);
  readonly questions = {
    verdicts: zeros(DNS_VERDICT),
    resolverErrors: zeros(DNS_UPSTREAM_ERROR),
    dropped: zeros(DNS_DROPPED),
    inFlight: 0,
  };
  connections = 0;
  cpuSeconds = 0;
  readonly #hits: Record<string, number> = {};
  readonly #listeners: Record<string, number> = {};
  readonly #workers: number[] = [];

  add(requests: Partial<Record<VerdictName, number>>): void {
    increase(this.#requests, requests);
  }

  addQuestions(questions: Partial<Record<keyof typeof DNS_VERDICT, number>>): void {
    increase(this.questions.verdicts, questions);
  }

  addUpstreamErrors(errors: Partial<Record<UpstreamErrorName, number>>): void {
    increase(this.#upstreamErrors, errors);
  }

  addDropped(dropped: Partial<Record<DroppedName, number>>): void {
    increase(this.#dropped, dropped);
  }

  addDurations(seconds: number, times: number): void {
    this.#added.add(seconds, times);
  }

  addUpstreamDurations(seconds: number, times: number): void {
    this.#upstream.add(seconds, times);
  }

  addHits(hits: Readonly<Record<string, number>>): void {
    for (const [list, count] of Object.entries(hits)) this.#hits[list] = (this.#hits[list] ?? 0) + count;
  }

  /** Requests that passed. */
  addByListener(passed: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(passed)) this.#listeners[name] = (this.#listeners[name] ?? 0) + count;
  }

  addByWorker(requests: readonly number[]): void {
    for (const [worker, count] of requests.entries()) this.#workers[worker] = (this.#workers[worker] ?? 0) + count;
  }

  reading(): Reading {
    const share = (of: number): number => Math.round(this.connections / of);
    const names = Object.keys(this.#listeners);
    return {
      totals: this.totals(),
      named: {
        hits: { ...this.#hits },
        listeners: Object.fromEntries(
          names.map((name) => [
            name,
            {
              requests: { ...zeros(DNS_VERDICT), pass: this.#listeners[name]! },
              connections: share(names.length),
              resolversDown: 0,
            },
          ]),
        ),
        workers: this.#workers.map((requests) => ({ requests, connections: share(this.#workers.length) })),
      },
      cpuSeconds: this.cpuSeconds,
    };
  }

  totals(): TrafficTotals {
    return {
      requests: { ...this.#requests },
      upstreamErrors: { ...this.#upstreamErrors },
      dropped: { ...this.#dropped },
      connections: this.connections,
      connectionsOfFullest: this.connections,
      requestDuration: this.#added.totals(),
      upstreamDuration: this.#upstream.totals(),
      questions: {
        verdicts: { ...this.questions.verdicts },
        resolverErrors: { ...this.questions.resolverErrors },
        dropped: { ...this.questions.dropped },
        inFlight: this.questions.inFlight,
      },
    };
  }
}

class Counted {
  readonly #bounds: readonly number[];
  readonly #cumulative: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#cumulative = bounds.map(() => 0);
  }

  add(seconds: number, times: number): void {
    this.#count += times;
    this.#sum += seconds * times;
    this.#bounds.forEach((bound, index) => {
      if (seconds <= bound) this.#cumulative[index]! += times;
    });
  }

  totals(): HistogramTotals {
    return { bounds: this.#bounds, cumulative: [...this.#cumulative], count: this.#count, sum: this.#sum };
  }
}

function zeros<Name extends string>(codes: Readonly<Record<Name, number>>): Record<Name, number> {
  return Object.fromEntries(Object.keys(codes).map((name) => [name, 0])) as Record<Name, number>;
}

function increase<Name extends string>(counts: Record<Name, number>, by: Partial<Record<Name, number>>): void {
  for (const name of Object.keys(by) as Name[]) counts[name] += by[name] ?? 0;
}
