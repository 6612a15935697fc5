/**
 * What the report counts of this instance (report/ledger.ts): what workers, lists and self-tests have counted, by name.
 * It must not count anything itself.
 */
import { clockShift, steadyNow } from '../lib/steady-clock.ts';
import type { Time } from '../lib/time.ts';
import type { ControlView, ListStatus, SelfTestStatus } from '../observe/control-view.ts';
import { DNS_VERDICT, LIST_ACTION, VERDICT } from '../observe/counters.ts';
import { CounterTotals } from '../observe/counter-totals.ts';
import type { Log } from '../observe/log.ts';
import { reportFolder } from '../report/day-files.ts';
import type { Reading } from '../report/day-totals.ts';
import { ReportLedger } from '../report/ledger.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { COUNTER_LAYOUT } from './counter-slots.ts';

interface ControlContext {
  readonly options: { readonly log: Log };
  readonly inForce: ConfigInForce;
  readonly shared: { readonly counters: SharedArrayBuffer };
  readonly clock: Pick<ClockWatch, 'now'>;
  readonly time: Time;
}

export function composeReport(
  { options, inForce, shared, clock, time }: ControlContext,
  view: Pick<ControlView, 'lists' | 'selfTests'>,
): ReportLedger {
  const { config } = inForce.current;
  const totals = new CounterTotals(COUNTER_LAYOUT, shared.counters, config.workers);
  return new ReportLedger({
    log: options.log,
    time,
    folder: reportFolder(config.state.directory, config.file),
    keepMs: () => inForce.current.config.report.keepMs,
    now: () => steadyNow() + clockShift(),
    trustedNow: () => clock.now(),
    read: () => {
      const now = steadyNow();
      const lists = view.lists();
      return {
        counters: Object.fromEntries([
          ...Object.entries(VERDICT).map(([verdict, code]) => [`requests.${verdict}`, totals.total('request', code)]),
          ...Object.entries(DNS_VERDICT).map(([verdict, code]) => [
            `questions.${verdict}`,
            totals.total('dnsQuery', code),
          ]),
          ...lists.flatMap(({ name }) => hitCounters(name, slotOf(inForce, name), totals)),
          ...lists.flatMap(syncCounters),
          ...view.selfTests().flatMap(testCounters),
        ]),
        ages: agesOf(lists, now),
      };
    },
  });
}

type Counters = readonly (readonly [string, number])[];

function slotOf({ current: { config, slots } }: ConfigInForce, name: string): number | null {
  return slots.lists[config.lists.findIndex((list) => list.name === name)] ?? null;
}

function hitCounters(name: string, slot: number | null, totals: CounterTotals): Counters {
  if (slot === null) return [];
  return Object.entries(LIST_ACTION).map(([action, code]) => [
    `lists.${name}.hits.${action}`,
    totals.value('listHit', slot, code),
  ]);
}

function syncCounters({ name, syncs }: ListStatus): Counters {
  return Object.entries(syncs).map(([result, count]) => [`lists.${name}.syncs.${result}`, count]);
}

function testCounters({ list, refused, requests, questions, counts }: SelfTestStatus): Counters {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    [`lists.${list}.selftests.refused`, refused],
    [`lists.${list}.selftests.pass`, requests.pass],
    [`lists.${list}.selftests.block`, requests.block],
    [`lists.${list}.selftests.refuse`, requests.refuse],
    [`lists.${list}.selftests.error`, requests.error],
    [`lists.${list}.selftests.questions.pass`, questions.pass],
    [`lists.${list}.selftests.questions.block`, questions.block],
    [`lists.${list}.selftests.ok`, counts.ok],
    [`lists.${list}.selftests.failed`, all - counts.ok],
  ];
}

function agesOf(lists: readonly ListStatus[], now: number): Reading['ages'] {
  return Object.fromEntries(
    lists.flatMap(({ name, currentAt }) => (currentAt === null ? [] : [[name, Math.max(0, now - currentAt) / 1000]])),
  );
}
