/**
 * What the page says first, as texts: state, what needs a look, lists. Pure. The instance writes them into the page that it serves, for whoever
 * reads it without scripts and so that nothing has to be waited for; the page's script writes the same, and keeps it current.
 * It must not touch an element.
 */
import { attention, ofList } from './attention.js';
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

/** { level, word, text }: `word` stands before the text; empty where there is nothing to look at. */
export function attentionItems(status) {
  const found = attention(status);
  if (found.length === 0) return [{ level: 'none', word: '', text: 'Nothing: no fault, no warning.' }];
  return found.map(({ level, text }) => ({ level, word: level === 'fault' ? 'Fault:' : 'Warning:', text }));
}

/** Of each list what its row is ordered, filtered and told by. */
export function listRows({ now, lists = [] }) {
  return lists.map((list) => {
    const found = ofList(list, now);
    const level = found.some((each) => each.level === 'fault') ? 'fault' : found.length > 0 ? 'warning' : 'none';
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
  if (found.length === 0) return does;
  const [first] = found.toSorted(faultsFirst);
  return `${first.level === 'fault' ? 'Fault' : 'Warning'}: ${first.words}${found.length > 1 ? ` (and ${found.length - 1} more)` : ''}`;
}
