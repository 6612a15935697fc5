/**
 * What commands read of the instance's results, as shapes: the one place where a reply becomes a type. The instance may be of another release:
 * keys that no command reads may be missing, and those that are not known stay. It must not ask for more than a command shows.
 */
import { ANYTHING, FLAG, NUMBER, TEXT, wordOf } from '../lib/json-shapes.ts';
import { eachOf, listOf, mapping, recordOf, Wrapped, type Output, type Shape } from '../lib/shape.ts';
import type { ListAction } from '../lib/types.ts';
import type { CommandName, ControlResult, SteerReport } from './control-protocol.ts';
import { SELF_TEST_RESULTS, SYNC_RESULTS } from './control-view.ts';
import type { BriefExplanation, Explanation } from './explanation.ts';
import type { VerdictName } from './traffic.ts';

const TEXTS = listOf(TEXT);
const MAYBE_TEXT = TEXT.nullable();
const MAYBE_NUMBER = NUMBER.nullable();
const ACTIONS = ['block', 'count', 'allow'] as const satisfies readonly ListAction[];
const VERDICTS = ['pass', 'block', 'count', 'allow', 'refuse', 'error'] as const satisfies readonly VerdictName[];
const REVIEWS = [
  'many',
  'changing',
  'rate',
  'denied',
] as const satisfies readonly SteerReport['reviews'][number]['reason'][];

const held = mapping({ version: TEXT, reason: TEXT }).open().nullable();

const list = mapping({
  name: TEXT,
  action: TEXT,
  loaded: FLAG,
  entries: NUMBER,
  currentAt: MAYBE_TEXT,
  loadedAt: MAYBE_TEXT,
  offUntil: MAYBE_TEXT,
  lastError: MAYBE_TEXT,
  content: MAYBE_NUMBER,
  turnover: mapping({ added: NUMBER, removed: NUMBER, unknown: NUMBER }).open(),
  massWithdrawal: FLAG.prefault(false),
  notCarried: listOf(mapping({ kind: TEXT, reason: TEXT, count: NUMBER, line: NUMBER }).open())
    .nullable()
    .prefault(null),
  versions: mapping({
    inForce: MAYBE_TEXT,
    held,
    pinned: MAYBE_TEXT,
    previous: MAYBE_TEXT,
    withdrawn: MAYBE_NUMBER,
    names: mapping({ version: MAYBE_TEXT, fault: MAYBE_TEXT }).open().nullable(),
  }).open(),
}).open();

const worker = mapping({
  worker: NUMBER,
  state: TEXT,
  generation: NUMBER,
  unresponsive: FLAG,
  restarts: NUMBER,
}).open();

const outlet = mapping({
  name: TEXT,
  missing: listOf(mapping({ list: TEXT, reason: TEXT }).open()),
  isFailing: FLAG,
  failures: NUMBER,
  toldAt: MAYBE_TEXT,
}).open();

const status = mapping({
  version: TEXT,
  pid: NUMBER,
  now: TEXT,
  uptimeSeconds: NUMBER,
  ready: FLAG,
  reasons: TEXTS,
  generation: NUMBER,
  traceEndsAt: MAYBE_TEXT,
  clockJumpSeconds: NUMBER,
  bypass: FLAG,
  bypassEndsAt: MAYBE_TEXT,
  configuration: mapping({
    file: TEXT,
    loadedAt: TEXT,
    workersAuto: FLAG,
    restartRequired: TEXTS,
    errors: TEXTS,
  }).open(),
  workers: listOf(worker),
  lists: listOf(list),
  outlets: listOf(outlet),
  listeners: listOf(mapping({ name: TEXT, mode: TEXT, address: TEXT, port: MAYBE_NUMBER }).open()),
  routes: mapping({ announced: NUMBER, held: NUMBER, denied: NUMBER }).open().nullable(),
  traffic: mapping(
    {
      connections: NUMBER,
      requests: recordOf(NUMBER),
      upstreamErrors: recordOf(NUMBER),
      dropped: recordOf(NUMBER),
    },
    {
      questions: mapping({
        verdicts: recordOf(NUMBER),
        resolverErrors: recordOf(NUMBER),
        dropped: recordOf(NUMBER),
      }).open(),
    },
  ).open(),
}).open();

const selftest = mapping(
  {
    version: TEXT,
    node: TEXT,
    now: TEXT,
    startedAt: TEXT,
    generation: NUMBER,
    bypass: FLAG,
    configuration: mapping({ file: TEXT }).open(),
    lists: listOf(list),
    selfTests: listOf(
      mapping({
        list: TEXT,
        result: wordOf(namesOf(SELF_TEST_RESULTS)),
        at: TEXT,
        addresses: NUMBER,
      }).open(),
    ),
  },
  { ready: FLAG, reasons: TEXTS },
).open();

const questions = mapping({
  inFlight: NUMBER,
  max: NUMBER,
  maxTcpPerWorker: NUMBER,
  dropped: mapping({ in_flight_limit: NUMBER, client_limit: NUMBER }).open(),
}).open();

const limits = mapping(
  {
    workers: NUMBER,
    limits: mapping({ sharedAddresses: listOf(ANYTHING) }).open(),
    timeouts: recordOf(NUMBER),
    connections: mapping({
      open: NUMBER,
      openInBusiestWorker: NUMBER,
      maxPerWorker: NUMBER,
      dropped: mapping({ connection_limit: NUMBER, client_limit: NUMBER }).open(),
    }).open(),
    descriptors: mapping({
      limit: MAYBE_NUMBER,
      open: MAYBE_NUMBER,
      required: NUMBER,
      connections: NUMBER,
      effective: NUMBER,
      lowered: FLAG,
    }).open(),
  },
  { questions: questions.nullable() },
).open();

const versions = mapping({ list: TEXT, inForce: MAYBE_TEXT, held, lastError: MAYBE_TEXT }).open();

const day = mapping(
  {
    day: TEXT,
    requests: eachOf(VERDICTS, MAYBE_NUMBER).open(),
    lists: listOf(
      mapping({
        list: TEXT,
        hits: eachOf(ACTIONS, MAYBE_NUMBER).open(),
        updates: eachOf(SYNC_RESULTS, NUMBER).open(),
        selfTests: mapping({ passed: NUMBER, failed: NUMBER }).open(),
        oldestSeconds: MAYBE_NUMBER,
      }).open(),
    ),
  },
  { questions: eachOf([...VERDICTS, 'steer'], MAYBE_NUMBER).open() },
).open();

const entries = mapping({
  namedFrom: NUMBER,
  key: MAYBE_TEXT,
  lists: listOf(
    mapping({
      list: TEXT,
      firstDay: TEXT,
      days: NUMBER,
      incompleteDays: TEXTS,
      partDays: TEXTS,
      entries: listOf(
        mapping({ token: TEXT, days: NUMBER, count: NUMBER, lastDay: MAYBE_TEXT, lastWeek: MAYBE_TEXT }).open(),
      ),
    }).open(),
  ),
}).open();

const brief = {
  verdict: wordOf(['pass', 'block', 'count', 'refuse']),
  entry: MAYBE_TEXT,
  reading: MAYBE_TEXT,
  reason: MAYBE_TEXT,
};

const explained = {
  ...brief,
  list: MAYBE_TEXT,
  action: wordOf(ACTIONS).nullable(),
  generation: MAYBE_NUMBER,
  listener: TEXT,
  client: MAYBE_TEXT,
  policy: MAYBE_TEXT,
  lookUps: listOf(
    mapping(
      {
        expression: TEXT,
        table: wordOf(['host', 'path', 'hint']),
        reading: MAYBE_TEXT,
        fold: MAYBE_TEXT,
        segment: NUMBER,
        outcome: wordOf(['absent', 'unproved', 'inapplicable', 'uncovered', 'hit', 'steer']),
        entries: TEXTS,
        in: MAYBE_TEXT,
        digest: MAYBE_TEXT,
      },
      { why: TEXTS },
    ).open(),
  ),
  decidedBy: MAYBE_NUMBER,
};

const ofUrl = mapping({ ...explained, url: TEXT, canonical: MAYBE_TEXT, enforceable: FLAG.nullable() }).open();
const ofName = mapping({
  ...explained,
  name: TEXT,
  canonical: MAYBE_TEXT,
  steer: FLAG,
  answer: eachOf(['A', 'AAAA', 'HTTPS', 'other'], TEXT).open().nullable(),
}).open();

/** One of many addresses; with --json there is more, which is printed as it came. */
export const BRIEF = either<BriefExplanation>(
  mapping({ ...brief, name: TEXT, steer: FLAG }).open(),
  mapping({ ...brief, url: TEXT }).open(),
);

const RESULTS = {
  status,
  workers: listOf(worker),
  limits,
  explain: either<Explanation>(ofName, ofUrl),
  reload: mapping({ configuration: TEXT, restartRequired: TEXTS, clockFollowed: MAYBE_TEXT }).open(),
  drain: mapping({ lameDuckMs: NUMBER, drainMs: NUMBER }).open(),
  accept: versions,
  rollback: versions,
  release: versions,
  bypass: mapping({ bypass: FLAG, wasEnabled: FLAG, endsAt: MAYBE_TEXT, zones: TEXTS.prefault([]) }).open(),
  trace: mapping({ wasEnabled: FLAG, endsAt: MAYBE_TEXT, field: MAYBE_TEXT, token: MAYBE_TEXT }).open(),
  list: mapping({ list: TEXT, action: wordOf(ACTIONS), wasOff: FLAG, offUntil: MAYBE_TEXT }).open(),
  steer: mapping({
    announced: NUMBER,
    reviews: listOf(
      mapping({ address: TEXT, reason: wordOf(REVIEWS), since: TEXT, hosts: TEXTS, hostCount: NUMBER }).open(),
    ),
  }).open(),
  selftest,
  report: mapping({ roundedTo: NUMBER, days: listOf(day), total: day }).open(),
  diagnosis: mapping({ configuration: ANYTHING, metrics: TEXT, log: TEXTS, credentials: TEXTS }).open(),
  entries,
};
type Results = typeof RESULTS;

/** What a command reads of a result. Never, which does not compile, where the instance does not write it. */
export type ReadResult<Name extends CommandName> = {
  readonly [Each in CommandName]: ControlResult<Each> extends Output<Results[Each]> ? Output<Results[Each]> : never;
}[Name];

export const RESULT_SHAPES: { readonly [Name in CommandName]: Shape<ReadResult<Name>> } = RESULTS;

/** `named` of what is about a name, `other` of what is about a URL. */
function either<T>(named: Shape<T>, other: Shape<T>): Shape<T> {
  return new Wrapped<T>(
    other,
    (value, faults) =>
      (typeof value === 'object' && value !== null && 'name' in value ? named : other).read(value, faults),
    () => ({ anyOf: [named.form(), other.form()] }),
  );
}

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): readonly Name[] {
  const names: Name[] = [];
  for (const name in record) names.push(name);
  return names;
}
