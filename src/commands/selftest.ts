/**
 * `cleanfeed selftest`: has the running instance test its lists now, and prints a dated report that an ISP can file with its
 * clearing house: what runs, which lists in which version, what came of each test. It names no address.
 *
 * Exit: 0 every tested list refuses its test address; 1 one does not, or there is nothing to test; 69 no running instance of
 * this configuration; 77 the socket is not for this user; 78 the configuration has errors and does not name the socket.
 */
import { systemTime } from '../lib/time.ts';
import type { SelfTestResult } from '../observe/control-view.ts';
import type { ReadResult } from '../observe/control-shapes.ts';
import { askInstance } from './control-client.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { EXIT_OF, exitOfMissed, targetInstance, noReply } from './target-instance.ts';
import type { InstanceNames } from './target-instance.ts';
import { counted, print, printError, printJson } from './terminal.ts';

/** Milliseconds: nobody waits until 32 lists have had no answer. */
const TIMEOUT_MS = 120_000;
/** Milliseconds until it is said that there was no response. */
const NOTICE_MS = 5000;
const WAITING =
  "no response for 5 s, still waiting for at most 2 minutes: each list is tested first; 'ctl status' shows whether the instance responds";

type InstanceReport = ReadResult<'selftest'>;
type ListReport = InstanceReport['lists'][number];
type SelfTestReport = InstanceReport['selfTests'][number];

const IN_WORDS: Readonly<Record<SelfTestResult, string>> = {
  ok: 'the test address is refused as the list wants it, and an address that no list holds passes',
  not_blocked: 'the test address is not refused',
  other_list: 'the test address is refused with the same page by another list, and not by this one',
  harmless_refused: 'an address that no list holds is refused',
  no_answer: 'the listener gave no answer in time',
  client_denied: 'the listener does not serve this machine: clients.allow needs the address from which it asks',
  bypass: 'filtering is switched off (ctl bypass)',
  list_off: 'the list is switched off (ctl list off)',
  no_listener: 'no listener is open to which the list applies and through which its test address can be requested',
};

const UNTESTED =
  'result         not tested: it has no test address (where names alone are asked for: none that is a whole host and permits dns), stands in zones and routes alone, or does not block';

const NOT_YET = 'result         not tested: no listener is open';

export async function selftest(
  names: InstanceNames & { readonly json: boolean },
  time = systemTime,
): Promise<ExitCode> {
  const instance = await targetInstance(names);
  if ('exit' in instance) return instance.exit;
  const slow = time.after(NOTICE_MS, () => printError(WAITING));
  const asked = await askInstance(instance, { command: 'selftest' }, TIMEOUT_MS);
  slow.cancel();
  if (asked.kind !== 'reply') {
    printError(noReply(asked, instance));
    return exitOfMissed(asked);
  }
  const { reply } = asked;
  if (!reply.ok) {
    printError(reply.message);
    return EXIT_OF[reply.code];
  }
  const report = reply.result;
  const hasPassed = report.selfTests.length > 0 && report.selfTests.every(({ result }) => result === 'ok');
  if (names.json) printJson({ passed: hasPassed, ...report });
  else print(inWords(report, hasPassed));
  return hasPassed ? EXIT.ok : EXIT.failed;
}

function inWords(report: InstanceReport, hasPassed: boolean): string {
  const { now, version, node, startedAt, configuration, generation, bypass, lists, selfTests } = report;
  const untested = lists.filter(({ name }) => !selfTests.some(({ list }) => list === name));
  const isReady = report.ready ?? true;
  const nothing = isReady
    ? 'no list that blocks has a test address'
    : `the instance does not serve: ${(report.reasons ?? []).join('; ')}`;
  const verdict = selfTests.length === 0 ? `NOTHING WAS TESTED: ${nothing}` : 'FAILED';
  return [
    `Self-test of ${now}`,
    `program        cleanfeed ${version}, Node ${node}`,
    `instance       running since ${startedAt}, configuration ${configuration.file}, generation ${generation}`,
    `filtering      ${bypass ? 'SWITCHED OFF' : 'on'}`,
    ...selfTests.flatMap((test) => listLines(lists, test)),
    ...untested.flatMap((list) => headLines(list).concat(isReady ? UNTESTED : NOT_YET)),
    '',
    `result         ${hasPassed ? 'passed' : verdict}`,
  ].join('\n');
}

function listLines(lists: readonly ListReport[], test: SelfTestReport): string[] {
  const list = lists.find(({ name }) => name === test.list);
  return [
    ...(list === undefined ? [] : headLines(list)),
    `tested         ${test.at}, ${counted(test.addresses, 'address', 'addresses')}`,
    `result         ${test.result}: ${IN_WORDS[test.result]}`,
  ];
}

function headLines({ name, action, entries, versions, content, loadedAt, currentAt, lastError }: ListReport): string[] {
  return [
    '',
    `list           ${name}, ${action}, ${counted(entries, 'entry', 'entries')}`,
    `version        ${versions.inForce ?? 'not numbered by its source'}, in force since ${loadedAt ?? 'never'}, confirmed to be current ${currentAt ?? 'never'}`,
    `content        ${content === null ? 'not known' : `${hex(content)}, the same on all nodes that serve the same`}`,
    ...(lastError === null ? [] : [`last fault     ${lastError}`]),
  ];
}

function hex(content: number): string {
  return content.toString(16).padStart(12, '0');
}
