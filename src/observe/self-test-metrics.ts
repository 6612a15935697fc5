/** What the self-tests of the lists show: one row a metric. A list that was never tested has no sample. */
import type { SelfTestStatus } from './control-view.ts';
import type { MetricRow, Sample } from './metric-row.ts';

export const SELF_TEST_METRICS: readonly MetricRow<readonly SelfTestStatus[]>[] = [
  {
    kind: 'gauge',
    name: 'selftest_success',
    help: '1 if the last self-test of the list went well.',
    labels: ['list'],
    read: perList(({ result }) => [[{}, result === 'ok' ? 1 : 0]]),
  },
  {
    kind: 'gauge',
    name: 'selftest_last_timestamp_seconds',
    help: 'When the last self-test of the list ended, in seconds since the epoch.',
    labels: ['list'],
    read: perList(({ at }) => [[{}, at / 1000]]),
  },
  {
    kind: 'counter',
    name: 'selftest_total',
    help: 'Self-tests of the list, by result.',
    labels: ['list', 'result'],
    read: perList(({ counts }) => Object.entries(counts).map(([result, count]) => [{ result }, count])),
  },
];

function perList(samples: (test: SelfTestStatus) => readonly Sample[]) {
  return (tests: readonly SelfTestStatus[]): readonly Sample[] =>
    tests.flatMap((test) => samples(test).map(([labels, value]): Sample => [{ list: test.list, ...labels }, value]));
}
