/**
 * The parts of the page that only show: figures, limits, listeners, workers, details. What the instance does not say is a dash.
 * It must not ask the instance.
 */
import { byId, fillTable, node, replaceWhereChanged, showItems } from './dom.js';
import { limitsOf, THRESHOLDS } from './limits.js';
import { age, ageOf, bytes, count, dateTime, moment, NOTHING, percent, rate, reason } from './words.js';

export function showParts(status) {
  const { recent = {} } = status;
  const window = recent.seconds === undefined ? '' : `last ${age(recent.seconds)}`;
  for (const place of [byId('now-window'), ...document.querySelectorAll('.window')])
    if (place.textContent !== window) place.textContent = window;
  showNow(status);
  showLimits(status);
  showListeners(status);
  showWorkers(status);
  showCounts('upstream-errors', recent.upstreamErrors ?? {});
  showCounts('dropped', recent.dropped ?? {});
  showItems(
    byId('self-tests'),
    (status.selfTests ?? []).map((test) => selfTestWords(test, status.now)),
    'none configured',
  );
  showItems(
    byId('outlets'),
    [...(status.outlets ?? []).map((each) => outletWords(each, status.now)), ...routeWords(status)],
    'none configured',
  );
  showItems(byId('configuration'), configurationWords(status));
  showItems(byId('release'), releaseWords(status));
}

/** Whether a listener has requests, and whether one has questions for names. */
export function trafficOf({ listeners = [] }) {
  const questions = listeners.some(({ mode }) => mode === 'dns');
  return { requests: !questions || listeners.some(({ mode }) => mode !== 'dns'), questions };
}

function showNow(status) {
  const { recent = {}, generation, workerRestarts } = status;
  const traffic = trafficOf(status);
  const tiles = [
    ...(traffic.requests ? requestTiles(recent) : []),
    ...(traffic.questions ? questionTiles(recent) : []),
    ['Connections', count(recent.connections)],
    ['Generation', count(generation)],
    ['Worker restarts', count(workerRestarts), 'since the start'],
  ];
  replaceWhereChanged(byId('now'), tiles, ([name, value, note = '', isHigh = false]) =>
    node('div', {}, [
      node('dt', {}, [name]),
      node('dd', isHigh ? { class: 'bad' } : {}, [
        value,
        ...(note === '' && !isHigh
          ? []
          : [node('small', {}, [[note, isHigh ? 'above the threshold' : ''].filter(Boolean).join(', ')])]),
      ]),
    ]),
  );
}

/** A figure is red where a threshold is passed, and its name says so too. */
function requestTiles({ rates = {}, addedSeconds = {}, upstreamSeconds = {}, upstreamErrors = {}, seconds }) {
  const all = Object.values(rates).reduce((sum, value) => sum + value, 0);
  const isBusy = all > THRESHOLDS.minRequests;
  const errors = Object.values(upstreamErrors).reduce((sum, value) => sum + value, 0);
  return [
    ['Passed', rate(rates.passed)],
    ['Blocked', rate(rates.blocked)],
    ['Refused', rate(rates.refused)],
    [
      'Errors',
      rate(rates.errors),
      all > 0 ? `${percent(rates.errors / all)} of requests` : '',
      isBusy && rates.errors / all > THRESHOLDS.errorShare,
    ],
    ['Upstream errors', rate(seconds > 0 ? errors / seconds : Number.NaN)],
    ['Time added p50', moment(addedSeconds.p50 ?? Number.NaN, addedSeconds.max)],
    [
      'Time added p99',
      moment(addedSeconds.p99 ?? Number.NaN, addedSeconds.max),
      '',
      isBusy && addedSeconds.p99 > THRESHOLDS.addedSeconds,
    ],
    ['Time of origins p99', moment(upstreamSeconds.p99 ?? Number.NaN, upstreamSeconds.max)],
  ];
}

function questionTiles({ questions: { rates = {} } = {} }) {
  return [
    ['Questions passed', rate(rates.passed)],
    ['Questions blocked', rate(rates.blocked)],
    ['Questions steered', rate(rates.steered)],
    ['Questions refused', rate(rates.refused)],
    ['Questions, errors', rate(rates.errors)],
  ];
}

function showLimits(status) {
  const shown = limitsOf(status).map(({ name, used, limit, level }) => {
    const words = name === 'Memory' ? bytes : count;
    const part = used === null || !(limit > 0) ? null : Math.min(1, used / limit);
    const isMachine = name === 'Memory' && status.resources?.memory?.isOwnLimit === false;
    const lists = name === 'Memory' ? status.resources?.memory?.listBytes : undefined;
    const note = lists > 0 ? `, lists ${bytes(lists)}` : '';
    return {
      name: isMachine ? 'Memory, of the machine' : name,
      level,
      part,
      text: limitWords(used, limit, words) + note,
    };
  });
  replaceWhereChanged(byId('limits'), shown, ({ name, level, part, text }) => {
    const bar = node('div', { class: 'bar', 'data-level': level }, [node('i', {}, [])]);
    bar.firstChild.style.width = `${(part ?? 0) * 100}%`;
    const told = `${part === null ? '' : `${percent(part)}, `}${text}${{ fault: ', at its limit', warning: ', near its limit', none: '' }[level]}`;
    if (part !== null)
      for (const [key, value] of [
        ['role', 'meter'],
        ['aria-label', name],
        ['aria-valuemin', '0'],
        ['aria-valuemax', '100'],
        ['aria-valuenow', String(Math.round(part * 100))],
        ['aria-valuetext', told],
      ])
        bar.setAttribute(key, value);
    return node('div', {}, [
      node('div', { class: 'name' }, [
        node('strong', {}, [name]),
        node('span', { class: { fault: 'bad', warning: 'warn', none: '' }[level] }, [told]),
      ]),
      bar,
    ]);
  });
}

function limitWords(used, limit, words) {
  const known = used === null ? 'not known' : words(used < 10 ? Number(used.toPrecision(2)) : Math.round(used));
  return limit === null ? known : `${known} of ${words(limit)}`;
}

function showListeners({ listeners = [], recent = {} }) {
  const heads = [
    { head: 'Listener' },
    { head: 'Mode' },
    { head: 'Address' },
    ...['Connections', 'Passed', 'Blocked', 'Refused', 'Errors', 'Steered'].map(number),
  ];
  const seen = new Set();
  fillTable(
    byId('listeners'),
    heads,
    listeners.map(({ name, mode, address, port }, index) => {
      // Figures are of a name; one that listens at several addresses has them once.
      const traffic = seen.has(name) ? {} : (recent.listeners?.[name] ?? {});
      const isFirst = !seen.has(name);
      seen.add(name);
      const closed = port === null ? { text: `${address}, not open`, look: 'warn' } : `${address} port ${port}`;
      return {
        name: isFirst ? name : `${name} (${index + 1})`,
        cells: [
          mode,
          closed,
          count(traffic.connections),
          rate(traffic.passed),
          rate(traffic.blocked),
          rate(traffic.refused),
          rate(traffic.errors),
          mode === 'dns' ? rate(traffic.steered) : NOTHING,
        ],
      };
    }),
  );
}

function showWorkers({ now, workers = [], generation, recent = {} }) {
  fillTable(
    byId('workers'),
    [
      { head: 'Worker' },
      ...['Requests', 'Connections', 'Up', 'Restarts', 'Generation'].map(number),
      { head: 'State', kind: 'last' },
    ],
    workers.map((worker) => {
      const traffic = recent.workers?.[worker.worker] ?? {};
      const words = workerWords(worker, generation);
      return {
        name: `worker ${worker.worker}`,
        cells: [
          rate(traffic.requests),
          count(traffic.connections),
          ageOf(worker.startedAt, now),
          count(worker.restarts),
          count(worker.generation),
          words === 'listening' ? words : { text: words, look: 'bad' },
        ],
      };
    }),
  );
}

function workerWords({ unresponsive, state, generation: served }, generation) {
  if (unresponsive === true) return 'does not respond';
  return served !== generation && state === 'listening' ? 'serves an older generation' : (state ?? NOTHING);
}

function number(head) {
  return { head, kind: 'number' };
}

function showCounts(id, counts) {
  const items = Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, value]) => `${reason(name)}: ${count(Math.round(value))}`);
  showItems(byId(id), items, 'none');
}

function selfTestWords({ list, result, at, addresses }, now) {
  const many = addresses === 1 ? '1 address' : `${count(addresses)} addresses`;
  return `${list}: ${result === 'ok' ? 'passed' : `FAILED, ${reason(result)}`}, ${many}, ${ageOf(at, now)} ago`;
}

function outletWords({ name, lists = [], missing = [], toldAt, failures, isFailing }, now) {
  const told = toldAt === null ? 'never told' : `told ${ageOf(toldAt, now)} ago`;
  return [
    `${name}: ${told}, ${lists.join(', ')}`,
    ...(isFailing === true ? ['FAILING'] : []),
    ...missing.map((each) => `without ${each.list} (${each.reason})`),
    ...(failures > 0 ? [`${count(failures)} failures since the start`] : []),
  ].join('; ');
}

function routeWords({ routes = null }) {
  if (routes === null) return [];
  const { announced, held, denied, withdrawn = {}, failures = {} } = routes;
  const parts = (counts) =>
    Object.entries(counts)
      .filter(([, value]) => value > 0)
      .map(([name, value]) => `${reason(name)} ${count(value)}`)
      .join(', ') || 'none';
  return [
    `routes: ${count(announced)} announced, ${count(held)} held, ${count(denied)} denied`,
    `routes withdrawn since the start: ${parts(withdrawn)}`,
    `route failures since the start: ${parts(failures)}`,
  ];
}

function configurationWords({ now, configuration: { file, loadedAt, restartRequired = [], errors = [] } = {} }) {
  return [
    ...(file === undefined ? [] : [`${file}, in force since ${ageOf(loadedAt, now)}`]),
    ...restartRequired.map((key) => `restart required: ${key}`),
    ...errors.map((error) => `reload refused: ${error}`),
  ];
}

function releaseWords({ version, node: runtime, formats = [], startedAt, uptimeSeconds, generation }) {
  return [
    `Cleanfeed ${version ?? '?'}`,
    `Node ${runtime ?? '?'}`,
    ...(formats.length > 0 ? [`reads ${formats.join(', ')}`] : []),
    `started ${startedAt === undefined ? NOTHING : dateTime(startedAt)}, up ${age(uptimeSeconds)}`,
    `generation ${count(generation)}: how often what is in force has changed since then`,
  ];
}
