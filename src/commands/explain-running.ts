/**
 * `ctl explain`: what the running instance does with a URL, or a name. It answers from the lists that it serves, in the form and
 * words of `explain`, and reads no file for it. It must not decide anything itself.
 */
import { lineAnswerIn, verdictIn } from '../observe/control-reply.ts';
import type { ExplainAsker } from '../observe/explanation.ts';
import { askInstance, askLines } from './control-client.ts';
import type { Instance, Missed } from './control-client.ts';
import { printPartial } from './ctl-print.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { addressBatches, inputFailed, MANY, ManyExplained } from './explain-many.ts';
import { exitOfVerdict, printExplanation } from './explain-print.ts';
import { targetInstance, noReply } from './target-instance.ts';
import type { InstanceNames } from './target-instance.ts';
import { printError, printErrors, printJson } from './terminal.ts';

export interface ExplainRunningOptions extends ExplainAsker {
  readonly json: boolean;
}

/** Milliseconds. */
const TIMEOUT_MS = 5000;

export async function explainRunning(
  names: InstanceNames,
  url: string,
  options: ExplainRunningOptions,
): Promise<ExitCode> {
  const instance = await targetInstance(names);
  if ('exit' in instance) return EXIT.noVerdict;
  return url === MANY ? await explainMany(instance, options) : await explainOne(instance, url, options);
}

async function explainOne(
  instance: Instance,
  url: string,
  { json, ...asker }: ExplainRunningOptions,
): Promise<ExitCode> {
  const asked = await askInstance(instance, { command: 'explain', url, ...asker }, TIMEOUT_MS);
  if (asked.kind === 'partial') {
    printPartial(asked.result, asked.faults, json);
    const verdict = verdictIn(asked.result);
    return verdict === null ? EXIT.noVerdict : exitOfVerdict(verdict);
  }
  if (asked.kind !== 'reply') return missed(asked, instance);
  const { reply } = asked;
  if (!reply.ok) return refused(reply, json);
  if (json) printJson(reply.result);
  else printExplanation(reply.result);
  return exitOfVerdict(reply.result);
}

/** Sent and printed at the same time, so that neither side has to keep all of it. */
async function explainMany(instance: Instance, { json, ...asker }: ExplainRunningOptions): Promise<ExitCode> {
  const asked = await askLines(instance, { command: 'explain', url: '', brief: !json, ...asker });
  if (asked.kind === 'reply') return asked.reply.ok ? EXIT.noVerdict : refused(asked.reply, json);
  if (asked.kind !== 'lines') return missed(asked, instance);
  const { batches, send, end, close } = asked.lines;
  const many = new ManyExplained(json);
  let sent = 0;
  const input: { isOver: boolean; fault: unknown } = { isOver: false, fault: null };
  void (async () => {
    try {
      for await (const batch of addressBatches()) {
        sent += batch.length;
        await send(batch);
      }
    } catch (error) {
      // One of the connection shows in the answers that do not come.
      input.fault = error;
    }
    input.isOver = true;
    end();
  })();
  for await (const batch of batches) {
    for (const line of batch) {
      const answer = lineAnswerIn(line);
      // It has ended within this one.
      if (answer === null) break;
      if ('ok' in answer) many.addFault(answer);
      else many.add(answer);
    }
    many.flush();
  }
  if (many.count === sent && input.isOver)
    return input.fault === null ? many.exit : inputFailed(input.fault, many.count);
  printError(`the instance has ended after ${many.count} answers`);
  close();
  process.stdin.destroy();
  return EXIT.noVerdict;
}

function missed(asked: Missed, instance: Instance): ExitCode {
  printError(noReply(asked, instance));
  return EXIT.noVerdict;
}

function refused(reply: { readonly ok: false; readonly message: string }, json: boolean): ExitCode {
  if (json) printJson(reply);
  else printErrors(reply.message.split('\n').map((line) => `cleanfeed: ${line}`));
  return EXIT.noVerdict;
}
