/**
 * The box that explains an address. The address is sent as a body to this instance; it must not stand anywhere afterwards but on the page:
 * neither in the address bar nor in the browser's history.
 */
import { byId, facts, node } from './dom.js';
import { count, reason as wordsOf } from './words.js';

const ANSWER_MS = 10_000;

/** Once, when the page begins. */
export function listenToQuestions() {
  byId('ask').addEventListener('submit', (event) => {
    event.preventDefault();
    void ask();
  });
}

/** The listeners that can be chosen. */
export function showListenerChoice({ listeners = [] }) {
  const names = [...new Set(listeners.map(({ name }) => name))];
  const select = byId('ask-listener');
  if (select.dataset.told === JSON.stringify(names)) return;
  const chosen = select.value;
  select.dataset.told = JSON.stringify(names);
  select.replaceChildren(
    node('option', { value: '' }, ['the first that fits']),
    ...names.map((name) => node('option', { value: name }, [name])),
  );
  if (names.includes(chosen)) select.value = chosen;
}

async function ask() {
  const question = {
    url: byId('ask-url').value.trim(),
    listener: byId('ask-listener').value || null,
    client: byId('ask-client').value.trim() || null,
    dns: byId('ask-dns').checked,
  };
  if (question.url === '') return;
  try {
    const answer = await fetch('/explain', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question),
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const value = await answer.json();
    show(answer.ok ? explanation(value) : failure(value.error ?? `status ${answer.status}`));
  } catch {
    show(failure('the instance does not answer'));
  }
}

function show(element) {
  byId('explained').replaceChildren(element);
}

function failure(why) {
  return node('div', { 'data-verdict': 'error' }, [node('h3', {}, ['Not explained']), node('p', {}, [why])]);
}

function explanation(value) {
  const { verdict, lookUps = [] } = value;
  const parts = [node('h3', {}, [headline(value)]), facts(pairsOf(value))];
  if (lookUps.length > 0)
    parts.push(
      node('details', {}, [
        node('summary', {}, [`${count(lookUps.length)} look-ups, in order`]),
        node(
          'ol',
          {},
          lookUps.map((each, index) => node('li', {}, [lookUpWords(each, index === value.decidedBy)])),
        ),
      ]),
    );
  return node('div', { 'data-verdict': isUnjudged(value) ? 'unjudged' : verdict }, parts);
}

/** It passes for another reason than that no entry applies: a bypass, a client that is exempt, a list that is off. The headline says which. */
function isUnjudged({ verdict, list, reason }) {
  return verdict === 'pass' && list === null && typeof reason === 'string';
}

function headline({ verdict, list, steer, reason }) {
  const by = list === null ? '' : ` by list ${list}`;
  const words = {
    pass:
      list === null
        ? `Passes: ${reason ?? 'no entry applies'}`
        : `Passes, allowed or not enforceable here: list ${list}`,
    block: `Blocked${by}`,
    count: `Passes, counted only${by}`,
    refuse: 'Refused, whatever the lists say',
  }[verdict];
  return `${words ?? verdict}${steer === true ? '; its traffic is steered here' : ''}`;
}

function pairsOf(value) {
  const { canonical, name, url, list, entry, action, reading, reason, enforceable, answer = null } = value;
  const pairs = [
    ['Judged as', canonical ?? url ?? name],
    ['Why', isUnjudged(value) ? null : reason],
    ['List', list],
    ['Entry', entry],
    ['The entry does', action],
    ['Read as', reading],
    ['Enforceable here', enforceable === true ? 'yes' : enforceable === false ? 'no' : null],
    ...Object.entries(answer ?? {}).map(([type, said]) => [`Answer to ${type}`, said]),
    ['Listener', value.listener],
    ['Client', value.client],
    ['Policy', value.policy],
    ['Generation', value.generation === null ? null : count(value.generation)],
  ];
  return pairs.filter(([, said]) => typeof said === 'string');
}

function lookUpWords({ table, expression, reading, fold, outcome, why = [], entries = [] }, decides) {
  const because = why.length === 0 ? '' : ` (${why.map(wordsOf).join(', ')})`;
  const how = [fold === null || fold === undefined ? '' : `, fold ${fold}`, reading ? `, read as ${reading}` : ''].join(
    '',
  );
  return `${table} ${expression}: ${[`${outcome}${because}`, ...entries].join(' ')}${how}${decides ? ' – this decides' : ''}`;
}
