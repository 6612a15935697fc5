/**
 * The status page: asks `/status` every two seconds and the history every ten, and shows the answers. What the instance does not say is a
 * dash, so that page and instance may be of different versions. The reader may pause it. It changes nothing of the instance.
 */
import { createChart } from './charts.js';
import { byId, node, replaceWhereChanged, showItems } from './dom.js';
import { listenToQuestions, showListenerChoice } from './explain.js';
import { aboutOf, attentionItems, stateOf } from './facts.js';
import { listenToLists, showLists } from './lists.js';
import { showParts, trafficOf } from './parts.js';
import { change, clock, count, dateTime, moment, rate } from './words.js';

const STATUS_MS = 2000;
/** How often each history is asked for. */
const SPANS = { hour: { path: '/history', pauseMs: 10_000 }, day: { path: '/history/day', pauseMs: 60_000 } };
/** Without an answer for this long the instance counts as silent, whatever the page still shows. */
const ANSWER_MS = 5000;

/** `of`: shown where a listener has such; else always. */
const CHARTS = [
  { of: 'requests', title: 'Requests passed', lines: [{ name: 'passed', key: 'passed' }], show: rate },
  {
    of: 'requests',
    title: 'Requests not passed',
    lines: [
      { name: 'blocked', key: 'blocked' },
      { name: 'refused', key: 'refused' },
      { name: 'errors', key: 'errors' },
    ],
    show: rate,
  },
  { of: 'questions', title: 'Questions passed', lines: [{ name: 'passed', key: 'questionsPassed' }], show: rate },
  {
    of: 'questions',
    title: 'Questions steered or blocked',
    lines: [
      { name: 'steered', key: 'questionsSteered' },
      { name: 'blocked', key: 'questionsBlocked' },
    ],
    show: rate,
  },
  {
    of: 'questions',
    title: 'Questions refused or failed',
    lines: [
      { name: 'refused', key: 'questionsRefused' },
      { name: 'errors', key: 'questionsErrors' },
    ],
    show: rate,
  },
  {
    of: 'requests',
    title: 'Time added',
    lines: [
      { name: 'p50', key: 'addedP50' },
      { name: 'p99', key: 'addedP99' },
    ],
    show: moment,
  },
  {
    of: 'requests',
    title: 'Time of origins',
    lines: [
      { name: 'p50', key: 'upstreamP50' },
      { name: 'p99', key: 'upstreamP99' },
    ],
    show: moment,
  },
  { of: 'requests', title: 'Upstream errors', lines: [{ name: 'errors', key: 'upstreamErrors' }], show: rate },
  { title: 'Client connections', lines: [{ name: 'open', key: 'connections' }], show: count },
];

const charts = CHARTS.map((chart) => createChart(byId('charts'), chart));
let answeredAt = null;
let isPaused = false;
let span = 'hour';
/** Ends the pause between two questions for the history. */
let askHistoryNow = () => {};

byId('instance').textContent = location.host;
listenToQuestions();
listenToLists();
byId('pause').addEventListener('click', pauseOrGoOn);
byId('spans').addEventListener('change', (event) => {
  span = event.target.value;
  askHistoryNow();
});
void keepAskingStatus();
void keepAskingHistory();

async function keepAskingStatus() {
  for (;;) {
    if (!isPaused)
      try {
        showStatus(await answerOf('/status'));
      } catch {
        showSilence();
      }
    await pause(STATUS_MS);
  }
}

async function keepAskingHistory() {
  for (;;) {
    const asked = span;
    if (!isPaused || asked !== charts.span)
      try {
        const history = await answerOf(SPANS[asked].path);
        if (asked === span) showHistory(history, asked);
      } catch {
        // The state says that nobody answers.
      }
    await Promise.race([pause(SPANS[asked].pauseMs), new Promise((resolve) => (askHistoryNow = resolve))]);
  }
}

/** One question at a time; the next a while after the answer. */
async function answerOf(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS), cache: 'no-store' });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return await answer.json();
}

async function pause(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function pauseOrGoOn() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  byId('pause').textContent = isPaused ? `Paused at ${clock(Date.now())}: go on` : 'Pause updates';
}

function showStatus(status) {
  answeredAt = new Date();
  showState(status);
  byId('about').textContent = aboutOf(status);
  showAttention(attentionItems(status));
  showListenerChoice(status);
  showLists(status);
  showParts(status);
  showCharts(trafficOf(status));
}

/** A figure of what no listener has would tell of a fault. */
function showCharts(traffic) {
  for (const { of, figure } of charts) figure.hidden = traffic[of] === false;
}

function showAttention(items) {
  replaceWhereChanged(byId('attention'), items, ({ level, word, text, more }) =>
    node('li', { 'data-level': level }, [
      ...(word === '' ? [] : [node('strong', {}, [word]), ' ']),
      text,
      ...(more === null ? [] : [attentionMore(more)]),
    ]),
  );
}

/** As page-facts.ts writes it. */
function attentionMore({ since, runbook, command }) {
  return node('p', {}, [
    `since ${dateTime(since)}, `,
    node('a', { href: runbook }, ['runbook']),
    ', ',
    node('code', {}, [command]),
  ]);
}

function showState(status) {
  const { state, word, reasons } = stateOf(status);
  setState(state, word, reasons);
}

function showSilence() {
  const since = answeredAt === null ? [] : [`since ${clock(answeredAt)}; the figures below are of then`];
  setState('silent', 'No answer from the instance', since);
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
  showItems(byId('reasons'), reasons);
}

function showHistory(history, shown) {
  charts.span = shown;
  for (const { draw } of charts) draw(history, shown);
  const changes = (history.marks ?? []).filter(({ kind }) => kind === 'list').toReversed();
  byId('marks-count').textContent = count(changes.length);
  const now = Date.now();
  showItems(
    byId('marks'),
    changes.map(
      (mark) =>
        `${clock(now - mark.secondsAgo * 1000)}: ${mark.list}, ${change(mark)}${mark.version === null ? '' : ` (version ${mark.version})`}`,
    ),
    'none',
  );
}
