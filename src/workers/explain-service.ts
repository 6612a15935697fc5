/**
 * Explains addresses by what this instance serves at this moment: the generation in force, its rules, the bypass.
 *
 *   swap: images and rules in force ─▶ opened (nothing is copied) ─▶ Explainer ─▶ explanation
 *
 * They are opened for each question, and let go with it: the memory of a generation that is gone may be used again. Whoever asks for
 * many addresses asks for an explainer anew with each turn of the event loop. It must not count, log or keep what is asked.
 */
import type { LinesHandler } from '../admin/control-requests.ts';
import { Explainer } from '../explain/explainer.ts';
import { textOrNull } from '../lib/json.ts';
import { isoTime, isoTimeOrNull } from '../lib/steady-clock.ts';
import { Matcher } from '../match/matcher.ts';
import { openSnapshot } from '../match/snapshot.ts';
import type { ExplainAsker, Explanation, ExplainQuestion, NotExplained } from '../observe/explanation.ts';
import { Judge } from '../policy/judge.ts';
import { NOT_COUNTED, VerdictService } from '../verdict/verdict-service.ts';
import type { Bypass } from './bypass.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { ListsOff } from './lists-off.ts';
import type { SnapshotSwap } from './snapshot-swap.ts';

export interface ExplainServiceParts {
  readonly swap: Pick<SnapshotSwap, 'inForce'>;
  readonly inForce: Pick<ConfigInForce, 'current'>;
  readonly bypass: Pick<Bypass, 'endsAt'>;
  readonly listsOff: Pick<ListsOff, 'endsAt'>;
  /** UTC days since 1970-01-01, by which entries expire. */
  readonly today: () => number;
}

const CACHED_HOSTS = 16;
const NOT_YET: NotExplained = { code: 'unavailable', message: 'no lists are in force yet' };

export class ExplainService {
  readonly #parts: ExplainServiceParts;

  constructor(parts: ExplainServiceParts) {
    this.#parts = parts;
  }

  explain({ url, ...asker }: ExplainQuestion): Explanation | NotExplained {
    const explainer = this.explainer(asker);
    return explainer instanceof Explainer ? explainer.explain(url) : explainer;
  }

  /** @returns one for this turn of the event loop, and no later. */
  explainer(asker: ExplainAsker): Explainer | NotExplained {
    const { swap, inForce, bypass, listsOff, today } = this.#parts;
    if (swap.inForce === null) return NOT_YET;
    const { generation, images, rules } = swap.inForce;
    const { lists, slots, masks, policyMasks } = rules;
    const matcher = new Matcher({ cacheEntries: CACHED_HOSTS });
    matcher.use(openSnapshot(images));
    const verdicts = new VerdictService({
      matcher,
      rules: { judge: new Judge(matcher, lists), slots },
      counter: NOT_COUNTED,
      refresh: () => {},
    });
    verdicts.today = today();
    verdicts.bypass = bypass.endsAt !== null;
    const offUntil = new Map<string, string>();
    for (const [i, { name }] of lists.entries()) {
      const endsAt = listsOff.endsAt(name);
      if (endsAt === null) continue;
      verdicts.off |= 1 << i;
      offUntil.set(name, isoTime(endsAt));
    }
    const explainer = Explainer.for(asker, {
      config: inForce.current.config,
      lists,
      verdicts,
      segmentOwners: images.map(({ list, isShared }) =>
        list === undefined || isShared === true ? null : (lists[list]?.name ?? null),
      ),
      listenerMask: (name) => masks.get(name) ?? 0,
      policyMask: (name) => policyMasks.get(name) ?? 0,
      generation,
      bypassUntil: isoTimeOrNull(bypass.endsAt),
      offUntil,
    });
    return explainer instanceof Explainer ? explainer : { code: 'usage', message: explainer.fault };
  }
}

/** Of many addresses, one a line. */
export function explainLines(service: Pick<ExplainService, 'explainer'>): LinesHandler {
  return (args) => {
    const asker = askerOf(args);
    const first = service.explainer(asker);
    if (!(first instanceof Explainer)) return { ok: false, ...first };
    const isBrief = args['brief'] === true;
    // Anew with each turn: meanwhile another generation may have come into force.
    const answers = (): ((line: string) => unknown) => {
      const explainer = service.explainer(asker);
      if (!(explainer instanceof Explainer)) return () => ({ ok: false, ...explainer });
      return (line) => {
        const explained = isBrief ? explainer.brief(line) : explainer.explain(line);
        return 'code' in explained ? { ok: false, ...explained } : explained;
      };
    };
    return { ok: true, result: answers };
  };
}

/** Arguments come from outside and are not to be trusted. */
export function askerOf({ listener, client, dns }: Readonly<Record<string, unknown>>): ExplainAsker {
  return { listener: textOrNull(listener), client: textOrNull(client), dns: dns === true };
}
