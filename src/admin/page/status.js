/**
 * The status page: asks `/status` every two seconds and `/history` every ten, and shows the answers. Text only goes in as
 * text. What the instance does not say is a dash, so that page and instance may be of different versions. Ages are by the
 * clock of the instance: a reader's that is wrong must not make a list look fresh.
 */
import { createChart } from './charts.js';
import { age, count, moment, rate, reason, share } from './words.js';

const STATUS_MS = 2000;
const HISTORY_MS = 10_000;
/** Without an answer for this long the instance counts as silent, whatever the page still shows. */
const ANSWER_MS = 5000;

const CHARTS = [
  { title: 'Requests passed', lines: [{ name: 'passed', key: 'passed' }], show: rate },
  {
    title: 'Not passed',
    lines: [
      { name: 'blocked', key: 'blocked' },
      { name: 'refused', key: 'refused' },
      { name: 'errors', key: 'errors' },
    ],
    show: rate,
  },
  {
    title: 'Time added',
    lines: [
      { name: 'p50', key: 'addedP50' },
      { name: 'p99', key: 'addedP99' },
    ],
    show: moment,
  },
  {
    title: 'Time of origins',
    lines: [
      { name: 'p50', key: 'upstreamP50' },
      { name: 'p99', key: 'upstreamP99' },
    ],
    show: moment,
  },
  { title: 'Upstream errors', lines: [{ name: 'errors', key: 'upstreamErrors' }], show: rate },
  { title: 'Client connections', lines: [{ name: 'open', key: 'connections' }], show: count },
];

const charts = CHARTS.map((chart) => createChart(byId('charts'), chart));
let answeredAt = null;

byId('instance').textContent = location.host;
void keepAsking('/status', STATUS_MS, showStatus, showSilence);
void keepAsking(
  '/history',
  HISTORY_MS,
  (history) => charts.forEach((draw) => draw(history)),
  () => {},
);

/** One question at a time; the next a while after the answer. */
async function keepAsking(path, pauseMs, show, fail) {
  for (;;) {
    try {
      const answer = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS), cache: 'no-store' });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      show(await answer.json());
    } catch {
      fail();
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function showStatus(status) {
  answeredAt = new Date();
  showState(status);
  byId('about').textContent =
    `version ${status.version ?? '?'}, Node ${status.node ?? '?'}, up ${age(status.uptimeSeconds)}`;
  showNow(status);
  showLists(status);
  showWorkers(status);
  const { recent = {} } = status;
  showCounts('upstream-errors', recent.upstreamErrors ?? {});
  showCounts('dropped', recent.dropped ?? {});
  showItems('configuration', configurationWords(status));
  showItems(
    'listeners',
    (status.listeners ?? []).map(
      ({ name, address, port }) => `${name}: ${address} ${port === null ? '(not open)' : `port ${port}`}`,
    ),
  );
}

function showState({ ready, reasons = [], bypass, bypassEndsAt = null }) {
  const bypassed = bypass === true;
  const state = ready ? (bypassed ? 'bypass' : 'ready') : 'unready';
  const word = { ready: 'Ready', unready: 'Not ready', bypass: 'BYPASS: nothing is filtered' }[state];
  const until =
    bypassed && bypassEndsAt !== null ? [`bypass ends at ${new Date(bypassEndsAt).toLocaleTimeString('en-GB')}`] : [];
  setState(state, word, [...(bypassed && !ready ? ['bypass is on: nothing is filtered'] : []), ...reasons, ...until]);
}

function showSilence() {
  const since =
    answeredAt === null ? '' : `since ${answeredAt.toLocaleTimeString('en-GB')}; the figures below are of then`;
  setState('silent', 'No answer from the instance', since === '' ? [] : [since]);
}

/** Written only when it changes: a live region speaks with every write. */
function setState(state, word, reasons) {
  const box = byId('state');
  const told = JSON.stringify([state, word, reasons]);
  if (box.dataset.told === told) return;
  box.dataset.told = told;
  box.dataset.state = state;
  byId('state-word').textContent = word;
  document.title = `${word} – ${location.host} – Cleanfeed`;
  showItems('reasons', reasons);
}

function configurationWords({
  now,
  controlSocketError,
  configuration: { file, loadedAt, restartRequired = [], errors = [] } = {},
}) {
  const taken = file === undefined ? [] : [`${file}, in force since ${ageOf(loadedAt, now)}`];
  const control =
    typeof controlSocketError === 'string' ? [`ctl cannot reach this instance: ${controlSocketError}`] : [];
  return [
    ...taken,
    ...restartRequired.map((key) => `restart required: ${key}`),
    ...errors.map((error) => `reload refused: ${error}`),
    ...control,
  ];
}

function showNow({ recent = {}, generation, workerRestarts }) {
  const { rates = {}, addedSeconds = {}, upstreamSeconds = {} } = recent;
  const errors = total(recent.upstreamErrors);
  byId('now-window').textContent = recent.seconds === undefined ? '' : `last ${age(recent.seconds)}`;
  byId('errors-window').textContent = byId('now-window').textContent;
  const tiles = [
    ['Passed', rate(rates.passed)],
    ['Blocked', rate(rates.blocked)],
    ['Refused', rate(rates.refused)],
    ['Errors', rate(rates.errors), rates.errors > 0],
    ['Time added p50', moment(addedSeconds.p50 ?? Number.NaN, addedSeconds.max)],
    ['Time added p99', moment(addedSeconds.p99 ?? Number.NaN, addedSeconds.max)],
    ['Time of origins p99', moment(upstreamSeconds.p99 ?? Number.NaN, upstreamSeconds.max)],
    ['Upstream errors', count(errors), errors > 0],
    ['Connections', count(recent.connections)],
    ['Generation', count(generation)],
    ['Worker restarts', count(workerRestarts), workerRestarts > 0],
  ];
  byId('now').replaceChildren(
    ...tiles.map(([name, value, isAlarm]) =>
      node('div', {}, [node('dt', {}, [name]), node('dd', isAlarm ? { class: 'alarm' } : {}, [value])]),
    ),
  );
}

function showLists({ now, lists = [] }) {
  const part = (list, channel) => share(list.enforceable?.[channel], list.entries);
  fillTable(
    'lists',
    ['List', 'Action', 'Version', 'Current', 'Entries', 'HTTP', 'HTTPS', 'DNS', 'Last fault'],
    lists.map((list) => [
      list.name,
      list.action,
      count(list.version),
      list.loaded ? `${ageOf(list.currentAt, now)} ago` : 'never loaded',
      count(list.entries),
      part(list, 'http'),
      part(list, 'https'),
      part(list, 'dns'),
      list.lastError ?? 'none',
    ]),
    (row) => ({ isBad: lists[row].loaded === false || typeof lists[row].lastError === 'string' }),
  );
  showItems('versions', lists.flatMap(versionWords));
}

function versionWords({ name, versions = {} }) {
  const { inForce = null, held = null, pinned = null, previous = null, withdrawn = null } = versions;
  const parts = [
    ...(inForce === null ? [] : [`version ${inForce} in force`]),
    ...(pinned === null ? [] : ['PINNED by ctl rollback']),
    ...(held === null ? [] : [`version ${held.version} HELD (${reason(held.code)})`]),
    ...(previous === null ? [] : [`version ${previous} before it`]),
    ...(withdrawn === null ? [] : [`${count(withdrawn)} withdrawn`]),
  ];
  return parts.length === 0 ? [] : [`${name}: ${parts.join(', ')}`];
}

function showWorkers({ now, workers = [], generation }) {
  const isBehind = (worker) =>
    worker.generation !== generation ||
    worker.unresponsive === true ||
    (worker.state !== undefined && worker.state !== 'listening');
  fillTable(
    'workers',
    ['Worker', 'Up', 'Restarts', 'Generation', 'State'],
    workers.map((worker) => [
      `worker ${worker.worker}`,
      ageOf(worker.startedAt, now),
      count(worker.restarts),
      count(worker.generation),
      workerWords(worker, generation),
    ]),
    (row) => ({ isBad: isBehind(workers[row]) }),
  );
}

function workerWords({ unresponsive, state, generation: served }, generation) {
  if (unresponsive === true) return 'does not respond';
  return served !== generation && state === 'listening' ? 'serves an older generation' : (state ?? '–');
}

/** Roles are written out: a table laid out as cards on a phone would lose them. */
function fillTable(id, heads, rows, of) {
  const table = byId(id);
  const headRow = table.querySelector('thead tr');
  if (headRow.childElementCount !== heads.length)
    headRow.replaceChildren(...heads.map((head) => node('th', { scope: 'col', role: 'columnheader' }, [head])));
  table.querySelector('tbody').replaceChildren(
    ...rows.map((cells, row) =>
      node(
        'tr',
        { role: 'row' },
        cells.map((cell, column) => {
          const look = column === cells.length - 1 && of(row).isBad ? { class: 'alarm' } : {};
          return column === 0
            ? node('th', { scope: 'row', role: 'rowheader' }, [cell])
            : node('td', { role: 'cell', 'data-label': heads[column], ...look }, [cell]);
        }),
      ),
    ),
  );
}

function showCounts(id, counts) {
  showItems(
    id,
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, value]) => `${reason(name)}: ${count(value)}`),
    'none',
  );
}

function showItems(id, items, otherwise) {
  const shown = items.length === 0 && otherwise !== undefined ? [otherwise] : items;
  byId(id).replaceChildren(...shown.map((item) => node('li', {}, [item])));
}

function ageOf(moment, now) {
  return age((Date.parse(now) - Date.parse(moment)) / 1000);
}

function total(counts = {}) {
  return Object.values(counts).reduce((sum, value) => sum + value, 0);
}

function node(name, attributes, children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function byId(id) {
  return document.getElementById(id);
}
