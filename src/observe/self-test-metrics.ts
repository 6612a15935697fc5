/** What the self-tests of the lists show: one row a metric. A list that was never tested has no sample. It must not test anything. */
import type { ListConfig } from '../config/list-types.ts';
import type { SelfTestStatus } from './control-view.ts';
import { one, wallSeconds, type MetricRow, type Sample } from './metric-row.ts';

export interface SelfTestFigures {
  readonly tests: readonly SelfTestStatus[];
  /** Of the configuration in force. */
  readonly lists: readonly Pick<ListConfig, 'name' | 'selfTest'>[];
}

export const SELF_TEST_METRICS: readonly MetricRow<SelfTestFigures>[] = [
  {
    kind: 'gauge',
    name: 'selftest_success',
    help: '1 if the last self-test of the list went well.',
    read: perList(({ result }) => [[{}, result === 'ok' ? 1 : 0]]),
  },
  {
    kind: 'gauge',
    name: 'selftest_last_timestamp_seconds',
    help: 'When the last self-test of the list ended, in seconds since the epoch.',
    read: perList(({ at }) => one(wallSeconds(at))),
  },
  {
    // How old the last may be depends on it.
    kind: 'gauge',
    name: 'selftest_interval_seconds',
    help: 'How often the list is to be tested.',
    read: perList((_, lists, list) => one(intervalOf(lists, list))),
  },
  {
    kind: 'counter',
    name: 'selftest_total',
    help: 'Self-tests of the list, by result.',
    read: perList(({ counts }) => Object.entries(counts).map(([result, count]) => [{ result }, count])),
  },
];

type Lists = SelfTestFigures['lists'];

function intervalOf(lists: Lists, list: string): number | null {
  const configured = lists.find(({ name }) => name === list);
  return configured === undefined ? null : configured.selfTest.intervalMs / 1000;
}

function perList(samples: (test: SelfTestStatus, lists: Lists, list: string) => readonly Sample[]) {
  return ({ tests, lists }: SelfTestFigures): readonly Sample[] =>
    tests.flatMap((test) =>
      samples(test, lists, test.list).map(([labels, value]): Sample => [{ list: test.list, ...labels }, value]),
    );
}
