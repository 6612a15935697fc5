/**
 * The whole look-up of a request, raw host and target in, yes or no out: ours, a `Set` of strings, SHA-256 per expression.
 * The same lists of URLs, the same requests, taking turns; each answers every request rightly before it is timed.
 */
import { urlList } from '../data/url-list.ts';
import type { ListedUrl } from '../data/url-list.ts';
import { Ours } from './compared/ours.ts';
import type { ListedUrls } from './compared/listed.ts';
import { SafeBrowsing } from './compared/safe-browsing.ts';
import { StringSet } from './compared/string-set.ts';
import { expectEqual } from './harness.ts';
import type { Bench, BenchCase } from './harness.ts';
import { flat } from './lists/half-and-half.ts';
import { combined } from './report/figure.ts';
import type { Figure } from './report/figure.ts';

const SIZES = [10_000, 100_000, 1_000_000] as const;
const CACHE = 4096;
const REQUESTS = 65_536;

interface Requests {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly targets: readonly string[];
  readonly listed: boolean;
  /** Its line in the chart. */
  readonly inChart: boolean;
}

export function bench(): Bench {
  return { name: 'compare', cases: SIZES.flatMap(casesOfSize), derived: ratios };
}

function casesOfSize(size: number): readonly BenchCase[] {
  const urls = urlList(size);
  const rivals = {
    ours: new Ours(CACHE),
    'Set of strings': new StringSet(),
    'SHA-256 per expression': new SafeBrowsing(),
  };
  for (const rival of Object.values(rivals)) fill(rival, urls);
  const requests = requestsFor(urls);
  return requests.flatMap((request) =>
    Object.entries(rivals).map(([name, rival]) => requestCase(name, rival, request, size)),
  );
}

function fill(rival: ListedUrls, urls: readonly ListedUrl[]): void {
  for (const { host, path } of urls) rival.add(host, path);
  rival.finish();
}

function requestsFor(urls: readonly ListedUrl[]): readonly Requests[] {
  const fresh = flat(REQUESTS, (i) => `www${i}.cdn.site${i * 7}.example`);
  const other = flat(REQUESTS, (i) => `/news/2026/story-${i}.html?id=${i}`);
  const count = Math.min(REQUESTS, urls.length);
  const some = Array.from({ length: count }, (_, i) => urls[(i * 7919) % urls.length]!);
  return [
    { name: 'host never seen', hosts: fresh, targets: other, listed: false, inChart: true },
    { name: 'hot host', hosts: fresh.slice(0, 1024), targets: other, listed: false, inChart: true },
    {
      name: 'unlisted path on a host with entries',
      hosts: flat(count, (i) => some[i]!.host),
      targets: other.slice(0, count),
      listed: false,
      inChart: false,
    },
    {
      name: 'listed URL',
      hosts: flat(count, (i) => some[i]!.host),
      targets: flat(count, (i) => some[i]!.path),
      listed: true,
      inChart: false,
    },
  ];
}

function requestCase(
  rivalName: string,
  rival: ListedUrls,
  { name, hosts, targets, listed, inChart }: Requests,
  size: number,
): BenchCase {
  let next = 0;
  return {
    name: caseName(name, rivalName, size),
    budget: null,
    ...(inChart && rivalName !== 'ours' ? { point: { series: `${rivalName}: ${name}`, size } } : {}),
    check: () => {
      for (const [i, target] of targets.entries())
        expectEqual(
          rival.blocks(hosts[i % hosts.length]!, target),
          listed,
          `${rivalName} on ${hosts[i % hosts.length]}${target}`,
        );
    },
    run: (iterations) => {
      let blocked = 0;
      for (let i = 0; i < iterations; i += 1) {
        next = next + 1 < targets.length ? next + 1 : 0;
        blocked += Number(rival.blocks(hosts[next % hosts.length]!, targets[next]!));
      }
      return blocked;
    },
  };
}

/** How many times longer the others take on the largest list. */
function ratios(figures: readonly Figure[]): readonly Figure[] {
  const size = SIZES.at(-1)!;
  return figures.flatMap((ours) => {
    const [request, rival, at] = ours.name.split(', ');
    if (rival !== 'ours' || at !== sizeText(size)) return [];
    return ['Set of strings', 'SHA-256 per expression'].map((name) => {
      const theirs = figures.find((item) => item.name === caseName(request!, name, size))!;
      return combined(
        { bench: 'compare', name: `${request}: ${name} over ours, ${sizeText(size)}`, unit: 'times' },
        theirs,
        ours,
        (a, b) => a / b,
      );
    });
  });
}

function caseName(request: string, rival: string, size: number): string {
  return `${request}, ${rival}, ${sizeText(size)}`;
}

function sizeText(size: number): string {
  return `10^${Math.round(Math.log10(size))}`;
}
