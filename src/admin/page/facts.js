/**
 * What the page says first, as texts: state, what needs attention, lists. Pure. The instance writes them into the page that it serves, for whoever
 * reads it without scripts and so that nothing has to be waited for; the page's script writes the same, and keeps it current.
 * It must not touch an element.
 */
import { age, ageOf, change, clock, count, hits, NOTHING, share } from './words.js';

export const LIST_HEADS = [
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
const LEVELS = { fault: 0, warning: 1, none: 2 };

export function aboutOf({ version, node, uptimeSeconds }) {
  return `Cleanfeed ${version ?? '?'}, Node ${node ?? '?'}, up ${age(uptimeSeconds)}`;
}

/** { state, word, reasons }: one word of the machine's, one of people's, and why. */
export function stateOf({ ready, reasons = [], bypass, bypassEndsAt = null, draining }) {
  const bypassed = bypass === true;
  const state = draining === true ? 'draining' : ready ? (bypassed ? 'bypass' : 'ready') : 'unready';
  const word = {
    ready: 'Ready',
    unready: 'Not ready',
    bypass: 'BYPASS: nothing is filtered',
    draining: 'Draining: about to stop',
  }[state];
  const until = bypassed && bypassEndsAt !== null ? [`bypass ends at ${clock(bypassEndsAt)}`] : [];
  const why = state === 'draining' ? ['open connections are being ended; no new traffic should come here'] : reasons;
  return {
    state,
    word,
    reasons: [...(bypassed && state !== 'bypass' ? ['bypass is on: nothing is filtered'] : []), ...why, ...until],
  };
}

const WORDS = { bypass: 'Bypass:', fault: 'Fault:', warning: 'Warning:' };

/** { level, word, text, more }: `word` stands before the text; `more`: since when, and what to do; null where nothing needs attention. */
export function attentionItems({ attention }) {
  if (attention === undefined) return [nothing('This instance does not say: load the page again.')];
  if (attention.length === 0) return [nothing('Nothing: no fault, no warning.')];
  return attention.map(({ severity, text, since, runbook, command }) => ({
    level: severity,
    word: WORDS[severity] ?? `${severity}:`,
    text,
    more: { since, runbook: `/runbook/${runbook.replace(/^.*#/, '')}`, command },
  }));
}

function nothing(text) {
  return { level: 'none', word: '', text, more: null };
}

/** Of each list what its row is ordered, filtered and told by. */
export function listRows({ lists = [], attention = [] }) {
  return lists.map((list) => {
    const found = attention.filter((each) => each.list === list.name);
    const level = found.some((each) => each.severity === 'fault') ? 'fault' : found.length > 0 ? 'warning' : 'none';
    return {
      list,
      found,
      level,
      current: Date.parse(list.currentAt ?? '') || 0,
      changed: Date.parse(list.changes?.[0]?.at ?? '') || 0,
    };
  });
}

export function faultsFirst(one, other) {
  return LEVELS[one.level] - LEVELS[other.level];
}

/** Behind the name: texts, or { text, look }. */
export function listCells({ list, found, level }, now) {
  const part = (channel) => share(list.enforceable?.[channel], list.entries);
  const [latest] = list.changes ?? [];
  return [
    { text: listState(list, found), look: { fault: 'bad', warning: 'warn', none: '' }[level] },
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

function listState({ action }, found) {
  const does = { block: 'in force', count: 'in force, counts only', allow: 'in force, allows' }[action] ?? action;
  const [first] = found;
  if (first === undefined) return does;
  return `${WORDS[first.severity]} ${wordsOf(first)}${found.length > 1 ? ` (and ${found.length - 1} more)` : ''}`;
}

/** Without the list that it is about. */
export function wordsOf({ text, list }) {
  const subject = `list ${list}: `;
  return text.startsWith(subject) ? text.slice(subject.length) : text;
}
