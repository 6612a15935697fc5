/**
 * The table of lists: one row a list, faults first, with a row of details that a button opens. Filter and order are the reader's and stay
 * whatever the instance answers; rows are changed in place, so that neither focus nor what is open is lost.
 * It must not decide what needs a look (attention.js).
 */
import { byId, facts, fillTable, node, replaceWhereChanged } from './dom.js';
import { faultsFirst, LIST_HEADS, listCells, listRows } from './facts.js';
import { age, ageOf, change, clock, count, dateTime, NOTHING, reason } from './words.js';

/** Of fewer nobody needs to choose. */
const MIN_FOR_TOOLBAR = 5;

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
  const rows = listRows(status);
  const shown = rows.filter(wanted()).toSorted(ORDERS[byId('lists-sort').value] ?? ORDERS.attention);
  tellCount(rows, shown);
  fillTable(
    byId('lists'),
    LIST_HEADS,
    shown.map((row) => ({ name: row.list.name, cells: listCells(row, now), more: moreOf(row, now) })),
    nameButton,
  );
  for (const { list } of shown) setOpened(list.name);
}

const byName = (one, other) => one.list.name.localeCompare(other.list.name);
const ORDERS = {
  attention: faultsFirst,
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
      node('td', { role: 'cell', colspan: String(LIST_HEADS.length) }, []),
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
    ['Left out, on protected hosts', list.entriesLeftOut > 0 ? count(list.entriesLeftOut) : null],
    ['Not carried over', notCarriedWords(list.notCarried, 'left')],
    ['Covers less than there', notCarriedWords(list.notCarried, 'narrower')],
    ['Entries expired', list.expired > 0 ? count(list.expired) : null],
    ['Bad lines', list.badLines > 0 ? count(list.badLines) : null],
    ['Updates since the start', counts(syncs) || 'none'],
    ['Entries since the start', turnover(list.turnover)],
    ['Refused because of', counts(rejections) || null],
    ['Last changes', (list.changes ?? []).map((each) => changeWords(each, now)).join('; ') || 'none known'],
  ];
  return pairs.filter(([, said]) => said !== null && said !== undefined);
}

/** Of another tool's list, by reason (docs/migration.md). Null: it is none, or there is nothing of the kind. */
function notCarriedWords(notCarried, kind) {
  const found = (notCarried ?? []).filter((each) => each.kind === kind);
  if (found.length === 0) return null;
  return found
    .map(({ reason: code, count: times, line }) => `${code} ${count(times)} (first: line ${line})`)
    .join(', ');
}

/** Null where no update has changed anything. */
function turnover({ added, removed, unknown } = { added: 0, removed: 0, unknown: 0 }) {
  if (added + removed + unknown === 0) return null;
  const rest = unknown === 0 ? '' : `; ${count(unknown)} updates under other digest keys cannot be compared`;
  return `${count(added)} added, ${count(removed)} removed${rest}`;
}

function changeWords(each, now) {
  return `${change(each)}${each.version === null ? '' : ` (version ${each.version})`}, ${ageOf(each.at, now)} ago`;
}

function expiry(at, now) {
  const seconds = (Date.parse(at) - Date.parse(now)) / 1000;
  return seconds > 0 ? `${dateTime(at)}, in ${age(seconds)}` : 'expired';
}
