/**
 * Counts of one data thread, which entries match, between two tellings to the control thread. A hit of an entry that is known costs one look
 * into a map; the first one of each generation finds out what the entry says. Nothing else is kept of a request, and never when it came.
 *
 *   verdict ─ hit ─▶ counts by entry ─ every minute ─▶ control thread (report/entry-ledger.ts)
 */
import type { Config } from '../config/types.ts';
import type { Hit } from '../policy/verdict.ts';
import { describedId, describedText } from '../report/entry-token.ts';
import type { EntryHits } from '../report/entry-ledger.ts';
import { matchedText, type MatchedRequest } from '../verdict/matched-text.ts';
import type { EntryCounter, VerdictService } from '../verdict/verdict-service.ts';

interface Counted {
  readonly list: string;
  readonly entry: string;
  count: number;
}

/** Milliseconds between two tellings. */
const TELL_MS = 60_000;

export class EntryTally implements EntryCounter {
  readonly #verdicts: VerdictService;
  readonly #told: (counted: EntryHits) => void;
  #toldAt = 0;
  #max = 0;
  #names: readonly string[] = [];
  /** By list index and id, which mean something else with each generation. */
  #known: Map<bigint, Counted>[] = [];
  #knownCount = 0;
  /** What has been counted, by list and what the entry says. */
  readonly #counted = new Map<string, Counted>();
  readonly #full = new Set<string>();

  /** @param verdicts whose hits are counted. */
  constructor(verdicts: VerdictService, told: (counted: EntryHits) => void) {
    this.#verdicts = verdicts;
    this.#told = told;
  }

  configure({ report: { entries } }: Pick<Config, 'report'>): void {
    this.#max = entries.count ? entries.max : 0;
    this.#verdicts.entries = entries.count ? this : null;
    if (!entries.count) this.#take();
  }

  /** Another generation. @param lists names of its lists. */
  adopt(lists: readonly { readonly name: string }[]): void {
    this.#names = lists.map(({ name }) => name);
    this.#known = this.#names.map(() => new Map());
    this.#knownCount = 0;
  }

  hit(hit: Hit, request: MatchedRequest): void {
    const known = this.#known[hit.list]?.get(hit.entry) ?? this.#first(hit, request);
    if (known === null) return;
    if (known.count > 0) known.count += 1;
    else this.#again(known);
  }

  /** @param now milliseconds that never go back. */
  sweep(now: number): void {
    if (now < this.#toldAt + TELL_MS) return;
    this.#toldAt = now;
    this.tell();
  }

  tell(): void {
    if (this.#max > 0) this.#told(this.#take());
  }

  /** @returns what was counted since the last call. */
  #take(): EntryHits {
    const hits = [...this.#counted.values()].map(({ list, entry, count }) => ({ list, entry, count }));
    const taken = { hits, full: [...this.#full] };
    for (const row of this.#counted.values()) row.count = 0;
    this.#counted.clear();
    this.#full.clear();
    return taken;
  }

  #first(hit: Hit, request: MatchedRequest): Counted | null {
    const list = this.#names[hit.list];
    const entry = list === undefined ? null : this.#described(hit, request);
    if (list === undefined || entry === null) return null;
    const row = this.#counted.get(`${list} ${entry}`) ?? { list, entry, count: 0 };
    if (this.#knownCount < this.#max) {
      this.#known[hit.list]?.set(hit.entry, row);
      this.#knownCount += 1;
    }
    return row;
  }

  /** The first hit of an entry since the last telling. Two ids may be of entries that say the same. */
  #again(row: Counted): void {
    const key = `${row.list} ${row.entry}`;
    const same = this.#counted.get(key);
    if (same !== undefined) same.count += 1;
    else if (this.#counted.size >= this.#max) this.#full.add(row.list);
    else {
      row.count = 1;
      this.#counted.set(key, row);
    }
  }

  #described(hit: Hit, request: MatchedRequest): string | null {
    const { matcher } = this.#verdicts;
    if (matcher.segments.some(({ list, isShared }) => list === hit.list && !isShared)) return describedId(hit.entry);
    const text = matchedText(matcher, hit, request);
    return text === null ? null : describedText(text);
  }
}
