/** Ours behind the same interface as what it is compared with, so that all are fed and asked alike. */
import { randomSegmentKeys } from '../../../src/match/keys.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { SegmentBuilder } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { canonicalHost } from '../../../src/url/host.ts';
import { canonicalTarget } from '../../../src/url/path.ts';
import { snapshotOf } from '../lists/half-and-half.ts';
import type { ListedUrls } from './listed.ts';

const WHEN = { port: 80, listMask: 1, today: 20_000 };

export class Ours implements ListedUrls {
  readonly #matcher: Matcher;
  readonly #judge: Judge;
  #builder: SegmentBuilder | null = new SegmentBuilder(randomSegmentKeys());

  constructor(cacheEntries: number) {
    this.#matcher = new Matcher({ cacheEntries });
    this.#judge = new Judge(this.#matcher, [{ action: 'block' }]);
  }

  add(host: string, path: string): void {
    const scope = { kind: 'url', ...canonicalTarget(path) } as const;
    this.#builder!.add({
      host: canonicalHost(host)!,
      path: scope,
      subdomains: false,
      fold: 0,
      port: 0,
      id: 1n,
      list: 0,
      expires: 0,
      count: false,
      test: false,
      dns: false,
      steer: false,
    });
  }

  finish(): void {
    this.#matcher.use(snapshotOf([this.#builder!.build()]));
    this.#builder = null;
  }

  blocks(rawHost: string, target: string): boolean {
    const facts = this.#matcher.lookup(rawHost);
    return facts !== null && this.#judge.url(facts, target, WHEN).action === 'block';
  }
}
