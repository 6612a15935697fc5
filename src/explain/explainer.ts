/**
 * Answers questions about addresses from one state of the lists: for the commands, which read the files, and for the running
 * instance, which has them in force. Both say the same in the same words.
 *
 *   asker ─▶ listener, client, policy ─▶ Asking ─┐
 *   text ────────────────────────────────────────┴▶ url-explanation.ts, name-explanation.ts ─▶ Explanation
 *
 * It must not outlive the state of the lists that it was made with.
 */
import type { ListenerConfig } from '../config/types.ts';
import { nearest } from '../lib/nearest.ts';
import type { BriefExplanation, ExplainAsker, Explanation, NotExplained } from '../observe/explanation.ts';
import { askingClient } from './asking-client.ts';
import type { Asking, ExplainContext } from './explain-context.ts';
import { notANameAlone } from './name-alone.ts';
import { explainName } from './name-explanation.ts';
import { briefUrl, explainUrl } from './url-explanation.ts';

/** Why there is no asker like that, in words. */
export interface NoAsker {
  readonly fault: string;
}

export class Explainer {
  readonly #context: ExplainContext;
  readonly #asking: Asking;
  readonly #isName: boolean;

  private constructor(context: ExplainContext, asking: Asking, isName: boolean) {
    this.#context = context;
    this.#asking = asking;
    this.#isName = isName;
  }

  static for(asker: ExplainAsker, context: ExplainContext): Explainer | NoAsker {
    const { config } = context;
    const listener = listenerFor(config.listeners, asker);
    if (listener === undefined) return { fault: noSuchListener(asker.listener ?? '', config.listeners) };
    const client = askingClient(config, listener, asker.client, context.policyMask);
    if (client === null) return { fault: `'${asker.client}' is not an IP address` };
    return new Explainer(context, { listener, client }, asker.dns);
  }

  explain(text: string): Explanation | NotExplained {
    if (!this.#isName) return explainUrl(text, this.#asking, this.#context);
    const name = text.trim();
    return notANameAlone(name) ?? explainName(name, this.#asking, this.#context);
  }

  /** The same in short. */
  brief(text: string): BriefExplanation | NotExplained {
    if (!this.#isName) return briefUrl(text, this.#asking, this.#context);
    const asked = text.trim();
    const fault = notANameAlone(asked);
    if (fault !== null) return fault;
    const { name, verdict, steer, entry, reading, reason } = explainName(asked, this.#asking, this.#context);
    return { name, verdict, steer, entry, reading, reason };
  }
}

function listenerFor(
  listeners: readonly ListenerConfig[],
  { listener, dns }: ExplainAsker,
): ListenerConfig | undefined {
  if (listener !== null) return listeners.find(({ name }) => name === listener);
  // What has been asked is what such a listener is asked for, wherever it stands in the file.
  return listeners.find(({ mode }) => (mode === 'dns') === dns) ?? listeners[0];
}

function noSuchListener(name: string, listeners: readonly ListenerConfig[]): string {
  const names = listeners.map((listener) => listener.name);
  const near = nearest(name, names);
  return `there is no listener '${name}'; ${near === null ? `there are: ${names.join(', ')}` : `did you mean '${near}'?`}`;
}
