/**
 * The table of lists: one row a list, faults first, with a row of details that a button opens. Filter and order are the reader's and stay
 * whatever the instance answers; rows are changed in place, so that neither focus nor what is open is lost.
 */
import { ofList } from './attention.js';
import { byId, facts, fillTable, node, replaceWhereChanged } from './dom.js';
import { age, ageOf, change, clock, count, dateTime, hits, NOTHING, reason, share } from './words.js';

const HEADS = [
  { head: 'List' },
  { head: 'State', kind: 'wide' },
  { head: 'Last change', kind: 'wide changed' },
  { head: 'Entries', kind: 'number' },
  { head: 'Hits 1 h', kind: 'number' },
  { head: 'Hits 24 h', kind: 'number' },
  { head: 'HTTP', kind: 'number' },
  { head: 'HTTPS', kind: 'number' },
  { head: 'DNS', kind: 'number' },
  { head: 'Checked', kind: 'number' },
];
/** Of fewer nobody needs to choose. */
const MIN_FOR_TOOLBAR = 5;
const LEVELS = { fault: 0, warning: 1, none: 2 };

const opened = new Set();
let last = null;

/** Once, when the page begins. */
export function listenToLists() {
  for (const id of ['lists-filter', 'lists-show', 'lists-sort'])
    byId(id).addEventListener('input', () => {
      if (last !== null) showLists(last);
    });
}

export function showLists(status) {
  last = status;
  const { now, lists = [] } = status;
  byId('lists-toolbar').hidden = lists.length < MIN_FOR_TOOLBAR;
  const rows = lists.map((list) => rowOf(list, now));
  const shown = rows.filter(wanted()).toSorted(ORDERS[byId('lists-sort').value] ?? ORDERS.attention);
  tellCount(rows, shown);
  fillTable(
    byId('lists'),
    HEADS,
    shown.map((row) => ({ name: row.list.name, cells: cellsOf(row, now), more: moreOf(row, now) })),
    nameButton,
  );
  for (const { list } of shown) setOpened(list.name);
}

function rowOf(list, now) {
  const found = ofList(list, now);
  const level = found.some((each) => each.level === 'fault') ? 'fault' : found.length > 0 ? 'warning' : 'none';
  return {
    list,
    found,
    level,
    current: Date.parse(list.currentAt ?? '') || 0,
    changed: Date.parse(list.changes?.[0]?.at ?? '') || 0,
  };
}

const byName = (one, other) => one.list.name.localeCompare(other.list.name);
const ORDERS = {
  attention: (one, other) => LEVELS[one.level] - LEVELS[other.level],
  name: byName,
  changed: (one, other) => other.changed - one.changed || byName(one, other),
  day: (one, other) => dayHits(other) - dayHits(one) || byName(one, other),
  entries: (one, other) => other.list.entries - one.list.entries || byName(one, other),
  current: (one, other) => one.current - other.current || byName(one, other),
};

/** Fewer than five are more than none. */
function dayHits({ list }) {
  const { day = 0 } = list.hits ?? {};
  return day ?? 1;
}

function wanted() {
  const text = byId('lists-filter').value.trim().toLowerCase();
  const show = byId('lists-show').value;
  return ({ list, level }) => {
    if (!list.name.toLowerCase().includes(text)) return false;
    if (show === 'attention') return level !== 'none';
    return show === 'all' || list.action === show;
  };
}

function tellCount(rows, shown) {
  const bad = rows.filter(({ level }) => level !== 'none').length;
  const all = `${rows.length} lists, ${bad === 0 ? 'none' : bad} with something to look at`;
  const words = shown.length === rows.length ? all : `${shown.length} of ${all}`;
  if (byId('lists-count').textContent !== words) byId('lists-count').textContent = words;
}

function cellsOf({ list, found, level }, now) {
  const part = (channel) => share(list.enforceable?.[channel], list.entries);
  const [latest] = list.changes ?? [];
  return [
    { text: stateOf(list, found), look: { fault: 'bad', warning: 'warn', none: '' }[level] },
    latest === undefined ? NOTHING : `${change(latest)}, ${ageOf(latest.at, now)} ago`,
    count(list.entries),
    list.hits === undefined ? NOTHING : hits(list.hits.hour),
    list.hits === undefined ? NOTHING : hits(list.hits.day),
    part('http'),
    part('https'),
    part('dns'),
    list.currentAt === null ? 'never' : `${ageOf(list.currentAt, now)} ago`,
  ];
}

function stateOf({ action }, found) {
  const does = { block: 'in force', count: 'in force, counts only', allow: 'in force, allows' }[action] ?? action;
  if (found.length === 0) return does;
  const [first] = found.toSorted((one, other) => LEVELS[one.level] - LEVELS[other.level]);
  return `${first.level === 'fault' ? 'Fault' : 'Warning'}: ${first.words}${found.length > 1 ? ` (and ${found.length - 1} more)` : ''}`;
}

function nameButton(name) {
  const button = node('button', { type: 'button', class: 'row', 'aria-expanded': 'false' }, [name]);
  button.addEventListener('click', () => {
    if (!opened.delete(name)) opened.add(name);
    setOpened(name);
  });
  return button;
}

function setOpened(name) {
  const row = byId('lists').querySelector(`tr[data-key="${CSS.escape(name)}"]`);
  if (row === null) return;
  row.querySelector('button').setAttribute('aria-expanded', String(opened.has(name)));
  row.nextElementSibling.hidden = !opened.has(name);
}

/** The row below a list's own, which is made once. */
function moreOf({ list, found }, now) {
  const key = `${list.name} – more`;
  const row =
    [...byId('lists').tBodies[0].children].find(({ dataset }) => dataset.key === key) ??
    node('tr', { class: 'more', role: 'row', 'data-key': key }, [
      node('td', { role: 'cell', colspan: String(HEADS.length) }, []),
    ]);
  replaceWhereChanged(row.firstChild, [moreFacts(list, found, now)], (pairs) => facts(pairs));
  return row;
}

/** In plain words all that the status has of a list. */
function moreFacts(list, found, now) {
  const { versions = {}, syncs = {}, rejections = {}, content = null, cacheCurrent = null } = list;
  const { inForce, held, pinned, previous, withdrawn, expiresAt, heardAt, names } = versions;
  const counts = (of) =>
    Object.entries(of)
      .filter(([, value]) => value > 0)
      .map(([name, value]) => `${reason(name)} ${count(value)}`)
      .join(', ');
  const known = (value, words) => (value === null || value === undefined ? null : words);
  const pairs = [
    ['To look at', found.length === 0 ? 'nothing' : found.map(({ words }) => words).join('; ')],
    ['Action', list.action],
    ['Off until', known(list.offUntil, `${clock(list.offUntil)}, then it applies again by itself`)],
    ['Version in force', known(inForce, inForce)],
    [
      'Version held',
      known(held, `${held?.version}: ${held?.reason ?? ''} (cleanfeed ctl accept ${list.name} ${held?.version})`),
    ],
    ['Pinned', known(pinned, `${pinned} (cleanfeed ctl release ${list.name})`)],
    ['Version before', known(previous, previous)],
    ['Withdrawn entries', known(withdrawn, count(withdrawn))],
    ['Generation', list.version > 0 ? `came into force with generation ${count(list.version)}` : 'not in force'],
    ['In force since', list.loadedAt === null ? NOTHING : ageOf(list.loadedAt, now)],
    ['Found to be current', list.currentAt === null ? 'never' : `${ageOf(list.currentAt, now)} ago`],
    ['Publisher last heard', known(heardAt, `${ageOf(heardAt, now)} ago`)],
    ['Signed until', known(expiresAt, expiry(expiresAt, now))],
    ['Host names for outlets', known(names, names?.fault ?? `of version ${names?.version ?? NOTHING}`)],
    ['Content', known(content, `${content} (the same on every node that serves the same)`)],
    ['Copy on disk', known(cacheCurrent, cacheCurrent ? 'is what is in force' : 'is NOT what is in force')],
    ['Covering public suffixes', list.publicSuffixes > 0 ? count(list.publicSuffixes) : null],
    ['Entries expired', list.expired > 0 ? count(list.expired) : null],
    ['Bad lines', list.badLines > 0 ? count(list.badLines) : null],
    ['Updates since the start', counts(syncs) || 'none'],
    ['Refused because of', counts(rejections) || null],
    ['Last changes', (list.changes ?? []).map((each) => changeWords(each, now)).join('; ') || 'none known'],
  ];
  return pairs.filter(([, said]) => said !== null && said !== undefined);
}

function changeWords(each, now) {
  return `${change(each)}${each.version === null ? '' : ` (version ${each.version})`}, ${ageOf(each.at, now)} ago`;
}

function expiry(at, now) {
  const seconds = (Date.parse(at) - Date.parse(now)) / 1000;
  return seconds > 0 ? `${dateTime(at)}, in ${age(seconds)}` : 'expired';
}
