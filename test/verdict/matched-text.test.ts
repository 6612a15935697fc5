/** What a hit's entry says, found again from the request alone, as its list says it. */
import { expect, test } from '@jest/globals';
import { EntryKey } from '../../src/match/entry-key.ts';
import { HalfSipHash } from '../../src/match/half-sip-hash.ts';
import type { Entry } from '../../src/match/entry.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { Judge } from '../../src/policy/judge.ts';
import type { Hit } from '../../src/policy/verdict.ts';
import { FOLD } from '../../src/url/fold.ts';
import { DNS, HTTP, HTTPS } from '../../src/verdict/channel.ts';
import { matchedText, type MatchedRequest } from '../../src/verdict/matched-text.ts';
import { NOT_COUNTED, VerdictService } from '../../src/verdict/verdict-service.ts';
import { entry, snapshotOf } from '../match/support.ts';

const anybody = { client: { exempt: false, policy: null }, listener: { listMask: -1 } };

function serviceOf(entries: readonly Entry[], onHit: (hit: Hit, request: MatchedRequest) => void): VerdictService {
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(snapshotOf([entries]));
  const judge = new Judge(matcher, [{ action: 'block' }, { action: 'allow' }]);
  const service = new VerdictService({ matcher, rules: { judge, slots: [] }, counter: NOT_COUNTED, refresh: () => {} });
  service.entries = { hit: onHit };
  return service;
}

const key = new EntryKey(new HalfSipHash(new Uint8Array(8)));
const listed: readonly Entry[] = [
  entry('*.a.example', { id: 1n }),
  entry('b.example', { id: 2n, port: 8080 }),
  entry('c.example/dir/*', { id: 3n }),
  entry('c.example/page?*', { id: 4n }),
  entry('c.example/url?q=1', { id: 5n }),
  entry('d.example/Dir/*', { id: 6n, fold: FOLD.case | FOLD.slash }),
  entry('*.e.example/x', { id: 7n }),
  entry('f.example', { id: 8n, dns: true }),
];

test.each([
  { host: 'www.a.example', target: '/', port: 80, id: 1n },
  { host: 'B.example', target: '/any', port: 8080, id: 2n },
  { host: 'c.example', target: '/dir/below/it', port: 80, id: 3n },
  { host: 'c.example', target: '/x/../dir/a', port: 80, id: 3n },
  { host: 'c.example', target: '/page?whatever', port: 80, id: 4n },
  { host: 'c.example', target: '/url?q=1', port: 80, id: 5n },
  { host: 'd.example', target: '/dIR/x', port: 80, id: 6n },
  { host: 'www.e.example', target: '/x', port: 80, id: 7n },
])('$host$target: entry $id', ({ host, target, port, id }) => {
  const found: unknown[] = [];
  const service = serviceOf(listed, (hit, request) => {
    found.push({ id: hit.entry, said: matchedText(service.matcher, hit, request) });
  });
  service.ask(HTTP, service.facts(host)!, { port, target: () => target }, anybody);
  const wanted = listed.find((other) => other.id === id)!;
  key.load(wanted);
  const { subdomains, fold } = wanted;
  expect(found).toEqual([{ id, said: { text: key.text, port: wanted.port, fold, subdomains } }]);
});

test('names and tunnels, which show a host alone; nothing where nothing matches', () => {
  const texts: (string | undefined)[] = [];
  const service = serviceOf(listed, (hit, request) => {
    texts.push(matchedText(service.matcher, hit, request)?.text);
  });
  const whole = { port: 443, target: () => '' };
  service.ask(HTTPS, service.facts('x.a.example')!, whole, anybody);
  service.ask(DNS, service.facts('f.example')!, whole, anybody);
  service.ask(HTTPS, service.facts('c.example')!, whole, anybody);
  service.ask(HTTP, service.facts('other.example')!, whole, anybody);
  expect(texts).toEqual(['a.example', 'f.example']);
});

test('a hit of other lists than those in force has no text', () => {
  const service = serviceOf(listed, () => {});
  const request = { facts: service.facts('c.example')!, target: () => '/dir/' };
  expect(matchedText(service.matcher, { list: 0, action: 'block', entry: 99n }, request)).toBeNull();
});
