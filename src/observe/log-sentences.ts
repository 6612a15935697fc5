/**
 * The sentence of a log line (`msg`), for collectors and people who show one text a line. An event without a row has
 * its name in words and its reason. It must not say what the fields do not have: those are what programs read.
 */
type Fields = Readonly<Record<string, string | number | boolean>>;
type Sentence = (fields: Fields) => string;

const SENTENCES: ReadonlyMap<string, Sentence> = new Map<string, Sentence>([
  [
    'limits.lowered',
    ({ descriptors, required, connections, effective, upstream }) =>
      `This process may open ${String(descriptors)} files, and the configuration may need ${String(required)}: each worker takes ${String(effective)} client connections instead of ${String(connections)}, and ${String(upstream)} connections to origins. Raise LimitNOFILE= (ulimit -n), or lower limits.connections.`,
  ],
  ['process.not_ready', ({ reason }) => `No listener is open yet: ${String(reason)}`],
  ['list.loaded', ({ list, entries }) => `List ${String(list)} is in force with ${String(entries)} entries`],
  ['list.failed', ({ list, reason }) => `List ${String(list)} could not be brought up to date: ${String(reason)}`],
  [
    'list.rejected',
    ({ list, badLines, lines }) =>
      `An update of list ${String(list)} was rejected: ${String(badLines)} of ${String(lines)} lines are bad`,
  ],
  [
    'list.held',
    ({ list, version, reason }) => `Version ${String(version)} of list ${String(list)} is held: ${String(reason)}`,
  ],
  ['bypass.enabled', ({ seconds }) => `Filtering is disabled for ${String(seconds)} s: every request passes`],
  ['bypass.active', ({ remainingSeconds }) => `Filtering is still disabled for ${String(remainingSeconds)} s`],
  ['bypass.disabled', ({ reason }) => `Filtering is enabled again (${String(reason)})`],
  ['list.switched_off', ({ list, seconds }) => `List ${String(list)} applies to nothing for ${String(seconds)} s`],
  [
    'list.is_off',
    ({ list, remainingSeconds }) => `List ${String(list)} is still off for ${String(remainingSeconds)} s`,
  ],
  ['list.switched_on', ({ list, reason }) => `List ${String(list)} applies again (${String(reason)})`],
  ['clock.jumped', ({ seconds }) => `The clock was set by ${String(seconds)} s: entries expire by the time before`],
  ['config.rejected', ({ reason }) => `The configuration was not taken, the one before stays: ${String(reason)}`],
  [
    'config.key_renamed',
    ({ former, now, line }) =>
      `Line ${String(line)} of the configuration has ${String(former)}, whose name is ${String(now)} now: the former one is not read by the next minor release`,
  ],
  ['config.restart_required', ({ keys }) => `Changed keys need a restart: ${String(keys)}`],
  ['selftest.failed', ({ list, reason }) => `The self-test of list ${String(list)} failed: ${String(reason)}`],
  ['worker.exited', ({ worker, reason }) => `Worker ${String(worker)} exited and is replaced: ${String(reason)}`],
  ['worker.unresponsive', ({ worker }) => `Worker ${String(worker)} does not respond and is replaced`],
  [
    'descriptors.exhausted',
    ({ upstream, clients }) =>
      `No descriptor was free for ${String(upstream)} requests and ${String(clients)} connections of the last second`,
  ],
]);

export function sentenceOf(event: string, fields: Fields): string {
  const sentence = SENTENCES.get(event);
  if (sentence !== undefined) return sentence(fields);
  const { reason } = fields;
  return `${wordsOf(event)}${typeof reason === 'string' && reason !== '' ? `: ${reason}` : ''}`;
}

/** `list.bad_lines` → `list bad lines`. */
export function wordsOf(event: string): string {
  return event.replaceAll(/[._]/g, ' ');
}
