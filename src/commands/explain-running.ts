/**
 * `ctl explain`: what the running instance does with a URL, or a name. It answers from the lists that it serves, in the form and
 * words of `explain`, and reads no file for it. It must not decide anything itself.
 */
import type { ExplainAsker } from '../observe/explanation.ts';
import { askInstance } from './control-client.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitOfVerdict, printExplanation } from './explain-print.ts';
import { instanceMeant, noReply } from './instance-meant.ts';
import type { InstanceNames } from './instance-meant.ts';
import { printError, printErrors, printJson } from './terminal.ts';

export interface ExplainRunningOptions extends ExplainAsker {
  readonly json: boolean;
}

/** Milliseconds. */
const TIMEOUT_MS = 5000;

export async function explainRunning(
  names: InstanceNames,
  url: string,
  { json, ...asker }: ExplainRunningOptions,
): Promise<ExitCode> {
  const instance = await instanceMeant(names);
  if ('exit' in instance) return EXIT.noVerdict;
  const asked = await askInstance(instance, { command: 'explain', url, ...asker }, TIMEOUT_MS);
  if (asked.kind !== 'reply') {
    printError(noReply(asked, instance));
    return EXIT.noVerdict;
  }
  const { reply } = asked;
  if (!reply.ok) {
    if (json) printJson(reply);
    else printErrors(reply.message.split('\n').map((line) => `cleanfeed: ${line}`));
    return EXIT.noVerdict;
  }
  if (json) printJson(reply.result);
  else printExplanation(reply.result);
  return exitOfVerdict(reply.result);
}
