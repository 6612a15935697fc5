/** Canonical host and target: the fast paths that most requests take, the full treatment, and the platform's parser. */
import { canonicalHost, isPlainName } from '../../src/url/host.ts';
import { canonicalTarget } from '../../src/url/path.ts';
import { expectEqual } from './harness.ts';
import type { Bench, BenchCase } from './harness.ts';

/** Many different texts, so that no cache of the engine answers. */
const COPIES = 512;

export function bench(): Bench {
  return {
    name: 'canonical-url',
    cases: [
      hostCase(
        'host, plain',
        (i) => `www${i}.news.host.example`,
        (i) => `www${i}.news.host.example`,
      ),
      hostCase(
        'host, upper case and trailing dot',
        (i) => `WWW${i}.News.Host.example.`,
        (i) => `www${i}.news.host.example`,
      ),
      hostCase(
        'host, IDN in UTF-8',
        (i) => Buffer.from(`b\u00fccher${i}.example`).toString('latin1'),
        (i) => new URL(`http://b\u00fccher${i}.example`).hostname,
      ),
      hostCase(
        'host, IPv4 in hex',
        (i) => `0xC0.0.2.${i % 256}`,
        (i) => `192.0.2.${i % 256}`,
      ),
      targetCase(
        'target, plain',
        (i) => `/news/2026/11/story-${i}.html?id=${i}&view=full`,
        (i) => `/news/2026/11/story-${i}.html`,
      ),
      targetCase(
        'target, one escape',
        (i) => `/news/2026/11/a%20story-${i}.html?id=${i}&view=full`,
        (i) => `/news/2026/11/a%20story-${i}.html`,
      ),
      targetCase(
        'target, dot segments and slashes',
        (i) => `/news/./2026//11/../10/story-${i}.html`,
        (i) => `/news/2026/10/story-${i}.html`,
      ),
      platformCase(),
    ],
  };
}

function hostCase(name: string, raw: (i: number) => string, want: (i: number) => string): BenchCase {
  const hosts = Array.from({ length: COPIES }, (_, i) => raw(i));
  return {
    name,
    budget: null,
    check: () => {
      for (const [i, host] of hosts.entries()) expectEqual(canonicalHost(host), want(i), name);
      expectEqual(isPlainName(hosts[0]!), name === 'host, plain', `${name}: fast path`);
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += canonicalHost(hosts[i % COPIES]!)!.length;
      return sum;
    },
  };
}

function targetCase(name: string, raw: (i: number) => string, want: (i: number) => string): BenchCase {
  const targets = Array.from({ length: COPIES }, (_, i) => raw(i));
  return {
    name,
    budget: null,
    check: () => {
      for (const [i, target] of targets.entries()) expectEqual(canonicalTarget(target).path, want(i), name);
    },
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += canonicalTarget(targets[i % COPIES]!).path.length;
      return sum;
    },
  };
}

/** What a Node user would reach for; it resolves fewer spellings. */
function platformCase(): BenchCase {
  const urls = Array.from(
    { length: COPIES },
    (_, i) => `http://www${i}.news.host.example/news/2026/11/story-${i}.html?id=${i}&view=full`,
  );
  return {
    name: 'compare: new URL() of host and target',
    budget: null,
    check: () => expectEqual(new URL(urls[1]!).pathname, '/news/2026/11/story-1.html', 'new URL'),
    run: (iterations) => {
      let sum = 0;
      for (let i = 0; i < iterations; i += 1) sum += new URL(urls[i % COPIES]!).pathname.length;
      return sum;
    },
  };
}
