/**
 * `cleanfeed explain`: what the filter would do with a URL, or a name, with the files as they are now, and how that comes about.
 * `ctl explain` asks the running instance what it does (explain-running.ts).
 *
 *   configuration + lists ─▶ one snapshot, as a worker would have it ─▶ explain/explainer.ts ─▶ one explanation for each address
 *
 * `generation` tells what a running instance serves. It must not decide anything itself.
 */
import { loadConfig } from '../config/load.ts';
import { Explainer } from '../explain/explainer.ts';
import type { ExplainAsker } from '../observe/explanation.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { addressBatches, inputFailed, MANY, ManyExplained, MAX_ADDRESS } from './explain-many.ts';
import { exitOfVerdict, printExplanation } from './explain-print.ts';
import { ListProgress } from './list-progress.ts';
import { localContext } from './local-judge.ts';
import { ProgressBar } from './progress-bar.ts';
import { areLinesToBlame, readLists } from './read-lists.ts';
import type { ListReading } from './read-lists.ts';
import { runningGeneration } from './control-client.ts';
import { printError, counted, printJson, printFaults } from './terminal.ts';

export interface ExplainOptions extends ExplainAsker {
  readonly json: boolean;
}

/** Each list is judged, then its entries are taken; with them sorted for look-ups it takes half as long again. */
const PASSES = 2.5;
const TOO_LONG = { code: 'usage', message: `a line has at most ${MAX_ADDRESS} characters` } as const;

export async function explain(file: string, text: string, { json, ...asker }: ExplainOptions): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    printFaults(loaded.faults);
    return EXIT.noVerdict;
  }
  const { config } = loaded;
  const bar = new ProgressBar('reading lists', 1);
  const progress = new ListProgress(bar, PASSES);
  const [lists, generation] = await Promise.all([readLists(config, { progress }), runningGeneration(config)]);
  const faults = lists.flatMap(unusable);
  if (faults.length > 0) {
    bar.end();
    for (const fault of faults) printError(fault);
    return EXIT.noVerdict;
  }
  const context = localContext(config, lists, { generation, progress });
  bar.end();
  const explainer = Explainer.for(asker, context);
  if (!(explainer instanceof Explainer)) {
    printError(explainer.fault);
    return EXIT.noVerdict;
  }
  if (text === MANY) return await explainMany(explainer, json);
  const explained = explainer.explain(text);
  if ('code' in explained) {
    printError(explained.message);
    return EXIT.noVerdict;
  }
  if (json) printJson(explained);
  else printExplanation(explained);
  return exitOfVerdict(explained);
}

async function explainMany(explainer: Explainer, json: boolean): Promise<ExitCode> {
  const many = new ManyExplained(json);
  try {
    for await (const batch of addressBatches()) {
      for (const address of batch) {
        if (address.length > MAX_ADDRESS) {
          many.addFault(TOO_LONG);
          continue;
        }
        const explained = json ? explainer.explain(address) : explainer.brief(address);
        if ('code' in explained) many.addFault(explained);
        else many.add(explained);
      }
      many.flush();
    }
  } catch (error) {
    return inputFailed(error, many.count);
  }
  return many.exit;
}

function unusable(list: ListReading): string[] {
  const { name } = list.config;
  if (!list.ok) return [`list ${name}: ${list.message}`];
  const { verdict, judged } = list;
  if (verdict.stage === 'passed') return [];
  const why = areLinesToBlame(verdict.error)
    ? `it has ${counted(judged.stats.badLines, 'bad line')}`
    : verdict.error.message;
  return [`list ${name} is refused: ${why} (cleanfeed check names each)`];
}
